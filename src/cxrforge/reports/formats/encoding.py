"""Bytes to text: declared encodings, byte order marks, UTF-8, and a reasoned choice among the one-byte encodings."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ONE_BYTE = ("cp1252", "cp1250", "iso8859-2", "iso8859-1", "mac-roman", "cp850", "cp852")
_LETTERS = frozenset("ąćęłńóśźżäöüßéèêëàâîïôûùçœñáíúìòãõåæøÿý")
_MARKS_IN_TEXT = frozenset("€‚„…‰‘’“”•–—™«»°±²³µ·¹º½¼¾§©®×÷ª¿¡ ´˚≤≥→")
_SAMPLE = 200_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding it was read in, and whether any byte had to be replaced."""

    text: str
    encoding: str
    damaged: bool = False


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Return `data` as text; a declared encoding is believed when it fits."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _replacing(data, encoding)
    wide = _wide(data)
    if wide:
        return _replacing(data, wide)
    for codec in ("utf-8", declared):
        if codec:
            try:
                return Decoded(data.decode(codec), codec)
            except (UnicodeDecodeError, LookupError):
                continue
    if _mostly_utf8(data):
        return _replacing(data, "utf-8")
    return _replacing(data, max(_ONE_BYTE, key=lambda e: (_likeness(data[:_SAMPLE], e), -_ONE_BYTE.index(e))))


def _replacing(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    return Decoded(text, encoding, "�" in text)


def _wide(data: bytes) -> str | None:
    """Return the UTF-16 flavour of bytes without a mark, judged by where the zeros stand."""
    head = data[:4000]
    if len(head) < 8 or b"\0" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _mostly_utf8(data: bytes) -> bool:
    """Tell whether most non-ASCII characters are valid UTF-8 (a file with a few broken bytes)."""
    text = data[:_SAMPLE].decode("utf-8", "replace")
    bad = text.count("�")
    good = sum(c > "\x7f" for c in text) - bad
    return good > 3 * bad


def _likeness(data: bytes, encoding: str) -> float:
    """Score how much `data` read in `encoding` looks like one of the eight languages."""
    text = data.decode(encoding, "replace")
    score = 0.0
    for i, c in enumerate(text):
        if c < "\x80":
            continue
        lower = c.lower()
        before = text[i - 1] if i else " "
        after = text[i + 1] if i + 1 < len(text) else " "
        inside = before.isalpha() and after.isalpha()
        if lower in _LETTERS:
            # a capital inside a lower-case word is what a wrong code page makes of a letter
            odd_case = c != lower and before.isalpha() and before.islower()
            score += -1.0 if odd_case else 1.0
        elif c in _MARKS_IN_TEXT:
            score += -2.0 if inside and c not in "’·" else 0.3
        elif c == "�" or "\x80" <= c <= "\x9f":
            score -= 4.0
        else:
            score -= 1.5
    return score
