"""Capitalised words that name no person: endings of medical terms and medicines, countries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.report_words import plain


@dataclass(frozen=True, slots=True)
class TermShapes:
    """Plain endings and plain country names."""

    endings: tuple[str, ...]
    countries: frozenset[str]

    def is_term(self, word: str) -> bool:
        """Tell whether a plain word ends as terms do, or is a country."""
        return word in self.countries or (len(word) > 5 and word.endswith(self.endings))


@cache
def load() -> TermShapes:
    """Return the table; raise `TableError` when it is thin."""
    rows = read_toml("term_shapes.toml")
    if len(rows.get("endings", ())) < 50 or len(rows.get("countries", ())) < 100:
        raise TableError("table is incomplete", where="term_shapes.toml")
    return TermShapes(tuple(rows["endings"]), frozenset(plain(c) for c in rows["countries"]))
