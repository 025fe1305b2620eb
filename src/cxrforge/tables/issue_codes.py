"""The coded remarks an item can get: code, level, what it means, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.records import Level
from cxrforge.tables.files import read_toml, table_path


@dataclass(frozen=True, slots=True)
class IssueCode:
    """One row: `meaning` says what is wrong, `next_step` what a person can do about it."""

    code: str
    level: Level
    meaning: str
    next_step: str


@cache
def load() -> Mapping[str, IssueCode]:
    """Return every issue code of `issues/*.toml`, by code."""
    rows: dict[str, IssueCode] = {}
    for file in sorted(f.name for f in table_path("issues").iterdir() if f.name.endswith(".toml")):
        for code, row in read_toml(f"issues/{file}").items():
            if code in rows:
                raise TableError(f"issue code {code} stands twice", where=f"issues/{file}")
            try:
                rows[code] = IssueCode(code, Level(row["level"]), row["meaning"], row["next_step"])
            except (KeyError, TypeError, ValueError) as error:
                raise TableError(f"issue code {code} is incomplete: {error}", where=f"issues/{file}") from error
    if not rows:
        raise TableError("no issue codes", where="issues/")
    return MappingProxyType(rows)
