/**
 * One convention: stored coordinates, in pixels, with (0, 0) at the top left corner of the first pixel and (columns,
 * rows) at the bottom right corner of the last. Boxes, proposals, COCO and this code all speak it.
 *
 * Cornerstone's WebGL renderer puts the centre of the first pixel at its index (0, 0), its CPU renderer the corner.
 */

export type Point = [x: number, y: number];

/** Canvas points of three index points, from the renderer itself; enough for an affine map. */
export interface Anchors {
  origin: Point;
  right: Point; // index (1, 0)
  down: Point; // index (0, 1)
}

/** Maps stored coordinates to canvas points and back. */
export class StoredMap {
  private readonly a: Point;
  private readonly b: Point;
  private readonly o: Point;
  private readonly det: number;

  constructor(anchors: Anchors, halfPixel: boolean) {
    this.a = [anchors.right[0] - anchors.origin[0], anchors.right[1] - anchors.origin[1]];
    this.b = [anchors.down[0] - anchors.origin[0], anchors.down[1] - anchors.origin[1]];
    const shift = halfPixel ? -0.5 : 0;
    this.o = [
      anchors.origin[0] + shift * (this.a[0] + this.b[0]),
      anchors.origin[1] + shift * (this.a[1] + this.b[1]),
    ];
    this.det = this.a[0] * this.b[1] - this.a[1] * this.b[0];
  }

  toCanvas([x, y]: Point): Point {
    return [this.o[0] + x * this.a[0] + y * this.b[0], this.o[1] + x * this.a[1] + y * this.b[1]];
  }

  toStored([u, v]: Point): Point {
    const du = u - this.o[0];
    const dv = v - this.o[1];
    return [(du * this.b[1] - dv * this.b[0]) / this.det, (dv * this.a[0] - du * this.a[1]) / this.det];
  }

  /** Canvas pixels per stored pixel. */
  get scale(): number {
    return Math.sqrt(Math.abs(this.det));
  }
}
