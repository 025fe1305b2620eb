/** The overlay that lists every key. */

import type { Binding } from "./keys";
import { button, el } from "./dom";

const SHOWN: Record<string, string> = { " ": "Space", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" };

export function helpDialog(bindings: Binding[]): HTMLDialogElement {
  const dialog = el("dialog", { class: "help", "data-testid": "help", "aria-label": "Keys" });
  const columns = el("div", { class: "columns" });
  for (const group of ["Reading", "Labels", "Images", "Boxes and identifiers"] as const) {
    const list = el("dl");
    for (const binding of bindings.filter((b) => b.group === group && b.does)) {
      const keys = el("dt");
      binding.keys.slice(0, 2).forEach((key, i) => {
        if (i) keys.append(" or ");
        keys.append(el("kbd", {}, key.split("+").map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(" ").trim() || "+"));
      });
      list.append(keys, el("dd", {}, binding.does));
    }
    columns.append(el("section", {}, el("h2", {}, group), list));
  }
  const mouse = "Mouse: left drag changes the window, right or Shift drag moves, the wheel zooms, a double click on a proposal takes it over.";
  dialog.append(el("h1", {}, "Keys"), columns, el("p", { class: "quiet" }, mouse), button("Close", () => dialog.close()));
  return dialog;
}
