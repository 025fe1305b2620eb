"""Which PA radiograph represents a study, and which laterals come along.

Only exposures count (kind `primary`): what is for processing, derived, captured or computed is left out with its
reason. Among PA exposures the first in this order represents the study: meant FOR PRESENTATION, then not said, then
FOR PROCESSING; original before derived (Image Type value 1); uncontradicted view before contradicted; largest matrix;
most bits stored; lowest instance number; identifier. Every lateral exposure of the encounter comes along in the same
order. Other exposures are kept apart with a mark: `repeat`, `ap`, `other-view` or `view-unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxrforge.records import ImageFacts, Issue

_MARKS = {"PA": "repeat", "AP": "ap", "OTHER": "other-view", None: "view-unknown"}


@dataclass(frozen=True, slots=True)
class Selection:
    """Identifiers of one study's images by what becomes of them; every image stands in exactly one place."""

    primary: str | None
    laterals: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()  # (identifier, mark)
    left_out: tuple[tuple[str, Issue], ...] = ()
    issues: tuple[Issue, ...] = ()  # of the study as a whole


def select(images: Sequence[tuple[str, ImageFacts]]) -> Selection:
    """Sort one encounter's images into primary, laterals, others and left out, whatever their order."""
    ranked = sorted(images, key=lambda pair: _rank(*pair))
    exposures = [(name, facts) for name, facts in ranked if facts.kind == "primary"]
    primary = next((name for name, facts in exposures if facts.view == "PA"), None)
    laterals = tuple(name for name, facts in exposures if facts.view == "LATERAL")
    others = tuple(
        (name, _MARKS[facts.view]) for name, facts in exposures if name != primary and facts.view != "LATERAL"
    )
    return Selection(
        primary=primary,
        laterals=laterals,
        others=others,
        left_out=tuple((name, Issue(f"image-{facts.kind}")) for name, facts in ranked if facts.kind != "primary"),
        issues=() if primary else (_why_none(others),),
    )


def _why_none(others: tuple[tuple[str, str], ...]) -> Issue:
    undecided = sum(mark == "view-unknown" for _, mark in others)
    if undecided:
        return Issue("study-view-undecided", f"{undecided} of {len(others)} candidates without a view")
    return Issue("study-no-pa")


def _rank(name: str, facts: ImageFacts) -> tuple[object, ...]:
    intent = {"FOR PRESENTATION": 0, None: 1, "FOR PROCESSING": 2}.get(facts.presentation_intent, 3)
    return (
        intent,
        facts.image_type[:1] != ("ORIGINAL",),
        bool(facts.view_contradicted_by),
        -facts.rows * facts.columns,
        -facts.bits_stored,
        facts.instance_number if facts.instance_number is not None else 1 << 31,
        name,
    )
