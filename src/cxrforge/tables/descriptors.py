"""The words that a cleaned descriptor may keep."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables import codes
from cxrforge.tables.files import read_lines

_WORD = re.compile(r"[^\W\d_]+")
_CLINICAL_SCHEMES = frozenset({"DCM", "SCT", "RADLEX", "LN"})
_ANIMALS = re.compile(
    r"\b(?:breed|cattle|dog|horse|pig|sheep|goat|cat|pony|buffalo|strain|hound|terrier)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class DescriptorWords:
    """Whole words and beginnings of words, folded."""

    words: frozenset[str]
    stems: frozenset[str]
    stem_lengths: tuple[int, ...]

    def allows(self, word: str) -> bool:
        """Say whether a folded word is one of the vocabulary."""
        return word in self.words or any(word[:n] in self.stems for n in self.stem_lengths)


def folded(word: str) -> str:
    """Return a word in lower case without accents."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.casefold().replace("ł", "l"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def _code_words() -> set[str]:
    """Return the words of more than one standard code meaning; a word of one alone may be an eponym."""
    counts: Counter[str] = Counter()
    meanings = {m for (scheme, _), m in codes.load().items() if scheme in _CLINICAL_SCHEMES and not _ANIMALS.search(m)}
    for meaning in meanings:
        counts.update({folded(w) for w in _WORD.findall(meaning)})
    return {word for word, number in counts.items() if number > 1 and len(word) > 2}


@cache
def load() -> DescriptorWords:
    """Return the vocabulary."""
    entries = [entry for line in read_lines("descriptor_words.txt") for entry in line.split()]
    stems = frozenset(e[:-1] for e in entries if e.endswith("*"))
    names = {e[1:] for e in entries if e.startswith("!")}
    words = {e for e in entries if not e.endswith("*") and not e.startswith("!")}
    if len(words) < 400 or len(stems) < 200 or not all(len(s) > 1 and s == folded(s) for s in stems):
        raise TableError("vocabulary is incomplete", where="descriptor_words.txt")
    lengths = tuple(sorted({len(s) for s in stems}))
    return DescriptorWords(frozenset(words | (_code_words() - names)), stems, lengths)
