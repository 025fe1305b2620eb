import { describe, expect, it } from "vitest";
import { EMPTY, History, clamped, copy, rebase, withBox, withLabel, withoutBox } from "../src/reading";

const box = (id: string, x = 1) => ({ id, image: "i", category: "Cardiomegaly", bbox: [x, 2, 3, 4] as [number, number, number, number], source: "drawn" });

describe("a reading", () => {
  it("keeps what another tab saved and what this one changed", () => {
    const before = withLabel(EMPTY, "report_labels", "Edema", 1);
    const mine = withLabel(before, "report_labels", "Fracture", 0);
    const theirs = withBox(withLabel(before, "report_labels", "Edema", -1), box("b1"));
    const both = rebase(before, mine, theirs);
    expect(both.report_labels).toEqual({ Edema: -1, Fracture: 0 });
    expect(both.boxes).toHaveLength(1);
  });

  it("deletes a box that was deleted here, and no other", () => {
    const before = withBox(withBox(EMPTY, box("b1")), box("b2"));
    const theirs = withBox(before, box("b3"));
    expect(rebase(before, withoutBox(before, "b1"), theirs).boxes.map((b) => b.id)).toEqual(["b2", "b3"]);
  });

  it("goes back and forth step by step", () => {
    const history = new History(EMPTY);
    history.change(withLabel(EMPTY, "image_labels", "Edema", 1));
    history.change(withLabel(history.now, "image_labels", "Edema", null));
    expect(history.undo()).toBe(true);
    expect(history.now.image_labels).toEqual({ Edema: 1 });
    expect(history.undo() && !history.undo()).toBe(true);
    expect(history.now).toEqual(EMPTY);
    expect(history.redo() && history.redo() && !history.redo()).toBe(true);
    expect(history.now.image_labels).toEqual({ Edema: null });
  });

  it("never changes a value in place", () => {
    const before = copy(EMPTY);
    withBox(withLabel(EMPTY, "report_labels", "Edema", 1), box("b"));
    expect(EMPTY).toEqual(before);
  });

  it("keeps boxes inside the image whichever way they were drawn", () => {
    expect(clamped([50, 60, -20, -30], 100, 100)).toEqual([30, 30, 20, 30]);
    expect(clamped([-5, 90, 20, 30], 100, 100)).toEqual([0, 90, 15, 10]);
    expect(clamped([99.9, 0, 0, 0], 100, 100)).toEqual([99, 0, 1, 1]);
  });
});
