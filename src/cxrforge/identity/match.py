"""Known identifiers found again in text, in whatever form they are written."""

from __future__ import annotations

import re
import unicodedata

from cxrforge.records import Category, KnownIdentifiers, Span

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return `text` in lower case without diacritics; not of the same length in general."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def find_known(text: str, known: KnownIdentifiers, language: str | None = None) -> list[Span]:
    """Return spans of `text` that hold a known identifier, sorted, not overlapping.

    First form: whole words and whole numbers, case and accents folded.
    """
    wanted: dict[str, Category] = {}
    for names, category in (
        (known.patient_names, Category.PATIENT),
        (known.staff_names, Category.DOCTOR),
        (known.institutions, Category.HOSPITAL),
        (known.locations, Category.LOCATION),
        (known.ids, Category.ID),
        (known.dates, Category.DATE),
        (known.contacts, Category.CONTACT),
    ):
        for name in names:
            for word in _WORD.findall(name):
                if len(word) > 2:
                    wanted.setdefault(fold(word), category)
    return [
        Span(m.start(), m.end(), wanted[fold(m.group())], "known")
        for m in _WORD.finditer(text)
        if fold(m.group()) in wanted
    ]
