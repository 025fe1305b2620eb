/** The report with its mentions marked in the colour of their assertion, and selections turned into offsets. */

import type { Assignment, Identifier, Mention } from "./api";
import { el } from "./dom";

export interface TextSpan {
  section: string;
  start: number;
  end: number;
}

export function reportPanel(assignment: Assignment, identifiers: Identifier[]): HTMLElement {
  const panel = el("section", { class: "report", "data-testid": "report", "aria-label": "Report", tabindex: "0" });
  if (!assignment.report) {
    panel.append(el("p", { class: "quiet" }, "This item has no report."));
    return panel;
  }
  for (const { name, text } of assignment.report.sections) {
    const marks = assignment.report.mentions.filter((m) => m.section === name);
    const flagged = identifiers.filter((i): i is TextSpan => "section" in i && i.section === name);
    panel.append(el("h3", {}, name), el("p", { class: "text", "data-section": name, lang: assignment.report.language }, ...pieces(text, marks, flagged)));
  }
  return panel;
}

/** Cut a text at the ends of its marks; where mentions overlap, every one is named. */
export function cuts(length: number, spans: { start: number; end: number }[]): [number, number][] {
  const places = new Set([0, length]);
  for (const { start, end } of spans) if (start >= 0 && end <= length && start < end) places.add(start).add(end);
  const sorted = [...places].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => [sorted[i] as number, end]);
}

function pieces(text: string, mentions: Mention[], flagged: TextSpan[]): (Node | string)[] {
  const characters = [...text]; // the server counts characters, not UTF-16 units
  return cuts(characters.length, [...mentions, ...flagged]).map(([start, end]) => {
    const covers = (s: { start: number; end: number }) => s.start <= start && end <= s.end;
    const over = mentions.filter(covers);
    const piece = characters.slice(start, end).join("");
    if (flagged.some(covers)) return el("mark", { class: "identifier", title: "Marked as an identifier" }, piece);
    if (!over.length) return piece;
    const said = over.map((m) => `${m.observation}: ${m.assertion}${m.rule ? ` (${m.rule})` : ""}`).join("\n");
    return el("mark", { class: over[0]?.assertion ?? "", title: said }, piece);
  });
}

/** The selected stretch of a section, as offsets into its text; null where nothing (or more than one section) is selected. */
export function selectedSpan(panel: HTMLElement): TextSpan | null {
  const selection = window.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  for (const section of panel.querySelectorAll<HTMLElement>("[data-section]")) {
    if (!section.contains(range.startContainer) || !section.contains(range.endContainer)) continue;
    const before = document.createRange();
    before.setStart(section, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const start = [...before.toString()].length;
    const end = start + [...range.toString()].length;
    if (end > start) return { section: section.dataset["section"] ?? "", start, end };
  }
  return null;
}
