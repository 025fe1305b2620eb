"""Limits between pass, review and fail for each quality measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

_OPEN = {"low": float("-inf"), "high": float("inf")}


@dataclass(frozen=True, slots=True)
class Limits:
    """A value passes within `pass_low` to `pass_high` and fails outside `fail_low` to `fail_high`."""

    meaning: str
    pass_low: float
    pass_high: float
    fail_low: float
    fail_high: float

    def verdict(self, value: float) -> str:
        """Return `pass`, `review` or `fail`."""
        if self.pass_low <= value <= self.pass_high:
            return "pass"
        return "review" if self.fail_low <= value <= self.fail_high else "fail"


@cache
def load() -> Mapping[str, Limits]:
    """Return the limits of every measure by its name."""
    rows = {}
    for name, row in read_toml("quality.toml").items():
        try:
            inner, outer = _OPEN | row["pass"], _OPEN | row.get("fail", {})
            limits = Limits(
                row["meaning"], float(inner["low"]), float(inner["high"]), float(outer["low"]), float(outer["high"])
            )
        except (KeyError, TypeError, ValueError) as error:
            raise TableError(f"measure {name} is incomplete: {error}", where="quality.toml") from error
        if not limits.fail_low <= limits.pass_low <= limits.pass_high <= limits.fail_high:
            raise TableError(f"limits of {name} are out of order", where="quality.toml")
        rows[name] = limits
    if not rows:
        raise TableError("no measures", where="quality.toml")
    return MappingProxyType(rows)
