"""Label a study's de-identified report: fourteen observations, each with its mentions."""

from __future__ import annotations

import sqlalchemy as sa

from cxrforge.catalogue.outcomes import record_labels
from cxrforge.labels.labeler import label_report
from cxrforge.records import Section
from cxrforge.stages.stage import Item, Stage, StageResult, Tools, conclude

_GAP = "\n\n"


def compose(parts: list[dict[str, str]]) -> tuple[str, tuple[Section, ...]]:
    """Return the published sections as one text, and where each of them stands in it."""
    sections, text = [], ""
    for part in parts:
        start = len(text)
        text += part["text"]
        sections.append(Section(part["name"], start, len(text), part["rule"]))
        text += _GAP
    return text, tuple(sections)


def work(item: Item, tools: Tools) -> StageResult:
    """Label what a release publishes; offsets of mentions are into the text that `compose` makes."""
    report = item.facts["upstream"]
    text, sections = compose(report["sections"])
    labelled = label_report(text, report["language"], sections)
    mentions = [
        {
            "observation": mention.observation,
            "assertion": mention.assertion.value,
            "section": mention.section,
            "start": mention.start,
            "end": mention.end,
            "rule": mention.rule,
        }
        for mention in labelled.mentions
    ]
    labels = {name: assertion.value if assertion else None for name, assertion in labelled.labels.items()}
    return conclude(item, {"labels": labels, "mentions": mentions})


def record(connection: sa.Connection, results: list[StageResult]) -> None:
    """Write the labels as rows."""
    record_labels(connection, {r.entity: r.payload["labels"] for r in results if "labels" in r.payload})


STAGE = Stage(
    name="label",
    version="2",
    kind="study",
    title="Label reports",
    work=work,
    after="deidentify-report",
    record=record,
)
