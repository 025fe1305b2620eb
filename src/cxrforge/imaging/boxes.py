"""Boxes proposed for Cardiomegaly; a proposal is no annotation until a person confirms it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cxrforge.imaging.segmentation import Anatomy
from cxrforge.records import Box

ENLARGED = 0.5
"""Cardiothoracic ratio above which the heart of an erect adult on a PA image counts as enlarged (Danzer 1919)."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A box that a person still has to confirm; `score` in 0..1."""

    category: str
    box: Box
    score: float


def propose_boxes(
    anatomy: Anatomy, ratio: float | None, positives: Collection[str] | None = None
) -> tuple[Proposal, ...]:
    """Propose the heart's box where the ratio says that it is enlarged.

    `positives` are the observations that the report calls present; None where there is no report. A report that does
    not mention the heart's size rules a box out; without a report the score is halved.
    """
    box = anatomy.heart_box()
    if box is None or ratio is None or ratio <= ENLARGED:
        return ()
    if positives is not None and "Cardiomegaly" not in positives:
        return ()
    score = min(1.0, 0.5 + (ratio - ENLARGED) * 5) * anatomy.sureness
    return (Proposal("Cardiomegaly", box, score if positives is not None else score / 2),)
