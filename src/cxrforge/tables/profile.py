"""PS3.15 Table E.1-1: what happens to each attribute under the Basic Profile and its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_text

EDITION = "2024e"
ROWS = 621
ACTIONS = frozenset({"X", "Z", "D", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*"})
PATTERNS = {"50xx,xxxx": "curve", "60xx,3000": "overlay-data", "60xx,4000": "overlay-comments", "private": "private"}
"""Rows for repeating groups and for private attributes, by the name under which `Profile` keeps them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the action of the Basic Profile, and for some options K (keep) or C (clean)."""

    tag: str
    name: str
    basic: str
    options: Mapping[str, str]

    def __reduce__(self) -> tuple[object, ...]:
        return (_row, (self.tag, self.name, self.basic, dict(self.options)))


def _row(tag: str, name: str, basic: str, options: Mapping[str, str]) -> Row:
    return Row(tag, name, basic, MappingProxyType(dict(options)))


@dataclass(frozen=True, slots=True)
class Profile:
    """The whole table: rows by tag number, rows by pattern, and the options it has columns for."""

    edition: str
    rows: Mapping[int, Row]
    patterns: Mapping[str, Row]
    options: tuple[str, ...]


@cache
def load() -> Profile:
    """Return Table E.1-1."""
    lines = [line for line in read_text("profile.tsv").splitlines() if line and not line.startswith("#")]
    header = lines[0].split("\t")
    options = tuple(header[3:])
    if header[:3] != ["tag", "name", "basic"] or len(options) != 10:
        raise TableError("columns are not those of Table E.1-1", where="profile.tsv")
    rows: dict[int, Row] = {}
    patterns: dict[str, Row] = {}
    for line in lines[1:]:
        tag, name, basic, *cells = line.split("\t")
        if basic not in ACTIONS or len(cells) != len(options) or set(cells) - {"", "K", "C"}:
            raise TableError(f"row {tag} is malformed", where="profile.tsv")
        row = _row(tag, name, basic, {o: c for o, c in zip(options, cells, strict=True) if c})
        if tag in PATTERNS:
            patterns[PATTERNS[tag]] = row
        else:
            rows[int(tag.replace(",", ""), 16)] = row
    if len(rows) + len(patterns) != ROWS or len(patterns) != len(PATTERNS):
        raise TableError(
            "rows are missing", where="profile.tsv", expected=str(ROWS), found=str(len(rows) + len(patterns))
        )
    return Profile(EDITION, MappingProxyType(rows), MappingProxyType(patterns), options)
