"""Single words that tell who an object is about: cleaning takes them out, the second look searches for them.

`identity.match` knows how names and numbers are varied; this is the plain floor beneath it, the same on both sides, so
that what one removes the other does not find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cxrforge.records import KnownIdentifiers
from cxrforge.tables import generic_words
from cxrforge.tables.descriptors import folded

WORD = re.compile(r"[^\W_]+")
SHORTEST_NAME, SHORTEST_NUMBER = 3, 4
LONG_NUMBER = 6
"""A number of fewer digits may be an exposure as well as a patient: where numbers are expected, longer ones tell."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Folded words of people's names, and identifiers without their separators."""

    names: frozenset[str]
    numbers: frozenset[str]

    def in_text(self, text: str) -> bool:
        """Say whether one of them is a word of `text`."""
        return any(word in self.names or word in self.numbers for word in map(folded, WORD.findall(text)))

    def in_number(self, text: str) -> bool:
        """Say whether `text`, a number, is an identifier that is too long to be a measurement."""
        compact = "".join(WORD.findall(text))
        return len(compact) >= LONG_NUMBER and compact.casefold() in self.numbers


@lru_cache(maxsize=64)
def telling_words(known: KnownIdentifiers) -> Telling:
    """Return the telling words of what is known; generic words and initials tell nothing."""
    generic = generic_words.load()
    names = {folded(w) for name in (*known.patient_names, *known.staff_names) for w in WORD.findall(name)}
    numbers = {folded("".join(WORD.findall(value))) for value in (*known.ids, *known.contacts)}
    return Telling(
        frozenset(w for w in names if len(w) >= SHORTEST_NAME and w not in generic),
        frozenset(n for n in numbers if len(n) >= SHORTEST_NUMBER and n not in generic),
    )
