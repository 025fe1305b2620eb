"""The second look: known identifiers searched for in everything that leaves.

A leak must be certain enough to stop an item, so the scan asks for whole words and whole numbers: names of four
letters and more that are no everyday word, identifiers of five characters and more, whole dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from cxrforge.identity.dates import find_dates
from cxrforge.identity.index import Index, index_of
from cxrforge.identity.match import find_known
from cxrforge.identity.text import folded, key_of
from cxrforge.identity.variants import PARTICLES, name_parts
from cxrforge.records import Category, KnownIdentifiers
from cxrforge.tables import eponyms, ordinary_words

ENCODINGS: tuple[str, ...] = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "cp1250", "iso8859-2", "cp1252")
"""Encodings in which bytes are searched; the one-byte ones where they have another letter than those before them."""

_ONE_BYTE = {
    "latin-1": re.compile(rb"[\x80-\xff]"),
    "cp1250": re.compile(rb"[\x8a-\x8f\x9a-\x9f\xa3\xa5\xaa\xaf\xb3\xb9\xba\xbc\xbe-\xff]"),
    "iso8859-2": re.compile(rb"[\xa1\xa6\xa9-\xac\xae\xb1\xb6\xb9-\xbc\xbe]"),
    "cp1252": re.compile(rb"[\x8a\x8c\x8e\x9a\x9c\x9e\x9f]"),
}
"""Bytes that are letters of their own in a code page."""

MIN_NAME = 4
MIN_ID = 5
_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(rb"[\x09\x0a\x0d\x20-\x7e\x80-\xff]{4,}")
_WIDE_LE = re.compile(rb"(?:[\x09\x0a\x0d\x20-\x7e\xa0-\xff]\x00|[\x00-\x7f]\x01){4,}")
_WIDE_BE = re.compile(rb"(?:\x00[\x09\x0a\x0d\x20-\x7e\xa0-\xff]|\x01[\x00-\x7f]){4,}")


@dataclass(frozen=True, slots=True)
class Leak:
    """Where an identifier was found again: its category and offset, never its value."""

    category: str
    offset: int


def scan_text(text: str, known: KnownIdentifiers) -> list[Leak]:
    """Return every place in `text` that still holds a known identifier, in any of its written forms."""
    return [Leak(str(span.category), span.start) for span in find_known(text, known)]


def scan_bytes(data: bytes, known: KnownIdentifiers, encodings: Iterable[str] = ENCODINGS) -> list[Leak]:
    """Return every place in `data`, read in each of `encodings`, that still holds a known identifier."""
    return LeakScanner(known).scan_bytes(data, encodings)


class LeakScanner:
    """Known identifiers compiled once and searched for in many files."""

    __slots__ = ("_dates", "_ids", "_index", "_joined", "_names", "_starts")

    def __init__(self, known: KnownIdentifiers) -> None:
        wanted = _wanted(known)
        self._index: Index = wanted.index
        self._names, self._joined = wanted.names, wanted.joined
        self._ids, self._starts = wanted.ids, wanted.starts
        self._dates = bool(known.dates)

    def __repr__(self) -> str:
        return f"LeakScanner(names={len(self._names)}, ids={len(self._ids)})"

    def scan_bytes(self, data: bytes, encodings: Iterable[str] = ENCODINGS) -> list[Leak]:
        """Return every place in `data` that holds a known identifier; offsets are into `data`."""
        found: dict[tuple[str, int], Leak] = {}
        for encoding in encodings:
            wide = encoding.startswith("utf-16")
            runs = _WIDE_LE if encoding == "utf-16-le" else _WIDE_BE if wide else _RUN
            if wide and b"\0" not in data:
                continue
            for run in runs.finditer(data):
                if encoding in _ONE_BYTE and not _ONE_BYTE[encoding].search(run[0]):
                    continue  # another encoding saw it
                text = run[0].decode(encoding, "replace")
                step = 2 if wide else 1
                for leak in self.scan_text(text):
                    offset = run.start() + leak.offset * step
                    found.setdefault((leak.category, offset), Leak(leak.category, offset))
        return sorted(found.values(), key=lambda leak: leak.offset)

    def scan_text(self, text: str) -> list[Leak]:
        """Return every place in `text` that holds a known identifier, for certain."""
        low = folded(text)
        leaks: list[Leak] = []
        words = [(m.start(), m.end(), m.group()) for m in _WORD.finditer(low)]
        previous_end, previous = -9, ""
        for start, end, word in words:
            key = key_of(word) if word.isalpha() else word
            category = self._names.get(key)
            if category is None and start - previous_end <= 2 and previous:
                category = self._joined.get(previous + key)
            if category is not None:
                leaks.append(Leak(category, start))
            previous_end, previous = end, key
        leaks.extend(self._scan_ids(low, words))
        if self._dates:
            leaks.extend(
                Leak(str(Category.DATE), mention.start)
                for mention in find_dates(text)
                if mention.kind == "full" and any(r in self._index.dates for r in mention.readings)
            )
        return sorted(leaks, key=lambda leak: leak.offset)

    def _scan_ids(self, low: str, words: list[tuple[int, int, str]]) -> Iterable[Leak]:
        for i, (start, _, word) in enumerate(words):
            if word[0] not in self._starts:
                continue
            parts = ""
            for k in range(i, min(i + 7, len(words))):
                if k > i and words[k][0] - words[k - 1][1] > 1:
                    break
                parts += words[k][2]
                category = self._ids.get(parts)
                if category:
                    yield Leak(category, start)
                    break


@dataclass(frozen=True, slots=True)
class _Wanted:
    index: Index
    names: dict[str, str]
    joined: dict[str, str]
    ids: dict[str, str]
    starts: frozenset[str]


@lru_cache(maxsize=64)
def _wanted(known: KnownIdentifiers) -> _Wanted:
    """Return what of `known` is certain enough to be searched for in bytes."""
    index = index_of(known, None)
    ordinary, eponym = ordinary_words.load(), eponyms.load()
    names: dict[str, str] = {}
    joined: dict[str, str] = {}
    for group, category in ((known.patient_names, Category.PATIENT), (known.staff_names, Category.DOCTOR)):
        for name in group:
            for parts in name_parts(name):
                words = [w for w in parts.all if w not in PARTICLES]
                for word in words:
                    if len(word) >= MIN_NAME and not ordinary.is_ordinary(word) and word not in eponym.names:
                        names.setdefault(key_of(word), str(category))
                keys = [key_of(w) for w in words]
                for first, second in pairwise(keys):
                    joined.setdefault(first + second, str(category))
                    joined.setdefault(second + first, str(category))
                if len(keys) > 1:
                    joined.setdefault(keys[0] + keys[-1], str(category))
                    joined.setdefault(keys[-1] + keys[0], str(category))
    for bucket in index.phrases.values():
        for keys_, category in bucket:
            if len(keys_) == 1 and len(keys_[0]) >= MIN_ID:
                names.setdefault(keys_[0], str(category))
            elif len(keys_) == 2:
                joined.setdefault("".join(keys_), str(category))
    ids = {k: str(c) for k, c in index.ids.items() if len(k) >= MIN_ID}
    return _Wanted(index, names, joined, ids, frozenset(k[0] for k in ids))
