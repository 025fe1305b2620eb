/** Boxes over an image: drawn, moved and resized by pointer or keyboard, always in stored pixels. */

import type { Bbox, Box, ImageToRead, Proposal } from "./api";
import type { Point, StoredMap } from "./coordinates";
import { clamped } from "./reading";

const SVG = "http://www.w3.org/2000/svg";
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"] as const;
type Handle = (typeof HANDLES)[number] | "body";

export interface BoxHost {
  map(): StoredMap;
  image(): ImageToRead | null; // null until it is shown
  boxes(): Box[];
  proposals(): Proposal[];
  selected(): string | null;
  select(id: string | null): void;
  change(id: string, bbox: Bbox): void;
  drawn(bbox: Bbox): void;
  confirm(proposal: Proposal): void;
}

/** The layer of one image. While `drawing` is set, a drag makes a new box; otherwise only boxes take the pointer. */
export class BoxLayer {
  readonly svg: SVGSVGElement;
  private drawing: string | null = null;
  private dragged: { handle: Handle; id: string | null; from: Point; bbox: Bbox } | null = null;
  private live: { id: string | null; bbox: Bbox } | null = null;

  constructor(private readonly host: BoxHost) {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.classList.add("boxes");
    this.svg.addEventListener("pointerdown", (event) => this.down(event));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    this.svg.addEventListener("pointerup", (event) => this.up(event));
    this.svg.addEventListener("pointercancel", () => this.drop());
  }

  draw(what: string | null): void {
    this.drawing = what;
    this.svg.classList.toggle("drawing", what !== null);
    if (what === null) this.drop();
  }

  /** Move or resize a box by the keyboard, in stored pixels. */
  nudge(box: Box, dx: number, dy: number, resize: boolean): void {
    const [x, y, w, h] = box.bbox;
    const image = this.host.image();
    if (!image) return;
    const next: Bbox = resize ? [x, y, Math.max(1, w + dx), Math.max(1, h + dy)] : within(x + dx, y + dy, w, h, image);
    this.host.change(box.id, clamped(next, image.columns, image.rows));
  }

  redraw(): void {
    this.svg.replaceChildren();
    if (!this.host.image()) return;
    const map = this.host.map();
    for (const proposal of this.host.proposals()) this.add(map, proposal.bbox, `${proposal.category}?`, "proposal", null, proposal);
    for (const box of this.host.boxes()) {
      const bbox = this.live?.id === box.id ? this.live.bbox : box.bbox;
      this.add(map, bbox, box.category, box.id === this.host.selected() ? "box selected" : "box", box.id);
    }
    if (this.live && this.live.id === null) this.add(map, this.live.bbox, this.drawing ?? "", "box live", null);
  }

  private add(map: StoredMap, bbox: Bbox, name: string, kind: string, id: string | null, proposal?: Proposal): void {
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("class", kind);
    group.dataset["bbox"] = bbox.join(",");
    group.dataset["category"] = name;
    if (id) group.dataset["id"] = id;
    const outline = document.createElementNS(SVG, "polygon");
    outline.setAttribute("points", corners(bbox).map((p) => map.toCanvas(p).map((v) => v.toFixed(2)).join(",")).join(" "));
    outline.dataset["handle"] = "body";
    group.append(outline);
    const label = document.createElementNS(SVG, "text");
    const [x, y] = map.toCanvas([bbox[0], bbox[1]]);
    label.setAttribute("x", String(x + 3));
    label.setAttribute("y", String(y - 5));
    label.textContent = name;
    group.append(label);
    if (kind.includes("selected")) for (const handle of HANDLES) group.append(dot(map.toCanvas(place(bbox, handle)), handle));
    if (proposal) outline.addEventListener("dblclick", () => this.host.confirm(proposal));
    this.svg.append(group);
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    const at = this.stored(event);
    const target = event.target as SVGElement;
    const id = (target.parentNode as SVGElement | null)?.dataset?.["id"] ?? null;
    if (this.drawing !== null) this.dragged = { handle: "se", id: null, from: at, bbox: [...at, 0, 0] };
    else if (id) {
      const box = this.host.boxes().find((b) => b.id === id);
      if (!box) return;
      this.host.select(id);
      this.dragged = { handle: (target.dataset["handle"] ?? "body") as Handle, id, from: at, bbox: box.bbox };
    } else return;
    event.stopPropagation();
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    const image = this.host.image();
    if (!this.dragged || !image) return;
    const [x, y] = this.stored(event);
    const { handle, bbox, from, id } = this.dragged;
    const next = stretched(bbox, handle, x - from[0], y - from[1], image);
    this.live = { id, bbox: clamped(next, image.columns, image.rows) };
    this.redraw();
  }

  private up(event: PointerEvent): void {
    const { dragged, live } = this;
    if (!dragged) return;
    this.svg.releasePointerCapture(event.pointerId);
    this.drop();
    if (!live) return;
    if (live.id) this.host.change(live.id, live.bbox);
    else if (live.bbox[2] > 3 && live.bbox[3] > 3) this.host.drawn(live.bbox);
    this.redraw();
  }

  private drop(): void {
    this.dragged = null;
    this.live = null;
  }

  private stored(event: PointerEvent): Point {
    const frame = this.svg.getBoundingClientRect();
    return this.host.map().toStored([event.clientX - frame.left, event.clientY - frame.top]);
  }
}

const corners = ([x, y, w, h]: Bbox): Point[] => [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];

function place([x, y, w, h]: Bbox, handle: Handle): Point {
  const right = handle.includes("e") ? 1 : handle.includes("w") ? 0 : 0.5;
  const down = handle.includes("s") ? 1 : handle.includes("n") ? 0 : 0.5;
  return [x + right * w, y + down * h];
}

function stretched([x, y, w, h]: Bbox, handle: Handle, dx: number, dy: number, image: ImageToRead): Bbox {
  if (handle === "body") return within(x + dx, y + dy, w, h, image);
  let [left, top, right, bottom] = [x, y, x + w, y + h];
  if (handle.includes("w")) left += dx;
  if (handle.includes("e")) right += dx;
  if (handle.includes("n")) top += dy;
  if (handle.includes("s")) bottom += dy;
  return [left, top, right - left, bottom - top];
}

function within(x: number, y: number, w: number, h: number, image: ImageToRead): Bbox {
  return [Math.min(Math.max(x, 0), image.columns - w), Math.min(Math.max(y, 0), image.rows - h), w, h];
}

function dot([x, y]: Point, handle: Handle): SVGElement {
  const circle = document.createElementNS(SVG, "circle");
  circle.setAttribute("cx", String(x));
  circle.setAttribute("cy", String(y));
  circle.setAttribute("r", "5");
  circle.dataset["handle"] = handle;
  return circle;
}
