"""Words that tell a derivative from the exposure itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.words import fold

KINDS = ("cad", "bone-suppressed", "dual-energy", "derived")


@dataclass(frozen=True, slots=True)
class Derivative:
    """One kind: folded words of descriptions, and values of (0008,0008) Image Type."""

    kind: str
    description: tuple[str, ...]
    image_type: frozenset[str]


@cache
def load() -> tuple[Derivative, ...]:
    """Return the kinds in the order in which they are tried."""
    raw = read_toml("derivatives.toml")
    if tuple(raw) != KINDS:
        raise TableError("kinds differ", where="derivatives.toml", expected=str(KINDS), found=str(tuple(raw)))
    rows = tuple(
        Derivative(kind, tuple(row.get("description", ())), frozenset(row.get("image-type", ())))
        for kind, row in raw.items()
    )
    for row in rows:
        if not row.description or not row.image_type or any(word != fold(word) for word in row.description):
            raise TableError("a kind is empty or its words are not folded", where="derivatives.toml", found=row.kind)
    return rows
