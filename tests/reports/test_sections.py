"""Findings and impression are cut exactly, in every layout and language."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.errors import UsageError
from cxrforge.reports.deidentify import deidentify_report
from cxrforge.reports.sections import BEFORE_IMPRESSION, BODY, SUMMARY, cut_sections
from cxrforge.tables import report_sections

BODIES = {
    "en": ("The lungs are clear.\nHeart size is normal.", "No acute disease."),
    "de": ("Die Lungen sind belüftet.\nHerz normal groß.", "Kein Nachweis von Infiltraten."),
    "fr": ("Parenchyme sans anomalie.\nCœur normal.", "Examen sans particularité."),
    "es": ("Pulmones sin condensaciones.\nCorazón normal.", "Sin hallazgos agudos."),
    "it": ("Non lesioni a focolaio.\nCuore nei limiti.", "Quadro nella norma."),
    "nl": ("De longvelden zijn helder.\nHart niet vergroot.", "Geen afwijkingen."),
    "pt": ("Campos pulmonares livres.\nCoração normal.", "Exame sem alterações."),
    "pl": ("Płuca bez zagęszczeń.\nSerce w normie.", "Obraz prawidłowy."),
}
LAYOUTS = ("{F}:\n{f}\n\n{I}:\n{i}", "{F}: {f}\n{I}: {i}", "{F}\n{f}\n{I}\n{i}", "1. {F}: {f}\n2. {I}: {i}")


@pytest.mark.parametrize("language", BODIES)
def test_every_heading_in_every_layout_and_case_starts_its_section(language: str) -> None:
    words = report_sections.load()[language].headings
    findings, impression = BODIES[language]
    wrong = []
    for f in words["findings"]:
        for i in words["impression"][:4]:
            for layout in LAYOUTS:
                for case in (str.upper, str.capitalize):
                    text = (
                        layout.format(F=case(f), I=case(i), f=findings, i=impression)
                        + "\n\nDr. A. Nonymous, 01.02.2020\n"
                    )
                    cut = {s.name: text[s.start : s.end] for s in cut_sections(text, language)}
                    if cut.get("findings") != findings or cut.get("impression") != impression:
                        wrong.append((f, i, layout))
    assert wrong == []


def test_real_reports_put_together_again_are_cut_exactly(shared_data: Path) -> None:
    good = total = 0
    for line in (shared_data / "reports" / "openi" / "reports.jsonl").read_text(encoding="utf-8").splitlines()[:400]:
        row = json.loads(line)
        findings, impression = row["findings"].strip(), row["impression"].strip()
        if findings and impression:
            text = f"Indication: {row['indication']}\nFindings: {findings}\nImpression: {impression}\n"
            cut = {s.name: text[s.start : s.end] for s in cut_sections(text, "en")}
            total += 1
            good += cut.get("findings") == findings and cut.get("impression") == impression
    assert good >= 0.99 * total


def test_a_report_without_headings_is_cut_by_a_rule_that_is_recorded() -> None:
    def rules(text: str) -> dict[str, str]:
        return {s.name: s.rule for s in cut_sections(text, "en")}

    assert rules("Heart normal. Lungs clear.") == {"findings": BODY}
    assert rules("Heart is normal and lungs are clear.\nImpression: normal.")["findings"] == BEFORE_IMPRESSION
    assert rules("Heart is normal. Lungs are clear. In summary, no disease.")["impression"] == SUMMARY


@pytest.mark.parametrize(
    ("language", "text", "findings"),
    [
        ("en", "Comparison: film of three months ago. Known cancer. The nodules have grown. No effusion.",
         "Known cancer. The nodules have grown. No effusion."),
        ("en", "Technique: PA and lateral. The heart is enlarged. No pneumothorax.\nImpression: Cardiomegaly.",
         "The heart is enlarged. No pneumothorax."),
        ("nl", "Screening, mobiele unit.\nGeen opaciteit, geen pleuravocht. Hart normaal.\nUitslag: A (geen afwijkingen)",
         "Geen opaciteit, geen pleuravocht. Hart normaal."),
        ("fr", "RADIOGRAPHIE DU THORAX\n- Pas de condensation\n- Pas d'épanchement\n- Volume cardiaque normal",
         "- Pas de condensation\n- Pas d'épanchement\n- Volume cardiaque normal"),
        ("it", "Torace\n- Non versamento\n- Non fratture costali", "- Non versamento\n- Non fratture costali"),
        ("en", "History: cough.\nFindings: Clear lungs.\nDr A. Nonymous\nOn review there is a small nodule on the left.",
         "Clear lungs.\nDr A. Nonymous\nOn review there is a small nodule on the left."),
    ],
)  # fmt: skip
def test_no_clinical_line_falls_between_the_sections(language: str, text: str, findings: str) -> None:
    cut = [text[s.start : s.end] for s in cut_sections(text, language) if s.name == "findings"]
    assert cut == [findings]


def test_a_clinical_last_line_with_an_identifier_in_it_is_no_signature() -> None:
    text = "Befund: Herz normal.\nErguss links seit 12.03.2022\nBeurteilung: Erguss."
    assert deidentify_report(text, language="de").findings == "Herz normal.\nErguss links seit [DATE]"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("keep", "A 67 year old Polish woman, works as a welder, cough for 5 years."),
        ("decade", "A 60-69 year old Polish woman, works as a welder, cough for 5 years."),
        ("tag", "A [AGE] year old [OTHER] woman, works as a [OTHER], cough for 5 years."),
    ],
)
def test_quasi_identifiers_follow_the_policy(policy: str, expected: str) -> None:
    text = "A 67 year old Polish woman, works as a welder, cough for 5 years."
    assert deidentify_report(text, language="en", quasi=policy).text == expected


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(UsageError):
        deidentify_report("Clear lungs.", quasi="sometimes")


def test_missing_sections_are_flagged() -> None:
    codes = {i.code for i in deidentify_report("FINDINGS: Lungs clear, heart normal.").issues}
    assert codes == {"report-no-impression"}


@given(st.text(max_size=400), st.sampled_from(sorted(BODIES)))
def test_sections_lie_inside_the_text_in_order(text: str, language: str) -> None:
    sections = cut_sections(text, language)
    assert all(0 <= s.start < s.end <= len(text) for s in sections)
    assert all(a.end <= b.start for a, b in pairwise(sections))


@given(st.text(max_size=300))
def test_spans_cut_the_text_they_claim_and_nothing_else_changes(text: str) -> None:
    result = deidentify_report(text, language="en")
    rebuilt, at = "", 0
    for span in result.spans:
        rebuilt += text[at : span.start] + f"[{span.category.value}]"
        at = span.end
    assert rebuilt + text[at:] == result.text
