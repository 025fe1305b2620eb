"""Screen: what the header says of an image, held against what the dataset asks for."""

from __future__ import annotations

from cxrforge.imaging.screening import ScreeningThresholds, screen
from cxrforge.records import ImageFacts, from_plain
from cxrforge.stages.stage import Item, Stage, StageResult, Tools, conclude
from cxrforge.tables import criteria


def work(item: Item, tools: Tools) -> StageResult:
    """Judge one image by its header facts alone; no file is read."""
    thresholds = criteria.resolve_thresholds(tools.settings.criteria)
    pixels = int(thresholds["matrix.pixels"])
    wanted = ScreeningThresholds(min_rows=pixels, min_columns=pixels, min_bits_stored=int(thresholds["depth.bits"]))
    issues = screen(from_plain(ImageFacts, item.facts["facts"]), wanted)
    return conclude(item, {}, issues)


STAGE = Stage(
    name="screen",
    version="1",
    kind="image",
    title="Screen headers",
    work=work,
    settings=("criteria",),
)
