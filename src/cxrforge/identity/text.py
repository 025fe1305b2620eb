"""Text folded character for character, so that offsets into the folded text are offsets into the text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

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
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_PAIRS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("ss", "s"))


class Token(NamedTuple):
    """One word or number of a text: its place, its folded form and its key (umlaut spellings made one)."""

    start: int
    end: int
    word: str
    key: str


@lru_cache(maxsize=32)
def folded(text: str) -> str:
    """Return `text` in lower case without diacritics, of the same length."""
    if text.isascii():
        return text.lower()
    single = text.translate(_SINGLE)
    result = plain(single.lower())
    if len(result) == len(text):
        return result
    return "".join(f if len(f := plain(c.lower())) == 1 else c for c in single)


@lru_cache(maxsize=32)
def vocabulary(low: str) -> frozenset[str]:
    """Return the words of a folded text: what is not among them need not be searched for."""
    return frozenset(_LETTERS.findall(low))


@lru_cache(maxsize=32)
def digits_in(low: str) -> str:
    """Return every digit of a folded text, in order."""
    return "".join(_DIGITS.findall(low))


def key_of(word: str) -> str:
    """Return the form under which spellings of one name meet: ä, ae and a; ß, ss and s."""
    if "e" in word or "ss" in word:
        for pair, single in _PAIRS:
            word = word.replace(pair, single)
    return word


def tokens(text: str, low: str | None = None) -> list[Token]:
    """Return the words and numbers of `text` in order; `low` is the folded text."""
    low = folded(text) if low is None else low
    return [Token(m.start(), m.end(), w := m.group(), key_of(w)) for m in _TOKEN.finditer(low)]
