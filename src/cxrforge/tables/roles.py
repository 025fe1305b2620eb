"""The reading room's roles and what each may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml


@dataclass(frozen=True, slots=True)
class Role:
    """One row."""

    name: str
    meaning: str
    actions: frozenset[str]


@cache
def load() -> Mapping[str, Role]:
    """Return every role, by name; each action must be described, and each described one be allowed to somebody."""
    table = read_toml("roles.toml")
    try:
        known = set(table["actions"])
        rows = {name: Role(name, row["meaning"], frozenset(row["actions"])) for name, row in table["roles"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise TableError(f"the table of roles is incomplete: {error}", where="roles.toml") from error
    used = {action for row in rows.values() for action in row.actions}
    if not rows or used != known:
        odd = ", ".join(sorted(used ^ known)) or "no roles"
        raise TableError("roles and actions do not fit each other", where="roles.toml", found=odd)
    return MappingProxyType(rows)
