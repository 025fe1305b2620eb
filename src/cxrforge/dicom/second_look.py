"""The second look: what the source knew of people and places, searched for in everything that leaves but the pixels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cxrforge.dicom.charsets import Charset
from cxrforge.dicom.elements import TEXT_VRS, Element, Extent, Source
from cxrforge.dicom.identifiers import identifies
from cxrforge.identity.match import fold
from cxrforge.records import KnownIdentifiers

_WORD = re.compile(r"[^\W_]+")
_COMPARED = 1 << 22
_JOINED_NAME = 6
"""From this length on, a part of a name is also searched for inside other words and in binary values."""


def find_leak(
    elements: list[Element], charset: Charset, data: Source, known: KnownIdentifiers, uids: Iterable[bytes]
) -> str | None:
    """Return what kind of identifier is still in `elements` (encoded), or None; pixel data is not looked at.

    Values that de-identification made are left out: a pseudonym may contain any digits.
    """
    values = list(_values(elements, data))
    raw = b"\0".join(values)
    if any(_stands(uid, raw, b"0123456789.") for uid in uids):
        return "original UID"
    text = fold(charset.decode(raw)) if raw else ""
    words = set(_WORD.findall(text))
    lower = raw.lower()
    for category, value in _searched(known):
        found = _WORD.findall(fold(value))
        if category in ("patient_names", "staff_names"):
            parts = [p for p in found if len(p) > 2 and identifies(p, category)]
            if any(_in_bytes(part, lower) for part in parts if len(part) >= _JOINED_NAME):
                return category
        else:
            parts = ["".join(found)] if category in ("ids", "contacts") else []
        if any(part in words for part in parts) or _in_bytes(value, lower):
            return category
    return None


def _searched(known: KnownIdentifiers) -> Iterator[tuple[str, str]]:
    for category in ("patient_names", "staff_names", "ids", "contacts", "dates", "institutions", "locations"):
        for value in getattr(known, category):
            yield category, value


def _in_bytes(value: str, lower: bytes) -> bool:
    """Say whether the whole value stands in the bytes as UTF-8, Latin-1 or UTF-16, case aside for ASCII."""
    if len(value) < 5:
        return False
    needle = value.lower()
    joined = b"0123456789" if value.isdigit() else b""
    for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
        try:
            code = needle.encode(encoding)
        except UnicodeEncodeError:
            continue
        if _stands(code, lower, joined):
            return True
    return False


def _stands(needle: bytes, data: bytes, joined: bytes) -> bool:
    """Say whether `needle` stands in `data` with none of the bytes `joined` on either side."""
    at = data.find(needle)
    while at >= 0:
        before, after = data[max(at - 1, 0) : at], data[at + len(needle) : at + len(needle) + 1]
        if not ((before and before in joined) or (after and after in joined)):
            return True
        at = data.find(needle, at + 1)
    return False


def _values(elements: list[Element], data: Source) -> Iterator[bytes]:
    for element in elements:
        if isinstance(element.value, list):
            for item in element.value:
                yield from _values(item, data)
        elif element.ours or element.tag >> 16 == 0x7FE0:
            continue
        elif isinstance(element.value, Extent):
            if element.vr in TEXT_VRS and element.value.length <= _COMPARED:
                yield data.read(element.value.offset, element.value.length)
        else:
            yield element.value
