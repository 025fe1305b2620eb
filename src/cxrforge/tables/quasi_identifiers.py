"""Words of quasi-identifiers: cues of occupations, and peoples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml


@dataclass(frozen=True, slots=True)
class QuasiIdentifiers:
    """Plain phrases before an occupation, and plain beginnings of the names of peoples."""

    occupation_cues: tuple[str, ...]
    peoples: tuple[str, ...]


@cache
def load() -> QuasiIdentifiers:
    """Return the table; raise `TableError` when it is thin."""
    rows = read_toml("quasi_identifiers.toml")
    if len(rows.get("occupation_cues", ())) < 20 or len(rows.get("peoples", ())) < 50:
        raise TableError("table is incomplete", where="quasi_identifiers.toml")
    return QuasiIdentifiers(tuple(rows["occupation_cues"]), tuple(rows["peoples"]))
