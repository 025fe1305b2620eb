/** The reader: one assignment at a time, its images, its report, and everything a reader says of them. */

import type { RenderingEngine } from "@cornerstonejs/core";
import * as api from "./api";
import type { Assignment, Box, Label, Reading } from "./api";
import { button, el } from "./dom";
import { helpDialog } from "./help";
import { handler, type Binding } from "./keys";
import { CHOICES, labelTable, type Column } from "./labels";
import { Pane } from "./pane";
import { qualityPanel } from "./quality";
import { History, initial, newId, withBox, withLabel, withVerdict, withoutBox } from "./reading";
import { reportPanel, selectedSpan } from "./report";
import { Saver } from "./saver";
import { beginRendering, prefetch } from "./viewer";

const CATEGORIES = { c: "Cardiomegaly", e: "Pleural Effusion" } as const;
const IDENTIFIER = "identifier";
const SAVE_WORDS = { saved: "Saved", saving: "Saving …", unsaved: "Not saved yet", offline: "No connection: kept here, trying again", refused: "Not saved" };

const drafts = {
  get: (key: string) => localStorage.getItem(key),
  set: (key: string, value: string) => localStorage.setItem(key, value),
  remove: (key: string) => localStorage.removeItem(key),
};

export class Reader {
  private assignment: Assignment | null = null;
  private history = new History({ report_labels: {}, image_labels: {}, boxes: [], quality: {}, identifiers: [], comment: "" });
  private saver: Saver | null = null;
  private readonly ahead = new Map<string, Promise<Assignment>>();
  private row = 0;
  private column: Column = "report_labels";
  private active = 0;
  private selected: string | null = null;
  private drawing: string | null = null;
  private report: HTMLElement | null = null;
  private readonly panes: Pane[] = [];
  private readonly engine: RenderingEngine;
  private readonly bar = el("header", { class: "bar" });
  private readonly sizes = new ResizeObserver(() => this.engine.resize(true, false));
  private readonly images = el("div", { class: "images" });
  private readonly side = el("div", { class: "side" });
  private readonly status = el("output", { class: "save", "data-testid": "save-state", "aria-live": "polite" });
  private readonly notice = el("output", { class: "said", "data-testid": "said", "aria-live": "assertive" });
  private readonly help: HTMLDialogElement;
  private readonly bindings: Binding[];

  constructor(
    root: HTMLElement,
    private readonly audit: string,
    renderer: string | null,
  ) {
    this.bindings = this.keys();
    this.help = helpDialog(this.bindings);
    root.replaceChildren(this.bar, el("main", { class: "reading" }, this.images, this.side), this.help);
    this.engine = beginRendering(renderer);
    document.addEventListener("keydown", handler(this.bindings));
    window.addEventListener("beforeunload", (event) => {
      if (this.saver && this.saver.state !== "saved") event.preventDefault();
    });
  }

  /** Open an assignment; an empty name opens the first that is still open. */
  async open(id: string): Promise<void> {
    const wanted = id || (await this.firstOpen());
    if (!wanted) return this.finished();
    const assignment = await (this.ahead.get(wanted) ?? api.assignment(wanted));
    this.ahead.clear(); // what is fetched ahead is shown once: readings change
    this.assignment = assignment;
    this.selected = null;
    this.row = 0;
    this.active = 0;
    this.draw(null);
    this.history = new History(initial(assignment));
    const saver = new Saver(
      `cxrforge-reading-${assignment.id}`,
      assignment.revision,
      assignment.reading ?? this.history.now,
      { save: (revision, reading, seconds) => api.save(assignment.id, revision, reading, seconds) },
      drafts,
      (reading) => this.told(saver, reading),
    );
    this.saver = saver;
    history.replaceState(null, "", `/read/${this.audit}/${assignment.id}${location.search}`);
    this.layOut(assignment);
    this.told(saver, null);
    const recovered = saver.recovered();
    if (recovered) this.change(recovered, "What was not saved before is back.");
    for (const [i, image] of assignment.images.slice(0, 2).entries()) await this.panes[i]?.show(image); // the PA first
    void this.prefetchNeighbours(assignment);
  }

  private async firstOpen(): Promise<string | null> {
    const rows = await api.worklist(this.audit);
    return rows.find((r) => r.state === "open")?.assignment ?? rows.find((r) => r.state === "postponed")?.assignment ?? null;
  }

  private finished(): void {
    this.assignment = null;
    this.bar.replaceChildren(el("a", { href: "/audits" }, "Audits"));
    this.side.replaceChildren();
    this.images.replaceChildren(el("div", { class: "card done" }, el("h1", {}, "Everything is read"), el("p", {}, "No assignment of this audit is open for you."), el("a", { href: "/audits" }, "Back to the audits")));
    this.panes.length = 0;
  }

  private async prefetchNeighbours(assignment: Assignment): Promise<void> {
    for (const id of [assignment.next, assignment.previous]) {
      if (!id || this.assignment !== assignment) continue;
      const asked = api.assignment(id);
      this.ahead.set(id, asked);
      const neighbour = await asked.catch(() => void this.ahead.delete(id));
      if (neighbour) prefetch(neighbour.images.slice(0, 2));
    }
  }

  // ---------------------------------------------------------------- changes

  private change(reading: Reading, note = ""): void {
    this.history.change(reading);
    this.saver?.keep(this.history.now);
    this.say(note);
    this.redraw();
  }

  private told(saver: Saver, reading: Reading | null): void {
    if (saver !== this.saver) return;
    this.status.textContent = saver.message ? `${SAVE_WORDS[saver.state]}: ${saver.message}` : SAVE_WORDS[saver.state];
    this.status.dataset["state"] = saver.state;
    this.status.dataset["revision"] = String(saver.revision);
    if (!reading) return;
    this.history.change(reading);
    this.say("Another tab changed this reading; both changes stand.");
    this.redraw();
  }

  private step(back: boolean): void {
    if (!(back ? this.history.undo() : this.history.redo())) return;
    this.saver?.keep(this.history.now);
    this.redraw();
  }

  private label(value: Label): void {
    const name = this.assignment?.observations[this.row];
    if (!this.assignment || !name) return;
    const column = this.column;
    this.row = Math.min(this.row + 1, this.assignment.observations.length - 1);
    this.change(withLabel(this.history.now, column, name, value));
  }

  private async end(state: "done" | "postponed" | "skipped"): Promise<void> {
    const { assignment, saver } = this;
    if (!assignment || !saver) return;
    saver.keep(this.history.now);
    if (!(await saver.settled())) return this.say("This reading is not saved yet, so it cannot be ended.");
    try {
      if (saver.revision === 0) saver.revision = (await api.save(assignment.id, 0, this.history.now, 0)).revision;
      const answer = await api.setState(assignment.id, state, saver.revision);
      await this.open(answer.next ?? "");
    } catch (error) {
      this.say(error instanceof Error ? error.message : "That did not work.");
    }
  }

  private async go(id: string | null): Promise<void> {
    if (!id) return this.say("There is no other item in this direction.");
    if (this.saver && !(await this.saver.settled())) return this.say("This reading is not saved yet.");
    try {
      await this.open(id);
    } catch (error) {
      this.say(error instanceof Error ? error.message : "The item could not be opened.");
    }
  }

  // ---------------------------------------------------------------- boxes and identifiers

  private draw(what: string | null): void {
    this.drawing = what;
    for (const pane of this.panes) pane.layer.draw(what);
    this.say(what ? `Draw a box: ${what}. Enter puts one in the middle; Escape stops.` : "");
  }

  private drawn(image: string, bbox: api.Bbox): void {
    const what = this.drawing;
    this.draw(null);
    if (what === IDENTIFIER) void this.flag({ image, bbox, note: "" });
    else if (what) this.addBox({ id: newId(), image, category: what, bbox, source: "drawn" });
  }

  private addBox(box: Box): void {
    this.selected = box.id;
    this.change(withBox(this.history.now, box));
  }

  private middle(): void {
    const image = this.panes[this.active]?.view.image;
    if (!image || !this.drawing) return;
    const proposal = image.proposals.find((p) => p.category === this.drawing);
    const [w, h] = [Math.round(image.columns / 4), Math.round(image.rows / 4)];
    this.drawn(image.id, proposal?.bbox ?? [Math.round((image.columns - w) / 2), Math.round((image.rows - h) / 2), w, h]);
  }

  private async flag(what: api.Flag): Promise<void> {
    const { assignment } = this;
    if (!assignment) return;
    const { note, ...mark } = what;
    this.change({ ...this.history.now, identifiers: [...this.history.now.identifiers, mark as api.Identifier] });
    try {
      await api.flag(assignment.id, { ...mark, note } as api.Flag);
      this.say("Identifier marked: the item has left the dataset and goes back to de-identification.");
    } catch (error) {
      this.say(`The mark was not taken: ${error instanceof Error ? error.message : "no answer"}`);
    }
  }

  private identifier(): void {
    const span = this.report ? selectedSpan(this.report) : null;
    if (span) void this.flag({ ...span, note: "" });
    else this.draw(IDENTIFIER);
  }

  private nudge(dx: number, dy: number, event: KeyboardEvent): void {
    const box = this.history.now.boxes.find((b) => b.id === this.selected);
    const pane = this.panes.find((p) => p.view.image?.id === box?.image);
    if (!box || !pane) return;
    const step = event.ctrlKey ? 1 : 10;
    pane.layer.nudge(box, dx * step, dy * step, event.shiftKey);
  }

  private arrow(dx: number, dy: number, event: KeyboardEvent): void {
    if (this.selected) return this.nudge(dx, dy, event);
    const rows = this.assignment?.observations.length ?? 1;
    if (dy) this.row = (this.row + dy + rows) % rows;
    if (dx) this.column = this.column === "report_labels" ? "image_labels" : "report_labels";
    this.redraw();
  }

  private nextBox(): void {
    const ids = this.history.now.boxes.map((b) => b.id);
    const at = this.selected ? ids.indexOf(this.selected) : -1;
    this.selected = ids[at + 1] ?? null;
    this.redraw();
  }

  // ---------------------------------------------------------------- page

  private layOut(assignment: Assignment): void {
    const shown = assignment.images.slice(0, 2);
    if (this.panes.length !== shown.length) {
      for (const pane of this.panes) this.engine.disableElement(pane.view.element.dataset["testid"] ?? "");
      this.sizes.disconnect();
      const places = shown.map(() => el("div", { class: "pane" }));
      this.images.replaceChildren(...places);
      this.panes.length = 0;
      places.forEach((place, i) => this.panes.push(this.pane(place, i)));
      for (const pane of this.panes) this.sizes.observe(pane.root);
    }
    this.images.dataset["count"] = String(shown.length);
    const back = button("◀", () => void this.go(assignment.previous), { title: "Previous ([)", "aria-label": "Previous", disabled: !assignment.previous });
    const on = button("▶", () => void this.go(assignment.next), { title: "Next (])", "aria-label": "Next", disabled: !assignment.next });
    const place = el("span", { class: "place" }, `${assignment.position} of ${assignment.total}`);
    const state = el("span", { class: "quiet", "data-testid": "assignment-state" }, assignment.state === "open" ? "" : assignment.state);
    const kind = assignment.slot === 3 ? "adjudication" : assignment.audit.blinded ? "blinded" : "";
    this.bar.replaceChildren(
      el("a", { href: "/audits", class: "brand" }, "Audits"), back, place, on, state, el("span", { class: "quiet" }, `${assignment.study.site} ${kind}`.trim()),
      this.notice, this.status,
      button("Postpone", () => void this.end("postponed"), { title: "Z" }), button("Done", () => void this.end("done"), { title: "Enter", class: "primary" }),
      button("?", () => this.help.showModal(), { "aria-label": "Keys", title: "Keys (?)" }),
    );
    this.say("");
    this.redraw();
  }

  private pane(place: HTMLElement, index: number): Pane {
    const image = () => this.panes[index]?.view.image?.id ?? "";
    return new Pane(this.engine, place, index, {
      boxes: () => this.history.now.boxes.filter((b) => b.image === image()),
      proposals: () => {
        const known = new Set(this.history.now.boxes.filter((b) => b.image === image()).map((b) => b.category + b.source));
        return (this.panes[index]?.view.image?.proposals ?? []).filter((p) => !known.has(p.category + "proposal"));
      },
      selected: () => this.selected,
      select: (id) => {
        this.selected = id;
        this.redraw();
      },
      change: (id, bbox) => {
        const box = this.history.now.boxes.find((b) => b.id === id);
        if (box) this.change(withBox(this.history.now, { ...box, bbox }));
      },
      drawn: (bbox) => this.drawn(image(), bbox),
      confirm: (p) => this.addBox({ id: newId(), image: image(), category: p.category, bbox: p.bbox, source: "proposal" }),
    }, () => (this.active = index));
  }

  private redraw(): void {
    const { assignment } = this;
    if (!assignment) return;
    const reading = this.history.now;
    const scroll = this.side.scrollTop;
    this.report = reportPanel(assignment, reading.identifiers);
    const labels = labelTable(assignment, reading, {
      row: () => this.row,
      column: () => this.column,
      focus: (row, column) => ([this.row, this.column] = [row, column]),
      set: (name, column, value) => this.change(withLabel(this.history.now, column, name, value)),
    });
    const comment = el("textarea", { rows: "2", maxlength: "4000", "aria-label": "Comment", placeholder: "Comment" });
    comment.value = reading.comment;
    comment.addEventListener("change", () => this.change({ ...this.history.now, comment: comment.value }));
    const quality = qualityPanel(assignment, reading, {
      set: (image, measure, verdict) => this.change(withVerdict(this.history.now, image, measure, verdict)),
    });
    this.side.replaceChildren(...this.why(assignment), this.report, labels, this.boxList(), el("details", { open: assignment.audit.kind === "quality" }, el("summary", {}, "Quality"), quality), comment);
    this.side.scrollTop = scroll;
    for (const pane of this.panes) pane.layer.redraw();
  }

  private why(assignment: Assignment): HTMLElement[] {
    const parts: HTMLElement[] = [];
    if (assignment.issues.length) parts.push(el("ul", { class: "issues" }, ...assignment.issues.map((i) => el("li", {}, [i.meaning ?? i.code, i.detail].filter(Boolean).join(": ")))));
    if (!assignment.others.length) return parts;
    const table = el("table", { class: "others" }, el("caption", {}, "Where the two readings differ"));
    for (const name of assignment.observations) {
      const said = assignment.others.map((o) => o.reading.report_labels[name]);
      if (said[0] === said[1]) continue;
      const words = said.map((v) => CHOICES.find((c) => c.value === v)?.word ?? "not answered");
      table.append(el("tr", {}, el("th", { scope: "row" }, name), ...words.map((w) => el("td", {}, w))));
    }
    return [...parts, table];
  }

  private boxList(): HTMLElement {
    const list = el("ul", { class: "box-list", "data-testid": "box-list" });
    for (const box of this.history.now.boxes) {
      const image = this.assignment?.images.find((i) => i.id === box.image);
      const [x, y, w, h] = box.bbox.map((v) => Math.round(v));
      const item = el("li", { "data-id": box.id, "data-bbox": box.bbox.join(","), class: box.id === this.selected ? "current" : "" });
      item.append(
        button(`${box.category}, ${image?.view ?? ""} ${w} × ${h} at ${x}, ${y}`, () => {
          this.selected = box.id;
          this.redraw();
        }),
        button("✕", () => this.change(withoutBox(this.history.now, box.id)), { "aria-label": `Delete ${box.category}` }),
      );
      list.append(item);
    }
    const heading = el("h3", {}, `Boxes (${this.history.now.boxes.length})`);
    return el("section", { "aria-label": "Boxes" }, heading, list);
  }

  private say(text: string): void {
    this.notice.textContent = text;
  }

  private keys(): Binding[] {
    const view = (act: (pane: Pane) => void) => () => {
      const pane = this.panes[this.active];
      if (pane) act(pane);
    };
    const row = (group: Binding["group"], keys: string[], does: string, act: Binding["act"]): Binding => ({ group, keys, does, act });
    const arrows: [string, number, number][] = [["ArrowUp", 0, -1], ["ArrowDown", 0, 1], ["ArrowLeft", -1, 0], ["ArrowRight", 1, 0]];
    return [
      row("Reading", ["Enter"], "done, and on to the next", () => (this.drawing ? this.middle() : void this.end("done"))),
      row("Reading", ["z"], "postpone", () => void this.end("postponed")),
      row("Reading", ["k"], "skip", () => void this.end("skipped")),
      row("Reading", ["["], "previous item", () => void this.go(this.assignment?.previous ?? null)),
      row("Reading", ["]"], "next item", () => void this.go(this.assignment?.next ?? null)),
      row("Reading", ["ctrl+z"], "undo", () => this.step(true)),
      row("Reading", ["ctrl+y"], "redo", () => this.step(false)),
      row("Reading", ["?"], "these keys", () => (this.help.open ? this.help.close() : this.help.showModal())),
      ...CHOICES.map((choice) => row("Labels", [choice.key], `${choice.word}, and on to the next row`, () => this.label(choice.value))),
      ...arrows.map(([key, dx, dy], i) => row("Labels", [key, `shift+${key}`, `ctrl+${key}`, `ctrl+shift+${key}`], i === 0 ? "choose the row; left and right: the column" : "", (e) => this.arrow(dx, dy, e))),
      row("Images", ["+", "="], "enlarge", view((p) => p.view.zoom(1.25))),
      row("Images", ["-"], "reduce", view((p) => p.view.zoom(0.8))),
      row("Images", ["f"], "fit, and the header's window", view((p) => p.view.reset())),
      row("Images", ["o"], "one pixel to one pixel", view((p) => p.view.actualSize())),
      row("Images", ["i"], "invert", view((p) => p.view.invert())),
      row("Images", ["r"], "rotate", view((p) => p.view.turn())),
      row("Images", ["g"], "magnifier", view((p) => p.magnifier.toggle())),
      row("Images", ["1", "2"], "window: as in the header, lung (2), mediastinum (3), bone (4)", (e) => view((p) => p.view.preset(e.key === "1" ? "default" : "lung"))()),
      row("Images", ["3"], "", view((p) => p.view.preset("mediastinum"))),
      row("Images", ["4"], "", view((p) => p.view.preset("bone"))),
      row("Images", [","], "brighter", view((p) => p.view.dragWindow(0, -20))),
      row("Images", ["."], "darker", view((p) => p.view.dragWindow(0, 20))),
      row("Images", ["v"], "the other image", () => this.panes[(this.active = (this.active + 1) % Math.max(1, this.panes.length))]?.view.element.focus()),
      ...Object.entries(CATEGORIES).map(([key, category]) => row("Boxes and identifiers", [key], `box: ${category} (Enter puts it in the middle)`, () => this.draw(category))),
      row("Boxes and identifiers", ["b"], "choose the next box; arrows move it, Shift resizes, Ctrl by single pixels", () => this.nextBox()),
      row("Boxes and identifiers", ["Delete", "Backspace"], "delete the chosen box", () => this.selected && this.change(withoutBox(this.history.now, this.selected))),
      row("Boxes and identifiers", ["x"], "identifier here: the selected text, or a box on the image", () => this.identifier()),
      row("Boxes and identifiers", ["Escape"], "stop drawing, let go of the box", () => {
        this.selected = null;
        this.draw(null);
        this.redraw();
      }),
    ];
  }
}
