"""Cutting a report into folded tokens and sentences, blind to case, accents, line wrapping and Unicode form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

WRAP_WIDTH = 60
"""A line shorter than this was not broken because the margin was reached, unless longer lines stand beside it."""

RAGGED = 0.8
"""What share of the longest line a wrapped one fills at least (de-identification shortens lines after wrapping)."""

LONGEST_JOINED = 48
"""No word of the lexicon that is written with hyphens is longer."""

_TOKEN = re.compile(
    r"(?P<word>[^\W\d_][\w\u0300-\u036f\u00ad\u200b\u200c\u200d]*)"
    r"|(?P<number>\d+(?:[.,]\d+)?)"
    r"|(?P<newline>\r\n|[\n\r\u2028\u2029])"
    r"|(?P<mark>[^\s\w])"
)
_INVISIBLE = {0xAD: None, 0x200B: None, 0x200C: None, 0x200D: None, 0xFEFF: None}
_LETTERS = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "_": " "} | {"ð": "d", "þ": "th"}
)
_BULLETS = frozenset("-–—•·*▪●○◦‣>")
_HYPHENS = frozenset("-‐‑\u00ad")
_SILENT = frozenset("'’‘`´\"“”„«»‹›*_°ªº^~|")


class Kind(Enum):
    """What a token is to the rules."""

    WORD = "word"
    NUMBER = "number"
    COMMA = "comma"  # also brackets and spaced dashes
    COLON = "colon"
    SLASH = "slash"
    QUESTION = "question"  # a question mark set before what it asks for
    END = "end"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Token:
    """A folded piece of text and where it stands; `asked` marks an END made by a question mark."""

    text: str
    start: int
    end: int
    kind: Kind
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Folded words that no line ends a statement on.

    `opening` words do so at the beginning of their clause (`PTX no` is finished, `No` is not), with any number of
    `linking` words after them; conjunctions and articles are linking words.
    """

    opening: frozenset[str] = frozenset()
    linking: frozenset[str] = frozenset()

    def holds(self, tokens: Sequence[Token]) -> bool:
        """Tell whether the last clause of `tokens` is only begun."""
        for at in range(len(tokens) - 1, -1, -1):
            if tokens[at].text in self.opening:
                before = tokens[at - 1] if at else None
                return (
                    before is None
                    or before.kind in (Kind.END, Kind.COMMA, Kind.SLASH)
                    or before.text in self.linking | self.opening
                )
            if tokens[at].text not in self.linking:
                return False
        return False


NOTHING = Unfinished()


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Return `word` without case, accents and invisible characters."""
    plain = unicodedata.normalize("NFKD", word.casefold().translate(_INVISIBLE)).casefold()
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_LETTERS)


def tokenize(
    text: str, abbreviations: frozenset[str], known: Callable[[str], bool], unfinished: Unfinished = NOTHING
) -> list[Token]:
    """Return the tokens of `text`.

    `known` tells whether a folded word is in the lexicon (for hyphenated words); a line that ends in an
    `unfinished` clause (No, possible small) goes on in the next.
    """
    raw = [(m.lastgroup or "", m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    margin = max([WRAP_WIDTH, *(int(RAGGED * len(line)) for line in text.splitlines())])
    mixed = text != text.upper() and text != text.lower()
    tokens: list[Token] = []
    line_start = 0
    for i, (kind, piece, start, end) in enumerate(raw):
        if kind == "word":
            tokens.append(Token(fold(piece), start, end, Kind.WORD))
            _join_hyphenated(tokens, text, known)
        elif kind == "number":
            tokens.append(Token(piece, start, end, Kind.NUMBER))
        elif kind == "newline":
            if _line_ends(raw, i, start - line_start, margin, mixed) and not (
                text[end : end + 1].strip() and unfinished.holds(tokens)
            ):
                _close(tokens, start)
            line_start = end
        else:
            _mark(tokens, raw, i, text, abbreviations)
    _close(tokens, len(text))
    return tokens


def _close(tokens: list[Token], at: int, asked: bool = False) -> None:
    if tokens and tokens[-1].kind is not Kind.END:
        tokens.append(Token("", at, at, Kind.END, asked))


def _line_ends(raw: list[tuple[str, str, int, int]], i: int, width: int, margin: int, mixed: bool) -> bool:
    """Tell whether the line break at `i` ends a statement: blank line, list item, or the next word would fit."""
    if i + 1 >= len(raw):
        return True
    kind, piece, start, end = raw[i + 1]
    if kind == "newline" or piece in _BULLETS:
        return True
    if kind == "number" and i + 2 < len(raw) and raw[i + 2][1] in ".)" and raw[i + 2][2] == end:
        return True
    if mixed and piece[0].islower():
        return False
    hyphenated = i > 0 and raw[i - 1][1] in _HYPHENS and raw[i - 1][3] == raw[i][2]
    return not hyphenated and width + 1 + (end - start) < margin


def _join_hyphenated(tokens: list[Token], text: str, known: Callable[[str], bool]) -> None:
    """Join the last two tokens when a hyphen (or a hyphenated line end) parts a known word."""
    if len(tokens) < 2 or tokens[-2].kind is not Kind.WORD:
        return
    left, right = tokens[-2], tokens[-1]
    between = text[left.end : right.start]
    if not between or between[0] not in _HYPHENS or between[1:].strip():
        return
    whole = left.text + right.text
    if len(whole) <= LONGEST_JOINED and known(whole) and not (known(left.text) and known(right.text)):
        tokens[-2:] = [Token(whole, left.start, right.end, Kind.WORD)]


def _mark(
    tokens: list[Token], raw: list[tuple[str, str, int, int]], i: int, text: str, abbreviations: frozenset[str]
) -> None:
    """Add the token of a punctuation mark, where it means something to the rules."""
    piece, start, end = raw[i][1], raw[i][2], raw[i][3]
    after = text[end : end + 1]
    before = text[start - 1 : start] if start else ""
    if piece == ".":
        if _dot_ends(tokens, start, after, abbreviations):
            _close(tokens, end)
    elif piece == "?":
        opens = after.isalnum() and not before.isalnum()
        if opens or (not before.strip() and after == " " and (not tokens or tokens[-1].kind is not Kind.WORD)):
            tokens.append(Token("?", start, end, Kind.QUESTION))
        else:
            _close(tokens, end, asked=True)
    elif piece == "¿":
        _close(tokens, start)
    elif piece in "!;":
        _close(tokens, end)
    elif piece in ",()[]{}":
        tokens.append(Token(piece, start, end, Kind.COMMA))
    elif piece == ":":
        tokens.append(Token(piece, start, end, Kind.COLON))
    elif piece in "/&+":
        tokens.append(Token(piece, start, end, Kind.SLASH))
    elif piece in "-–—":
        if not before.strip() and not after.strip() and tokens:
            tokens.append(Token(piece, start, end, Kind.COMMA))
    elif piece not in _SILENT and piece not in _HYPHENS and piece not in _BULLETS:
        tokens.append(Token(piece, start, end, Kind.OTHER))


def _dot_ends(tokens: list[Token], start: int, after: str, abbreviations: frozenset[str]) -> bool:
    """Tell whether a full stop ends a sentence, or belongs to an abbreviation or an ordinal."""
    if not tokens or tokens[-1].end != start:
        return True
    last = tokens[-1]
    spaced = not after.strip() or after in ")]\"'»”"
    if last.kind is Kind.NUMBER:
        return spaced and (len(last.text) > 2 or not after)
    if last.kind is not Kind.WORD:
        return spaced
    if len(last.text) == 1 or last.text in abbreviations:
        return False
    return spaced or len(last.text) > 3
