"""Select: which radiograph represents a study, what comes along, and whether the study is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.outcomes import (
    gathered_inputs,
    item_facts,
    outcome_state,
    record_outcomes,
    record_selection,
)
from cxrforge.imaging.selection import select
from cxrforge.records import ImageFacts, Issue, from_plain
from cxrforge.stages.stage import DONE, REVIEW, Item, Stage, StageResult, Tools, conclude
from cxrforge.tables import issue_codes

_IMAGE_STAGES = ("screen", "deidentify-image", "examine-image")
_REPORT_STAGES = ("deidentify-report", "label")


def work(item: Item, tools: Tools) -> StageResult:
    """Decide on one study from the outcomes of all stages on it and on its images."""
    images: Mapping[str, Any] = item.facts["images"]
    out: Mapping[str, str] = item.facts["out"]
    good = {i: entry for i, entry in images.items() if i not in out and _state(entry["outcomes"], _IMAGE_STAGES)}
    selection = select([(i, from_plain(ImageFacts, good[i]["facts"])) for i in sorted(good)])
    laterals = sorted(selection.laterals)
    if item.facts["stopped"]:
        return conclude(item, {"primary": None, "laterals": [], "left_out": {}}, (Issue("study-stopped"),))
    issues = list(selection.issues)
    if item.entity in out:
        issues.append(Issue(out[item.entity]))
    report = _state(item.facts["report"], _REPORT_STAGES)
    if report is None:
        issues.append(Issue("study-report-unfinished"))
    if not issues:
        taken = [i for i in (selection.primary, *laterals) if i]
        waiting = [i for i in taken if _state(images[i]["outcomes"], _IMAGE_STAGES) == REVIEW]
        if waiting:
            issues.append(Issue("study-images-wait", f"{len(waiting)} of {len(taken)} images"))
        if report == REVIEW:
            issues.append(Issue("study-report-waits"))
    left_out = {name: [issue.code, issue.detail] for name, issue in selection.left_out}
    left_out |= {name: ["image-not-chosen", mark] for name, mark in selection.others}
    left_out |= {name: [code, ""] for name, code in out.items() if name in images}
    return conclude(item, {"primary": selection.primary, "laterals": laterals, "left_out": left_out}, tuple(issues))


def _state(outcomes: Mapping[str, str], stages: tuple[str, ...]) -> str | None:
    """Return done or review when every stage let the item go on, else None."""
    states = [outcomes.get(stage) for stage in stages]
    if not all(state in (DONE, REVIEW) for state in states):
        return None
    return REVIEW if REVIEW in states else DONE


def record(connection: sa.Connection, results: list[StageResult]) -> None:
    """Write states and roles."""
    accepted = {DONE: "accepted", REVIEW: "review"}
    codes = issue_codes.load()
    rows = {}
    for r in results:
        left_out = r.payload.get("left_out", {})
        rows[r.entity] = {
            "site": r.site,
            "state": accepted.get(r.state, "turned-away"),
            "primary": r.payload.get("primary"),
            "laterals": r.payload.get("laterals", ()),
            "left_out": {name: (code, codes[code].level.value, detail) for name, (code, detail) in left_out.items()},
        }
    record_selection(connection, rows)


def reselect(connection: sa.Connection, studies: Sequence[str], tools: Tools) -> None:
    """Select some studies anew after a decision; those never selected wait for their run.

    The rows are what the runner would write, so that a run afterwards finds nothing to do.
    """
    codes = issue_codes.load()
    inputs = [row for row in gathered_inputs(connection, studies) if outcome_state(connection, STAGE.name, row[0])]
    facts = item_facts(connection, STAGE.kind, STAGE.after, STAGE.gathers, [row[0] for row in inputs])
    results = [work(Item(entity, site, digest, facts[entity]), tools) for entity, site, digest in inputs]
    rows = [
        {"entity": r.entity, "site": r.site, "input_hash": r.input_hash, "state": r.state}
        | {"output_hash": r.output_hash, "payload": dict(r.payload)}
        | {"issues": sorted((i.code, codes[i.code].level.value, i.detail) for i in r.issues)}
        for r in results
    ]
    digest = tools.settings.digest(STAGE.settings)
    record_outcomes(connection, STAGE.name, STAGE.kind, version=STAGE.version, config_hash=digest, rows=rows, later=())
    record(connection, results)


STAGE = Stage(
    name="select",
    version="1",
    kind="study",
    title="Select studies",
    work=work,
    light=True,
    gathers=True,
    record=record,
)
