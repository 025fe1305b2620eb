"""The pipeline: one tuple of stages, in the order they run. One file each."""

from __future__ import annotations

from cxrforge.stages import deidentify_image, deidentify_report, examine_image, label, screen, select
from cxrforge.stages.stage import Stage

STAGES: tuple[Stage, ...] = (
    screen.STAGE,
    deidentify_image.STAGE,
    examine_image.STAGE,
    deidentify_report.STAGE,
    label.STAGE,
    select.STAGE,
)
