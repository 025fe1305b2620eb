"""What is missing, in numbers and in words."""

from __future__ import annotations

from collections.abc import Sequence

from cxrforge.formats.words import number
from cxrforge.records import SiteState


def be(value: float) -> str:
    """Return the verb that `value` asks for."""
    return "is" if value == 1 else "are"


def where(sites: Sequence[SiteState]) -> str:
    """Return how much is missing at which site, in brackets; nothing when no site is short."""
    short = [f"{number(s.short_by)} at {s.site}" for s in sites if s.short_by]
    return f" ({', '.join(short)})" if short else ""


def missing(have: int, of: int, wanted: float) -> int:
    """Return how many of `of` lack to reach the share `wanted`, forgiving what binary fractions add (0.1 * 30)."""
    return max(0, -int((-wanted * of + 1e-9) // 1) - have)


def above(have: int, of: int, allowed: float) -> int:
    """Return how many of `of` are above the share `allowed`."""
    return max(0, have - int((allowed * of + 1e-9) // 1))


def ratio(have: int, of: int) -> float | None:
    """Return a share, or None of nothing."""
    return have / of if of else None
