"""Screen: what the header says of an image, held against what the dataset asks for."""

from __future__ import annotations

from cxrforge.config import Settings
from cxrforge.imaging.screening import ScreeningThresholds, screen
from cxrforge.records import ImageFacts, from_plain
from cxrforge.stages.stage import Item, Stage, StageResult, Tools, conclude
from cxrforge.tables import criteria


def work(item: Item, tools: Tools) -> StageResult:
    """Judge one image by its header facts alone; no file is read."""
    issues = screen(from_plain(ImageFacts, item.facts["facts"]), screening_thresholds(tools.settings))
    return conclude(item, {}, issues)


def screening_thresholds(settings: Settings) -> ScreeningThresholds:
    """Return what the workspace's criteria ask of an image."""
    thresholds = criteria.resolve_thresholds(settings.criteria)
    pixels, bits = int(thresholds["matrix.pixels"]), int(thresholds["depth.bits"])
    return ScreeningThresholds(min_rows=pixels, min_columns=pixels, min_bits_stored=bits)


STAGE = Stage(
    name="screen",
    version="1",
    kind="image",
    title="Screen headers",
    work=work,
    light=True,
    settings=("criteria",),
)
