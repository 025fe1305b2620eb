"""Labelling reports that come as JSON objects, one a line, and the objects that answer them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cxrforge.labels.labeler import WHOLE, label_report
from cxrforge.records import Assertion, Issue, LabelledReport, Section
from cxrforge.tables.label_rules import LANGUAGES

VALUES: Mapping[Assertion | None, int | None] = {
    Assertion.PRESENT: 1,
    Assertion.ABSENT: 0,
    Assertion.UNCERTAIN: -1,
    None: None,
}
"""How an assertion is written in JSON lines and in CheXpert's CSV."""

_FIELDS = ("findings", "impression", "addendum")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One report to label: its text, and where its sections stand in it (None: not cut)."""

    id: Any
    text: str
    language: str
    sections: tuple[Section, ...] | None = None


def read_line(line: str, language: str) -> ReportLine | tuple[Any, Issue]:
    """Return the report on a line, or its id and what is wrong; `language` counts where the line names none."""
    try:
        row = json.loads(line)
    except ValueError:
        return None, Issue("label-line-malformed", "not JSON")
    if not isinstance(row, Mapping):
        return None, Issue("label-line-malformed", "not an object")
    found = row.get("lang") or language
    if found not in LANGUAGES:
        return row.get("id"), Issue("label-language-unknown", f"expected one of {', '.join(LANGUAGES)}")
    if isinstance(row.get("text"), str):
        return ReportLine(row.get("id"), row["text"], found)
    parts = [(name, row[name]) for name in _FIELDS if isinstance(row.get(name), str)]
    if not parts:
        return row.get("id"), Issue("label-no-text", "neither text nor findings and impression")
    text, sections = "", []
    for name, part in parts:
        sections.append(Section(name, len(text), len(text) + len(part), "field"))
        text += part + "\n\n"
    return ReportLine(row.get("id"), text, found, tuple(sections))


def label_line(report: ReportLine) -> tuple[LabelledReport, dict[str, Any]]:
    """Return a report's labels and the object that answers its line.

    A mention's offsets point into `text`, or into the field that its `section` names.
    """
    labelled = label_report(report.text, report.language, report.sections)
    starts = _starts(report.sections or (Section(WHOLE, 0, len(report.text)),))
    return labelled, {
        "id": report.id,
        "lang": report.language,
        "labels": {o: VALUES[a] for o, a in labelled.labels.items()},
        "mentions": [
            {
                "observation": m.observation,
                "assertion": m.assertion.value,
                "start": m.start - starts[m.section],
                "end": m.end - starts[m.section],
                "section": m.section,
                "rule": m.rule,
            }
            for m in labelled.mentions
        ],
    }


def issue_line(report_id: Any, issue: Issue) -> dict[str, Any]:
    """Return the object that answers a line with an issue."""
    return {"id": report_id, "issue": issue.code, "detail": issue.detail}


def _starts(sections: Sequence[Section]) -> dict[str, int]:
    return {s.name: s.start for s in sections}
