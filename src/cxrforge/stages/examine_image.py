"""Examine a de-identified image: one decode, every look at it."""

from __future__ import annotations

from cxrforge.dicom.display import display
from cxrforge.dicom.pixel_data import Undecodable, decode
from cxrforge.dicom.reading import read_object
from cxrforge.imaging.inspection import inspect_image
from cxrforge.records import ImageFacts, Issue, from_plain
from cxrforge.stages.deidentify_image import image_key
from cxrforge.stages.stage import Item, Stage, StageResult, Tools, conclude


def work(item: Item, tools: Tools) -> StageResult:
    """Inspect the object that a release would hold, not its source."""
    ds = read_object(tools.store.path(image_key(item.entity)))
    if isinstance(ds, Issue):
        return conclude(item, {}, (ds,))
    try:
        stored = decode(ds)
    except Undecodable as error:
        return conclude(item, {}, (error.issue,))
    inspection = inspect_image(stored[0], display(ds, stored[0]), from_plain(ImageFacts, item.facts["facts"]))
    return conclude(item, {"inspection": inspection.to_json()}, inspection.issues)


STAGE = Stage(
    name="examine-image",
    version="1",
    kind="image",
    title="Examine images",
    work=work,
    after="deidentify-image",
)
