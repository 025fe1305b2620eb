"""The one pass over an image: everything that is measured shares one display image, one thumbnail, one set of masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrforge.imaging.boxes import Proposal, propose_boxes
from cxrforge.imaging.depth import Depth, effective_bits, judge_depth
from cxrforge.imaging.quality import MEASURES, UNMEASURED, Measure, judge_quality
from cxrforge.imaging.screening import ScreeningThresholds, screen
from cxrforge.imaging.segmentation import PARTS, Anatomy, cardiothoracic_ratio, segment
from cxrforge.imaging.traces import Traces, find_traces, judge_traces
from cxrforge.imaging.view import ImageView, judge_view
from cxrforge.records import Box, ImageFacts, Issue

QUALITY = MEASURES
ANATOMY = tuple(PARTS)

SURE_LATERAL = 0.9
SURE_TURNED = 0.9
SURE_MIRRORED = 0.97
SURE_AP = 0.995
"""Shares above which the image's own word counts; below them it is a hint that only lowers the confidence."""


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
    masks: Anatomy | None = field(default=None, compare=False, repr=False)  # what the sheet draws; not written

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
    if stored.ndim != 2:
        stored = np.rint(shown * 255).astype(np.uint8)
    depth = effective_bits(stored)
    issues = [*screen(facts, thresholds, has_header=has_header)]
    issues += judge_depth(depth, facts.bits_stored, thresholds.min_bits_stored)
    found = find_traces(stored)
    if not (facts.lossy and (found.blocks or found.at_eighth)):  # what the header owns up to is told once
        issues += judge_traces(found)
    authenticity = _authenticity(depth, found, facts)
    if depth.blank or min(stored.shape) < SMALLEST:
        return replace(without_image(facts, *issues), authenticity=authenticity)
    seen = judge_view(shown)
    view, confidence = _view(seen, facts)
    issues += _view_issues(seen, facts)
    upright = not seen.turned or seen.turned_share < SURE_TURNED
    anatomy = segment(shown) if upright and not seen.lateral else None
    if anatomy and not anatomy.trusted:
        issues.append(Issue("image-anatomy-doubtful", "; ".join(anatomy.doubts)))
    ratio = cardiothoracic_ratio(anatomy.lungs(), anatomy.mask("heart")) if anatomy and anatomy.trusted else None
    return Inspection(
        view=view,
        view_confidence=confidence,
        view_header=facts.view,
        cardiothoracic_ratio=ratio,
        quality=judge_quality(anatomy, shown, replace(facts, view=view)) if anatomy else UNMEASURED,
        anatomy=_boxes(anatomy),
        authenticity=authenticity,
        boxes=propose_boxes(anatomy, ratio) if anatomy else (),
        issues=tuple(issues),
        masks=anatomy,
    )


SMALLEST = 64
"""Pixels a side below which nothing can be told of an image."""


def without_image(facts: ImageFacts | None, *issues: Issue) -> Inspection:
    """Return the inspection of an image that cannot be seen."""
    return Inspection(
        view=None,
        view_confidence=None,
        view_header=facts.view if facts else None,
        cardiothoracic_ratio=None,
        quality=UNMEASURED,
        anatomy=_boxes(None),
        authenticity=MappingProxyType({}),
        boxes=(),
        issues=issues,
    )


def _view(seen: ImageView, facts: ImageFacts) -> tuple[str, float]:
    """Return the view and how sure it is: the image decides frontal or lateral, the header PA or AP.

    Where no header says which frontal view it is, the likelier one stands, with the share the image gives it.
    """
    if seen.lateral:
        return "LATERAL", seen.lateral_share * seen.turned_share
    if facts.view in ("PA", "AP", "OTHER"):
        return facts.view, seen.lateral_share * seen.turned_share
    ap = seen.ap_share > 0.5
    return ("AP" if ap else "PA"), seen.lateral_share * max(seen.ap_share, 1 - seen.ap_share)


def _view_issues(seen: ImageView, facts: ImageFacts) -> list[Issue]:
    found = []
    if seen.turned and seen.turned_share >= SURE_TURNED:
        found.append(Issue("image-rotated", f"by {seen.turned} degrees clockwise, share {seen.turned_share:.2f}"))
    if facts.view in ("PA", "AP") and seen.lateral and seen.lateral_share >= SURE_LATERAL:
        found.append(Issue("image-view-contradiction", "header frontal, image lateral"))
    if facts.view == "LATERAL" and not seen.lateral and seen.lateral_share >= SURE_LATERAL:
        found.append(Issue("image-view-contradiction", "header lateral, image frontal"))
    if seen.mirrored and not seen.turned and seen.mirrored_share >= SURE_MIRRORED:
        found.append(Issue("image-mirrored", f"share {seen.mirrored_share:.2f}"))
    if facts.view == "PA" and not seen.lateral and seen.ap_share >= SURE_AP:
        found.append(Issue("image-view-ap-suspected", f"share {seen.ap_share:.3f}"))
    return found


def _boxes(anatomy: Anatomy | None) -> Mapping[str, Box | None]:
    return MappingProxyType({part: anatomy.box(part) if anatomy else None for part in ANATOMY})


def _authenticity(depth: Depth, found: Traces, facts: ImageFacts) -> Mapping[str, float | bool | None]:
    return MappingProxyType(
        {
            "bits_stored": facts.bits_stored,
            "effective_bits": depth.bits,
            "grey_levels": depth.levels,
            "comb_period": depth.comb_period,
            "upsampled": found.enlarged,
            "interpolation_beat": found.beat,
            "spectrum_rolloff": found.rolloff,
            "jpeg_history": found.blocks,
            "jpeg_grid": found.grid,
            "lossy": facts.lossy,
        }
    )


def _rounded(value: float | bool | None) -> float | bool | None:
    return round(value, 4) if isinstance(value, float) else value
