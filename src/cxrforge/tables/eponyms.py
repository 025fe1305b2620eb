"""Names that are signs, diseases, scores and devices, and the words beside a name that make it one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.report_words import plain


@dataclass(frozen=True, slots=True)
class Eponyms:
    """Plain eponyms and plain beginnings of the words that stand beside them."""

    names: frozenset[str]
    beside: tuple[str, ...]

    def makes_eponym(self, word: str) -> bool:
        """Tell whether a plain word beside a name makes an eponym of it (catheter, sign, disease …)."""
        return word.startswith(self.beside)


@cache
def load() -> Eponyms:
    """Return the table; raise `TableError` when it is thin."""
    rows = read_toml("eponyms.toml")
    if len(rows.get("names", ())) < 100 or len(rows.get("beside", ())) < 30:
        raise TableError("table is incomplete", where="eponyms.toml")
    return Eponyms(frozenset(plain(n) for n in rows["names"]), tuple(rows["beside"]))
