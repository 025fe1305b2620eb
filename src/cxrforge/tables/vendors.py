"""Manufacturers by the name under which they are counted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.words import fold, has_phrase

OTHER = "Other"
"""What an unknown manufacturer counts as; the raw string never goes further."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """One manufacturer: `words` begin its header value, `anywhere` may stand inside it (both folded)."""

    name: str
    words: tuple[str, ...]
    anywhere: tuple[str, ...] = ()


@cache
def load() -> tuple[Vendor, ...]:
    """Return every vendor in the order in which they are tried."""
    rows = read_toml("vendors.toml").get("vendor", [])
    vendors = []
    for row in rows:
        try:
            vendor = Vendor(row["name"], tuple(row["words"]), tuple(row.get("anywhere", ())))
        except (KeyError, TypeError) as error:
            raise TableError(f"a vendor is incomplete: {error}", where="vendors.toml") from error
        if not vendor.words or any(word != fold(word) for word in (*vendor.words, *vendor.anywhere)):
            raise TableError("a vendor's words are empty or not folded", where="vendors.toml", found=vendor.name)
        vendors.append(vendor)
    if not vendors:
        raise TableError("no vendors", where="vendors.toml")
    return tuple(vendors)


def normalise(manufacturer: str) -> str | None:
    """Return the vendor of (0008,0070) Manufacturer, `Other` where no row knows it, None where it is blank."""
    folded = fold(manufacturer)
    if not folded:
        return None
    for vendor in load():
        if any(
            f"{folded} ".startswith(f"{word} ") or (len(word) > 4 and folded.startswith(word)) for word in vendor.words
        ):
            return vendor.name
    for vendor in load():
        if any(has_phrase(folded, word) for word in vendor.anywhere):
            return vendor.name
    return OTHER
