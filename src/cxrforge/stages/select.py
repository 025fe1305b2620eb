"""Select: which radiograph represents a study, what comes along, and whether the study is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.outcomes import record_selection
from cxrforge.imaging.selection import select
from cxrforge.records import ImageFacts, Issue, from_plain
from cxrforge.stages.stage import DONE, REVIEW, Item, Stage, StageResult, Tools, conclude

_IMAGE_STAGES = ("screen", "deidentify-image", "examine-image")
_REPORT_STAGES = ("deidentify-report", "label")


def work(item: Item, tools: Tools) -> StageResult:
    """Decide on one study from the outcomes of all stages on it and on its images."""
    images: Mapping[str, Any] = item.facts["images"]
    good = {i: entry for i, entry in images.items() if _state(entry["outcomes"], _IMAGE_STAGES)}
    selection = select([(i, from_plain(ImageFacts, good[i]["facts"])) for i in sorted(good)])
    laterals = sorted(selection.laterals)
    issues = []
    if selection.primary is None:
        issues.append(Issue("study-without-pa"))
    report = _state(item.facts["report"], _REPORT_STAGES)
    if not item.facts["paired"]:
        issues.append(Issue("study-without-report"))
    elif report is None:
        issues.append(Issue("study-report-unfinished"))
    if not issues:
        taken = [selection.primary, *laterals]
        waiting = [i for i in taken if _state(images[i]["outcomes"], _IMAGE_STAGES) == REVIEW]
        if waiting:
            issues.append(Issue("study-images-wait", f"{len(waiting)} of {len(taken)} images"))
        if report == REVIEW:
            issues.append(Issue("study-report-waits"))
    payload = {"primary": selection.primary, "laterals": laterals, "waiting": [i.code for i in issues]}
    return conclude(item, payload, tuple(issues))


def _state(outcomes: Mapping[str, str], stages: tuple[str, ...]) -> str | None:
    """Return done or review when every stage let the item go on, else None."""
    states = [outcomes.get(stage) for stage in stages]
    if not all(state in (DONE, REVIEW) for state in states):
        return None
    return REVIEW if REVIEW in states else DONE


def record(connection: sa.Connection, results: list[StageResult]) -> None:
    """Write states and roles."""
    accepted = {DONE: "accepted", REVIEW: "review"}
    record_selection(
        connection,
        {
            r.entity: {
                "state": accepted.get(r.state, "turned-away"),
                "primary": r.payload.get("primary"),
                "laterals": r.payload.get("laterals", ()),
            }
            for r in results
        },
    )


STAGE = Stage(
    name="select",
    version="1",
    kind="study",
    title="Select studies",
    work=work,
    gathers=True,
    record=record,
)
