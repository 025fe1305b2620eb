"""Short and pet forms of given names in eight languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.report_words import plain


@cache
def load() -> Mapping[str, frozenset[str]]:
    """Return, for each plain name, the other names that can stand for it."""
    groups = read_toml("nicknames.toml").get("groups", [])
    if len(groups) < 100:
        raise TableError("table has fewer than 100 groups", where="nicknames.toml")
    found: dict[str, set[str]] = {}
    for group in groups:
        names = [plain(n) for n in group.split()]
        for name in names:
            found.setdefault(name, set()).update(n for n in names if n != name)
    return MappingProxyType({name: frozenset(others) for name, others in found.items()})
