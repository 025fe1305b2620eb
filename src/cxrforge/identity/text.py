"""Text folded character for character, so that offsets into the folded text are offsets into the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cxrforge.tables.report_words import plain

_SINGLE = str.maketrans(
    {
        "ß": "s",
        "º": "o",
        "ª": "a",
        "œ": "o",
        "æ": "a",
        "þ": "t",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "´": "'",
        "‐": "-",
        "‑": "-",
        "–": "-",
        "\xa0": " ",
    }
)
_TOKEN = re.compile(r"[^\W_]+")
_PAIRS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("ss", "s"))


@dataclass(frozen=True, slots=True)
class Token:
    """One word or number of a text: its place, its folded form and its key (umlaut spellings made one)."""

    start: int
    end: int
    word: str
    key: str


def folded(text: str) -> str:
    """Return `text` in lower case without diacritics, of the same length."""
    single = text.translate(_SINGLE)
    result = plain(single.lower())
    if len(result) == len(text):
        return result
    return "".join(f if len(f := plain(c.lower())) == 1 else c for c in single)


def key_of(word: str) -> str:
    """Return the form under which spellings of one name meet: ä, ae and a; ß, ss and s."""
    for pair, single in _PAIRS:
        word = word.replace(pair, single)
    return word


def tokens(text: str) -> list[Token]:
    """Return the words and numbers of `text` in order."""
    low = folded(text)
    return [Token(m.start(), m.end(), w := m.group(), key_of(w)) for m in _TOKEN.finditer(low)]
