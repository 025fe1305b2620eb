"""Numbers and short phrases as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

from cxrforge.records import SiteState


def number(value: float) -> str:
    """Return `value` with thousands separated."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,g}"


def count(value: float, one: str, many: str) -> str:
    """Return `value` with its noun, or its noun and verb, in the right number."""
    return f"{number(value)} {one if value == 1 else many}"


def be(value: float) -> str:
    """Return the verb that `value` asks for."""
    return "is" if value == 1 else "are"


def percent(share: float) -> str:
    """Return a share in per cent with as many digits as it needs, two at most: 100 %, 0.5 %, 0.37 %.

    Rounded down near the top, so that 99.999 % is never called 100 %.
    """
    value = share * 100
    if 99.99 < value < 100:
        value = 99.99
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{text} %"


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
