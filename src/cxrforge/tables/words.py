"""How table words and header values are brought to one spelling before they are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def fold(text: str) -> str:
    """Return `text` case-folded, without accents, with every run of other characters as one space.

    `Póstero-Anterior` becomes `postero anterior`; the Polish `ł` becomes `l`.
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ß", "ss"))
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.split())


def has_phrase(folded: str, phrase: str) -> bool:
    """Say whether `phrase` (folded, one or more words) stands in `folded` as whole words."""
    return f" {phrase} " in f" {folded} "


def phrases_in(folded: str, phrases: Iterable[str]) -> tuple[str, ...]:
    """Return the phrases that stand in `folded`, longest first, none inside a longer one already found."""
    left, found = f" {folded} ", []
    for phrase in sorted(phrases, key=lambda word: (-len(word), word)):
        if f" {phrase} " in left:
            left = left.replace(f" {phrase} ", " | ")
            found.append(phrase)
    return tuple(found)
