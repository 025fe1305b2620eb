"""Numbers as a person reads them."""

from __future__ import annotations

import re

from cxrforge.records import CriterionState
from cxrforge.tables import indication_words


def number(value: float) -> str:
    """Return `value` with thousands separated."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,g}"


def count(value: float, one: str, many: str) -> str:
    """Return `value` with its noun, or its noun and verb, in the right number."""
    return f"{number(value)} {one if value == 1 else many}"


def percent(share: float) -> str:
    """Return a share in per cent, two decimals at most, and never 100 % for less than all."""
    value = share * 100
    if 99.99 < value < 100:
        value = 99.99
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{text}\N{NO-BREAK SPACE}%"


def size(amount: int) -> str:
    """Return a number of bytes in the unit that fits it."""
    value, unit = float(amount), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:.1f} {unit}"


_LEADING = re.compile(r"\d+")
_SEXES = {"F": "female", "M": "male", "O": "other"}


def category_word(aggregate: str, category: str) -> str:
    """Return a category of an aggregate as people read it: decade 60 as 60–69, sex F as female."""
    if aggregate == "age_decade" and category.isdigit():
        return f"{category}–{int(category) + 9}"
    if aggregate == "indication":
        return indication_words.INDICATIONS.get(category, category)
    return _SEXES.get(category, category) if aggregate == "sex" else category


def category_order(category: str) -> tuple[bool, int, str]:
    """Return what categories are sorted by: numbers by their size, then words."""
    leading = _LEADING.match(category)
    return leading is None, int(leading[0]) if leading else 0, category


def state_value(state: CriterionState) -> tuple[str, str]:
    """Return a criterion's value and threshold in words."""
    form = number if state.unit and not state.unit.startswith("share") else percent
    value = "not done yet" if state.value is None else form(state.value)
    if state.threshold is None:
        return value, "–"
    sign = "≤" if state.relation == "at-most" else "≥"
    every = state.threshold == 1 and form is percent
    return value, percent(1.0) if every else f"{sign}\N{NO-BREAK SPACE}{form(state.threshold)}"


def shortfall(state: CriterionState) -> str:
    """Return what a criterion is short of, with its noun in the right number; a dash when nothing is missing."""
    plural = state.short_unit
    singular = plural.removesuffix("ies") + "y" if plural.endswith("ies") else plural.removesuffix("s")
    return count(state.short_by, singular, plural) if state.short_by else "–"
