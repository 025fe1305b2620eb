"""Labelling reports that come as JSON objects, one a line, and the objects that answer them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from cxrforge.labels.attributes import describe
from cxrforge.labels.labeler import label_report
from cxrforge.records import Assertion, Issue, LabelledReport, Section
from cxrforge.reports.language import detect_language
from cxrforge.reports.sections import cut_sections
from cxrforge.tables.label_attributes import ATTRIBUTES
from cxrforge.tables.label_rules import LANGUAGES
from cxrforge.tables.observations import ObservationPolicy

VALUES: Mapping[Assertion | None, int | None] = {
    Assertion.PRESENT: 1,
    Assertion.ABSENT: 0,
    Assertion.UNCERTAIN: -1,
    None: None,
}
"""How an assertion is written in JSON lines and in CheXpert's CSV."""

FIELD = "field"
"""The rule of a section that came as a field of its own."""

_FIELDS = ("findings", "impression", "addendum")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One report to label: its text, and where its sections stand in it."""

    id: Any
    text: str
    language: str
    sections: tuple[Section, ...]


def read_line(line: str, language: str | None = None) -> ReportLine | tuple[Any, Issue]:
    """Return the report on a line, or its id and what is wrong.

    `language` counts where the line names none; with neither, the text tells. A whole `text` is cut into sections.
    """
    try:
        row = json.loads(line)
    except ValueError:
        return None, Issue("label-line-malformed", "not JSON")
    if not isinstance(row, Mapping):
        return None, Issue("label-line-malformed", "not an object")
    parts = [(name, row[name]) for name in ("text", *_FIELDS) if isinstance(row.get(name), str)]
    if not parts:
        return row.get("id"), Issue("label-no-text", "neither text nor findings and impression")
    found = row.get("lang") or language or detect_language("\n".join(part for _, part in parts))
    if found not in LANGUAGES:
        return row.get("id"), Issue("label-language-unknown", f"expected one of {', '.join(LANGUAGES)}")
    if parts[0][0] == "text":
        text = parts[0][1]
        return ReportLine(row.get("id"), text, found, cut_sections(text, found))
    text, sections = "", []
    for name, part in parts:
        sections.append(Section(name, len(text), len(text) + len(part), FIELD))
        text += part + "\n\n"
    return ReportLine(row.get("id"), text, found, tuple(sections))


class Labeler(Protocol):
    """What labels a report: our rules, or a model in their place."""

    def __call__(
        self, text: str, language: str, sections: Sequence[Section] | None, policy: ObservationPolicy | None
    ) -> LabelledReport:
        """Return the labels of `text` and the mentions they rest on."""


def label_line(
    report: ReportLine, policy: ObservationPolicy | None = None, labeler: Labeler = label_report
) -> tuple[LabelledReport, dict[str, Any]]:
    """Return a report's labels and the object that answers its line.

    A mention's offsets point into `text`, or into the field that its `section` names. What is stated of its side,
    place, size and change stands beside it.
    """
    labelled = labeler(report.text, report.language, report.sections, policy)
    labelled = replace(labelled, mentions=describe(report.text, report.language, labelled.mentions))
    starts = {s.name: s.start for s in report.sections if s.rule == FIELD}
    return labelled, {
        "id": report.id,
        "lang": report.language,
        "labels": {o: VALUES[a] for o, a in labelled.labels.items()},
        "mentions": [
            {
                "observation": m.observation,
                "assertion": m.assertion.value,
                "start": m.start - starts.get(m.section, 0),
                "end": m.end - starts.get(m.section, 0),
                "section": m.section,
                "rule": m.rule,
                **{name: getattr(m, name) for name in ATTRIBUTES},
            }
            for m in labelled.mentions
        ],
    }


def issue_line(report_id: Any, issue: Issue) -> dict[str, Any]:
    """Return the object that answers a line with an issue."""
    return {"id": report_id, "issue": issue.code, "detail": issue.detail}
