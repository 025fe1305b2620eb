"""The acceptance criteria: what the dataset must be, by how much, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from cxrforge.errors import ConfigError, TableError
from cxrforge.tables.files import read_toml

CRITERIA: tuple[str, ...] = (
    "volume",
    "view-primary",
    "view-lateral",
    "matrix",
    "depth",
    "header-deid",
    "pixel-deid",
    "phi-audit",
    "report-sections",
    "report-deid",
    "labels",
    "label-audit",
    "quality",
    "boxes",
    "years",
    "vendors",
    "demographics",
    "paediatric",
    "governance",
    "consent",
    "release-class",
    "duplicates",
)
"""Every criterion's id, in the order in which they are shown."""

_SOURCE = "criteria.toml"


class CriterionLevel(StrEnum):
    """What a shortfall does to a release."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"


class Relation(StrEnum):
    """How a value meets its threshold."""

    AT_LEAST = "at-least"
    AT_MOST = "at-most"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of a criterion; `gates` is false where a share counts by it or it is reported only."""

    value: float
    unit: str
    relation: Relation
    meaning: str
    gates: bool = True


@dataclass(frozen=True, slots=True)
class Criterion:
    """One row of the acceptance table; `level_final` is the level for the final release."""

    id: str
    title: str
    definition: str
    level: CriterionLevel
    level_final: CriterionLevel
    next_step: str
    thresholds: Mapping[str, Threshold]
    waivable: bool = False  # an advisory row that a role may let go for a time


@cache
def load() -> Mapping[str, Criterion]:
    """Return every criterion by id, in the order in which they are shown."""
    table = read_toml(_SOURCE)
    if set(table) != set(CRITERIA):
        raise TableError(
            "criteria are not the ones this version evaluates",
            where=_SOURCE,
            expected=", ".join(CRITERIA),
            found=", ".join(table) or "none",
        )
    return MappingProxyType({name: _criterion(name, table[name]) for name in CRITERIA})


def default_thresholds() -> dict[str, float]:
    """Return every threshold's default by `<criterion>.<name>`."""
    return {f"{c.id}.{name}": t.value for c in load().values() for name, t in c.thresholds.items()}


def resolve_thresholds(overrides: Mapping[str, Any] | None = None) -> dict[str, float]:
    """Return the defaults with `overrides`, given flat (`{"volume.studies": 300}`) or nested; refuse unknown names."""
    values = default_thresholds()
    for name, value in _flat(overrides or {}):
        if name not in values:
            raise ConfigError(
                f"no criterion has a threshold named {name}",
                expected=", ".join(values),
                next_step="Correct the name in the configuration.",
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ConfigError(f"threshold {name} cannot be used", expected="a number of 0 or more")
        values[name] = value
    return values


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _criterion(name: str, row: Mapping[str, Any]) -> Criterion:
    try:
        level = CriterionLevel(row["level"])
        criterion = Criterion(
            id=name,
            title=row["title"],
            definition=row["definition"],
            level=level,
            level_final=CriterionLevel(row.get("level_final", level)),
            next_step=row["next_step"],
            thresholds=MappingProxyType({key: _threshold(value) for key, value in row["thresholds"].items()}),
            waivable=row.get("waivable", False),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TableError(f"criterion {name} is incomplete: {error}", where=_SOURCE) from error
    if criterion.waivable and level is not CriterionLevel.ADVISORY:
        raise TableError(f"criterion {name} blocks and cannot be waived", where=_SOURCE)
    if not all((criterion.title, criterion.definition, criterion.next_step)):
        raise TableError(f"criterion {name} has an empty text", where=_SOURCE)
    return criterion


def _threshold(row: Mapping[str, Any]) -> Threshold:
    return Threshold(row["value"], row["unit"], Relation(row["relation"]), row["meaning"], row.get("gates", True))
