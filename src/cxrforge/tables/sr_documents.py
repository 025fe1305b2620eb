"""Which DICOM structured reports hold a radiology report, and what their coded concept names stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

LANGUAGE = "DCM:121049"
"""Concept name of the modifier that tells a document's language (PS3.16 TID 1204)."""
_NEEDED = ("FINDINGS", "IMPRESSION", "INDICATION", "TECHNIQUE", "COMPARISON", "ADDENDUM")


@dataclass(frozen=True, slots=True)
class SrDocuments:
    """SOP classes to their names, codes (`scheme:value`) to headings, and codes of observation context to keywords."""

    classes: Mapping[str, str]
    encapsulated: Mapping[str, str]
    headings: Mapping[str, str]
    context: Mapping[str, str]


@cache
def load() -> SrDocuments:
    """Return the table; raise `TableError` where a part is missing or a code stands for two headings."""
    table = read_toml("sr_documents.toml")
    try:
        rows = [(code, heading) for heading, codes in table["headings"].items() for code in codes]
        parts = [MappingProxyType(dict(table[name])) for name in ("classes", "encapsulated", "context")]
    except (KeyError, TypeError, AttributeError) as error:
        raise TableError(f"a part is missing: {error}", where="sr_documents.toml") from error
    if len({code for code, _ in rows}) != len(rows) or not all(parts):
        raise TableError("a part is empty, or a code stands for two headings", where="sr_documents.toml")
    if set(_NEEDED) - set(table["headings"]):
        raise TableError("a section has no code", where="sr_documents.toml")
    return SrDocuments(parts[0], parts[1], MappingProxyType(dict(rows)), parts[2])
