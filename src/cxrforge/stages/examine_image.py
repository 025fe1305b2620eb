"""Examine a de-identified image: one decode, every look at it."""

from __future__ import annotations

import base64
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.outcomes import record_columns
from cxrforge.dicom.display import display
from cxrforge.dicom.pixel_data import Undecodable, decode
from cxrforge.dicom.reading import read_object
from cxrforge.imaging.duplicates import fingerprint
from cxrforge.imaging.inspection import inspect_image
from cxrforge.imaging.screening import screen
from cxrforge.records import ImageFacts, Issue, from_plain
from cxrforge.stages.deidentify_image import image_key
from cxrforge.stages.screen import screening_thresholds
from cxrforge.stages.stage import Item, Stage, StageResult, Tools, conclude


def work(item: Item, tools: Tools) -> StageResult:
    """Inspect the object that a release would hold, not its source."""
    with tools.store.reading(image_key(item.entity)) as path:
        ds = read_object(path, defer_pixels=False)
    if isinstance(ds, Issue):
        return conclude(item, {}, (ds,))
    try:
        stored = decode(ds)
    except Undecodable as error:
        return conclude(item, {}, (error.issue,))
    facts = from_plain(ImageFacts, item.facts["facts"])
    thresholds = screening_thresholds(tools.settings)
    shown = display(ds, stored[0])
    inspection = inspect_image(stored[0], shown, facts, thresholds)
    told_before = screen(facts, thresholds)
    issues = [issue for issue in inspection.issues if issue not in told_before]
    for verdict in ("review", "fail"):
        checks = [name for name, measure in inspection.quality.items() if measure.verdict == verdict]
        if checks:
            issues.append(Issue(f"image-quality-{verdict}", ", ".join(checks)))
    payload: dict[str, Any] = {"inspection": inspection.to_json()}
    if inspection.view_confidence is not None:  # a blank image is like every other blank one
        payload["fingerprint"] = base64.b64encode(fingerprint(shown).to_bytes()).decode("ascii")
    return conclude(item, payload, tuple(issues))


def record(connection: sa.Connection, results: list[StageResult]) -> None:
    """Write what the criteria ask of the image itself."""
    rows = {r.entity: _columns(r) for r in results if "inspection" in r.payload}
    record_columns(connection, "image", rows)


def _columns(result: StageResult) -> dict[str, Any]:
    inspection = result.payload["inspection"]
    verdicts = {row["verdict"] for row in inspection["quality"].values()}
    looked = inspection["view_confidence"] is not None
    return {
        "view_confirmed": looked and inspection["view"] == inspection["view_header"],
        "depth_used": not any(issue.code in ("image-depth-effective", "image-blank") for issue in result.issues),
        "quality": next((v for v in ("fail", "review") if v in verdicts), "pass"),
    }


STAGE = Stage(
    name="examine-image",
    version="3",
    kind="image",
    title="Examine images",
    work=work,
    after="deidentify-image",
    settings=("criteria",),
    record=record,
)
