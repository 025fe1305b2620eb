/** Quality verdicts of the shown images: the program's with its reason, and the reader's own. */

import type { Assignment, Reading } from "./api";
import { el } from "./dom";

export const MEASURES = ["inspiration", "rotation", "collimation", "motion", "exposure"];
const VERDICTS = ["pass", "review", "fail"];

export interface QualityHost {
  set(image: string, measure: string, verdict: string): void;
}

export function qualityPanel(assignment: Assignment, reading: Reading, host: QualityHost): HTMLElement {
  const panel = el("section", { class: "quality", "aria-label": "Quality", "data-testid": "quality" });
  for (const image of assignment.images) {
    const table = el("table", {}, el("caption", {}, `${image.view ?? image.role}`));
    for (const measure of MEASURES) {
      const said = image.quality[measure];
      const chosen = reading.quality[image.id]?.[measure] ?? "";
      const choice = el("select", { "aria-label": `${measure} of the ${image.view ?? image.role}` });
      for (const verdict of ["", ...VERDICTS]) choice.append(el("option", { value: verdict, selected: verdict === chosen }, verdict || "–"));
      choice.addEventListener("change", () => host.set(image.id, measure, choice.value));
      table.append(
        el("tr", {},
          el("th", { scope: "row" }, measure),
          el("td", { class: `verdict ${said?.verdict ?? ""}`, title: said?.explanation ?? "" }, said?.verdict ?? "–"),
          el("td", {}, choice)),
      );
    }
    const reason = el("input", { type: "text", maxlength: "500", placeholder: "Reason", "aria-label": `Reason, ${image.view ?? image.role}`, value: reading.quality[image.id]?.["reason"] ?? "" });
    reason.addEventListener("change", () => host.set(image.id, "reason", reason.value));
    panel.append(table, reason);
  }
  return panel;
}
