import { describe, expect, it } from "vitest";
import { named } from "../src/keys";
import { cuts } from "../src/report";

const press = (key: string, more: Partial<KeyboardEvent> = {}) => named({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

describe("keys", () => {
  it("have one name on every keyboard", () => {
    expect(press("P")).toBe("p");
    expect(press("?", { shiftKey: true })).toBe("?");
    expect(press("z", { metaKey: true })).toBe("ctrl+z");
    expect(press("ArrowUp", { shiftKey: true, ctrlKey: true })).toBe("ctrl+shift+ArrowUp");
  });
});

describe("marks", () => {
  it("cut a text without losing a character", () => {
    const pieces = cuts(20, [{ start: 2, end: 9 }, { start: 5, end: 12 }, { start: 30, end: 40 }]);
    expect(pieces).toEqual([[0, 2], [2, 5], [5, 9], [9, 12], [12, 20]]);
  });
});
