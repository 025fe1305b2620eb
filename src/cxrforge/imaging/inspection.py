"""The one pass over an image: everything that is measured shares one display image, one thumbnail, one set of masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrforge.imaging.depth import Depth, effective_bits, judge_depth
from cxrforge.imaging.screening import ScreeningThresholds, screen
from cxrforge.records import Box, ImageFacts, Issue

QUALITY = ("inspiration", "rotation", "collimation", "motion", "exposure")
ANATOMY = ("right_lung", "left_lung", "heart")


@dataclass(frozen=True, slots=True)
class Measure:
    """One quality value with its verdict (`pass`, `review`, `fail`) and why; a value never measured is None, review."""

    value: float | None
    verdict: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A box that a person still has to confirm; `score` in 0..1."""

    category: str
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one look at an image found. `anatomy` boxes are in stored pixels, None where not trusted."""

    view: str | None
    view_confidence: float | None
    view_header: str | None
    cardiothoracic_ratio: float | None
    quality: Mapping[str, Measure]
    anatomy: Mapping[str, Box | None]
    authenticity: Mapping[str, float | bool | None]
    boxes: tuple[Proposal, ...]
    issues: tuple[Issue, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the line that `cxrforge inspect` writes, without its path."""
        return {
            "view": self.view,
            "view_confidence": _rounded(self.view_confidence),
            "view_header": self.view_header,
            "cardiothoracic_ratio": _rounded(self.cardiothoracic_ratio),
            "quality": {
                name: {
                    "value": _rounded(measure.value),
                    "verdict": measure.verdict,
                    "explanation": measure.explanation,
                }
                for name, measure in self.quality.items()
            },
            "anatomy": {name: list(box) if box else None for name, box in self.anatomy.items()},
            "authenticity": {name: _rounded(value) for name, value in self.authenticity.items()},
            "boxes": [
                {"category": found.category, "bbox": list(found.box), "score": _rounded(found.score)}
                for found in self.boxes
            ],
            "issues": [{"code": issue.code, "detail": issue.detail} for issue in self.issues],
        }


def inspect_image(
    stored: NDArray[Any],
    shown: NDArray[np.float32],
    facts: ImageFacts,
    thresholds: ScreeningThresholds = ScreeningThresholds(),
    *,
    has_header: bool = True,
) -> Inspection:
    """Inspect one frame: stored values and display values `(rows, columns)`, the latter 0..1 and bright where dense.

    Without a header (PNG, JPEG) only what the file itself shows is screened.
    """
    depth = effective_bits(stored)
    issues = (
        *screen(facts, thresholds, has_header=has_header),
        *judge_depth(depth, facts.bits_stored, thresholds.min_bits_stored),
    )
    return Inspection(
        view=facts.view,
        view_confidence=None,
        view_header=facts.view,
        cardiothoracic_ratio=None,
        quality=MappingProxyType(dict.fromkeys(QUALITY, NOT_MEASURED)),
        anatomy=MappingProxyType(dict.fromkeys(ANATOMY)),
        authenticity=MappingProxyType(_authenticity(depth, facts)),
        boxes=(),
        issues=issues,
    )


NOT_MEASURED = Measure(None, "review", "not measured on this image")


def without_image(facts: ImageFacts | None, *issues: Issue) -> Inspection:
    """Return the inspection of an image that cannot be seen."""
    return Inspection(
        view=None,
        view_confidence=None,
        view_header=facts.view if facts else None,
        cardiothoracic_ratio=None,
        quality=MappingProxyType(dict.fromkeys(QUALITY, NOT_MEASURED)),
        anatomy=MappingProxyType(dict.fromkeys(ANATOMY)),
        authenticity=MappingProxyType({}),
        boxes=(),
        issues=issues,
    )


def _authenticity(depth: Depth, facts: ImageFacts) -> dict[str, float | bool | None]:
    return {
        "bits_stored": facts.bits_stored,
        "effective_bits": depth.bits,
        "grey_levels": depth.levels,
        "comb_period": depth.comb_period,
        "lossy": facts.lossy,
    }


def _rounded(value: float | bool | None) -> float | bool | None:
    return round(value, 4) if isinstance(value, float) else value
