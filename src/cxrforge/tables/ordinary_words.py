"""Words that are no identifiers by themselves: everyday and report words by language, and stems of clinical words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_lines
from cxrforge.tables.report_fields import LANGUAGES
from cxrforge.tables.report_words import plain


@dataclass(frozen=True, slots=True)
class OrdinaryWords:
    """Words by language and in all, and clinical stems; all without accents."""

    by_language: Mapping[str, frozenset[str]]
    all: frozenset[str]
    stems: frozenset[str]
    stem_lengths: tuple[int, ...]

    def is_clinical(self, word: str) -> bool:
        """Tell whether a plain word starts as clinical words do."""
        return any(word[:n] in self.stems for n in self.stem_lengths)

    def is_ordinary(self, word: str, language: str | None = None) -> bool:
        """Tell whether a plain word is an everyday or clinical word (of `language`, where given)."""
        words = self.by_language.get(language or "", self.all)
        return word in words or self.is_clinical(word)


@cache
def load() -> OrdinaryWords:
    """Return the words; raise `TableError` when a language has too few."""
    found = {}
    for language in LANGUAGES:
        where = f"lexicon/{language}/ordinary.txt"
        words = frozenset(plain(w) for line in read_lines(where) for w in line.split())
        if len(words) < 150:
            raise TableError(f"table has {len(words)} words, expected at least 150", where=where)
        found[language] = words
    stems = frozenset(read_lines("clinical_stems.txt"))
    lengths = tuple(sorted({len(s) for s in stems}))
    return OrdinaryWords(MappingProxyType(found), frozenset().union(*found.values()), stems, lengths)
