"""The second look: known identifiers searched for in everything that leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cxrforge.identity.match import find_known
from cxrforge.records import KnownIdentifiers


@dataclass(frozen=True, slots=True)
class Leak:
    """Where an identifier was found again: its category and offset, never its value."""

    category: str
    offset: int


def scan_text(text: str, known: KnownIdentifiers) -> list[Leak]:
    """Return every place in `text` that still holds a known identifier."""
    return [Leak(span.category, span.start) for span in find_known(text, known)]


def scan_bytes(data: bytes, known: KnownIdentifiers, encodings: Iterable[str] = ("utf-8", "utf-16-le")) -> list[Leak]:
    """Return every place in `data`, read in each of `encodings`, that still holds a known identifier."""
    leaks: list[Leak] = []
    for encoding in encodings:
        leaks.extend(scan_text(data.decode(encoding, "replace"), known))
    return leaks
