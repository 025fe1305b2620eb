import { describe, expect, it } from "vitest";
import { StoredMap } from "../src/coordinates";

describe("stored coordinates", () => {
  const turned = { origin: [400, 20] as [number, number], right: [400, 20.25] as [number, number], down: [399.75, 20] as [number, number] };

  it("come back from the canvas as they went", () => {
    for (const half of [true, false]) {
      const map = new StoredMap(turned, half);
      const [x, y] = map.toStored(map.toCanvas([1234.5, 67.25]));
      expect(x).toBeCloseTo(1234.5, 9);
      expect(y).toBeCloseTo(67.25, 9);
    }
  });

  it("begin at the corner of the first pixel in both renderers", () => {
    const centre = { origin: [10, 10] as [number, number], right: [12, 10] as [number, number], down: [10, 12] as [number, number] };
    expect(new StoredMap(centre, true).toCanvas([0, 0])).toEqual([9, 9]);
    expect(new StoredMap(centre, false).toCanvas([0, 0])).toEqual([10, 10]);
    expect(new StoredMap(centre, true).scale).toBe(2);
  });
});
