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


def find_leak(
    elements: list[Element], charset: Charset, data: Source, known: KnownIdentifiers, uids: Iterable[bytes]
) -> str | None:
    """Return what kind of identifier is still in `elements` (encoded), or None; pixel data is not looked at.

    Values that de-identification made are left out: a pseudonym may contain any digits.
    """
    values = list(_values(elements, data))
    for blob in values:
        if any(uid in blob for uid in uids):
            return "original UID"
    raw = b"\0".join(values)
    text = fold(charset.decode(raw)) if raw else ""
    words = set(_WORD.findall(text))
    lower = raw.lower()
    for category, value in _searched(known):
        found = _WORD.findall(fold(value))
        if category in ("patient_names", "staff_names"):
            parts = [p for p in found if len(p) > 2 and identifies(p, category)]
        else:
            parts = ["".join(found)] if category in ("ids", "contacts") else []
        if any(part in words for part in parts):
            return category
        if _in_bytes(value, lower):
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
    for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
        try:
            code = needle.encode(encoding)
        except UnicodeEncodeError:
            continue
        at = lower.find(code)
        while at >= 0:
            before, after = lower[at - 1 : at], lower[at + len(code) : at + len(code) + 1]
            if not (value.isdigit() and (before.isdigit() or after.isdigit())):
                return True
            at = lower.find(code, at + 1)
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
