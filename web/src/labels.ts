/** The table of the fourteen observations: what the report says, and apart from it what the reader sees. */

import type { Assignment, Label, Reading } from "./api";
import { button, el } from "./dom";

export type Column = "report_labels" | "image_labels";

export const CHOICES: { value: Label; key: string; word: string; sign: string }[] = [
  { value: 1, key: "p", word: "positive", sign: "+" },
  { value: 0, key: "n", word: "negative", sign: "−" },
  { value: -1, key: "u", word: "uncertain", sign: "?" },
  { value: null, key: "m", word: "not mentioned", sign: "·" },
];

const TITLES: Record<Column, string> = { report_labels: "Report says", image_labels: "I see" };

export interface LabelHost {
  row(): number;
  column(): Column;
  focus(row: number, column: Column): void;
  set(name: string, column: Column, value: Label): void;
}

export function labelTable(assignment: Assignment, reading: Reading, host: LabelHost): HTMLElement {
  const head = el("tr", {}, el("th", { scope: "col" }, "Observation"));
  const columns: Column[] = ["report_labels", "image_labels"];
  for (const column of columns) head.append(el("th", { scope: "col", class: column === host.column() ? "current" : "" }, TITLES[column]));
  const body = el("tbody");
  assignment.observations.forEach((name, i) => {
    const current = i === host.row();
    const row = el("tr", { class: current ? "current" : "", "data-testid": `label-row-${i}`, "aria-current": current ? "true" : "false" });
    row.append(el("th", { scope: "row" }, name));
    for (const column of columns) row.append(cell(assignment, reading, host, name, i, column, current && column === host.column()));
    body.append(row);
  });
  return el("table", { class: "labels", "aria-label": "Labels" }, el("thead", {}, head), body);
}

function cell(
  assignment: Assignment,
  reading: Reading,
  host: LabelHost,
  name: string,
  row: number,
  column: Column,
  current: boolean,
): HTMLElement {
  const answered = name in reading[column];
  const value = reading[column][name];
  const automatic = column === "report_labels" ? assignment.automatic?.[name] : undefined;
  const made = el("td", { class: current ? "current" : "", "data-value": answered ? String(value) : "" });
  const group = el("div", { role: "radiogroup", "aria-label": `${name}, ${TITLES[column]}`, class: "choices" });
  for (const choice of CHOICES) {
    const chosen = answered && value === choice.value;
    const differs = chosen && automatic !== undefined && automatic !== choice.value;
    const option = button(choice.sign, () => {
      host.focus(row, column);
      host.set(name, column, choice.value);
    }, {
      role: "radio",
      "aria-checked": chosen ? "true" : "false",
      "aria-label": choice.word,
      title: `${choice.word} (${choice.key.toUpperCase()})${differs ? " – not what the program said" : ""}`,
      class: `choice ${choice.word.replace(" ", "-")}${differs ? " differs" : ""}`,
      tabindex: "-1",
    });
    group.append(option);
  }
  made.append(group);
  return made;
}
