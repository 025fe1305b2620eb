/** A reading as a value: empty, changed part by part, undone, and carried over onto a newer one. */

import type { Assignment, Bbox, Box, Label, Reading } from "./api";

export const EMPTY: Reading = {
  report_labels: {},
  image_labels: {},
  boxes: [],
  quality: {},
  identifiers: [],
  comment: "",
};

/** Where an assignment begins: what was saved, else the program's labels where they may be seen, else nothing. */
export function initial(assignment: Assignment): Reading {
  if (assignment.reading) return { ...EMPTY, ...assignment.reading };
  const labels = assignment.automatic && assignment.audit.kind === "label" ? { ...assignment.automatic } : {};
  return { ...EMPTY, report_labels: labels };
}

export const copy = (reading: Reading): Reading => structuredClone(reading);
export const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    v && typeof v === "object" && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}

/** Put what changed between `before` and `mine` onto `theirs`: two tabs or a late answer lose nothing. */
export function rebase(before: Reading, mine: Reading, theirs: Reading): Reading {
  return {
    report_labels: rebaseRecord(before.report_labels, mine.report_labels, theirs.report_labels),
    image_labels: rebaseRecord(before.image_labels, mine.image_labels, theirs.image_labels),
    boxes: rebaseBoxes(before.boxes, mine.boxes, theirs.boxes),
    quality: rebaseRecord(before.quality, mine.quality, theirs.quality),
    identifiers: same(before.identifiers, mine.identifiers) ? theirs.identifiers : mine.identifiers,
    comment: before.comment === mine.comment ? theirs.comment : mine.comment,
  };
}

function rebaseRecord<T>(before: Record<string, T>, mine: Record<string, T>, theirs: Record<string, T>): Record<string, T> {
  const result = { ...theirs };
  for (const key of new Set([...Object.keys(before), ...Object.keys(mine)])) {
    if (same(before[key], mine[key])) continue;
    if (key in mine) result[key] = mine[key] as T;
    else delete result[key];
  }
  return result;
}

function rebaseBoxes(before: Box[], mine: Box[], theirs: Box[]): Box[] {
  const byId = (boxes: Box[]) => Object.fromEntries(boxes.map((box) => [box.id, box]));
  return Object.values(rebaseRecord(byId(before), byId(mine), byId(theirs)));
}

/** Every step of one reading, so that each can be taken back and done again. */
export class History {
  private past: Reading[] = [];
  private future: Reading[] = [];

  constructor(public now: Reading) {}

  change(next: Reading): void {
    if (same(next, this.now)) return;
    this.past.push(this.now);
    this.now = next;
    this.future = [];
  }

  undo(): boolean {
    const before = this.past.pop();
    if (!before) return false;
    this.future.push(this.now);
    this.now = before;
    return true;
  }

  redo(): boolean {
    const after = this.future.pop();
    if (!after) return false;
    this.past.push(this.now);
    this.now = after;
    return true;
  }
}

export function withLabel(reading: Reading, column: "report_labels" | "image_labels", name: string, value: Label): Reading {
  return { ...reading, [column]: { ...reading[column], [name]: value } };
}

export function withBox(reading: Reading, box: Box): Reading {
  const others = reading.boxes.filter((b) => b.id !== box.id);
  return { ...reading, boxes: [...others, box].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

export function withoutBox(reading: Reading, id: string): Reading {
  return { ...reading, boxes: reading.boxes.filter((b) => b.id !== id) };
}

export function withVerdict(reading: Reading, image: string, measure: string, verdict: string): Reading {
  const of = { ...reading.quality[image] };
  if (verdict) of[measure] = verdict;
  else delete of[measure];
  return { ...reading, quality: { ...reading.quality, [image]: of } };
}

/** Keep a box inside the image, at least one pixel wide and high, to a hundredth of a pixel. */
export function clamped([x, y, w, h]: Bbox, columns: number, rows: number): Bbox {
  const left = Math.min(Math.max(Math.min(x, x + w), 0), columns - 1);
  const top = Math.min(Math.max(Math.min(y, y + h), 0), rows - 1);
  const right = Math.min(Math.max(Math.max(x, x + w), left + 1), columns);
  const bottom = Math.min(Math.max(Math.max(y, y + h), top + 1), rows);
  const round = (v: number) => Math.round(v * 100) / 100;
  return [round(left), round(top), round(right - left), round(bottom - top)];
}

let counter = 0;
/** A name for a new box that no other tab gives. */
export function newId(): string {
  counter += 1;
  return `b${Date.now().toString(36)}${counter.toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;
}
