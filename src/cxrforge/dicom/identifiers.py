"""What a header gives away: every identifying value at any depth, as `KnownIdentifiers`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset

from cxrforge.dicom.charsets import Charset, charset_of
from cxrforge.dicom.elements import Element
from cxrforge.identity.known import KNOWN_KEYWORDS
from cxrforge.records import KnownIdentifiers
from cxrforge.tables import generic_words, profile

_CATEGORIES = (
    ("contacts", re.compile(r"Telephone|Telecom|Callback")),
    ("locations", re.compile(r"Address|Location|Residence|CountryOf|RegionOf|Transport")),
    ("institutions", re.compile(r"Institution|Organization|Department|SiteName|CenterName|SponsorName|CommitteeName")),
    (
        "ids",
        re.compile(
            r"(ID|IDs|Identifier|SerialNumber|Number|Locator|AE|AETitle|StationName|BarcodeValue|Identification)$"
        ),
    ),
)
_TEXT = frozenset({"LO", "SH", "ST", "LT", "UT", "UC", "AE"})
_DATE = re.compile(r"(?:1[89]|20|21)\d{6}")
_WORD = re.compile(r"[^\W_]+")


@cache
def _category(tag: int) -> str | None:
    """Return the field of `KnownIdentifiers` that an attribute's values belong to, or None when they tell nothing."""
    entry = DicomDictionary.get(tag)
    if entry is None:
        return None
    vr, keyword = entry[0], entry[4]
    if keyword in KNOWN_KEYWORDS:
        return KNOWN_KEYWORDS[keyword]
    if vr == "PN":
        return "patient_names" if tag >> 16 == 0x0010 else "staff_names"
    if tag not in profile.load().rows:
        return None
    if vr in ("DA", "DT"):
        return "dates"
    if vr in _TEXT:
        return next((name for name, shape in _CATEGORIES if shape.search(keyword)), None)
    return None


def known_from_dataset(ds: Dataset) -> KnownIdentifiers:
    """Return what a data set gives away, its sequences included; values that cannot be read tell nothing."""
    found: dict[str, dict[str, None]] = {}
    for tag, values in _pydicom_values(ds):
        _add(found, tag, values)
    return KnownIdentifiers(**{name: tuple(values) for name, values in found.items()})


def known_from_elements(
    elements: list[Element], charset: Charset, retained: Callable[[int], bool] = lambda tag: False
) -> KnownIdentifiers:
    """Return what raw elements give away, but for attributes that a policy retains."""
    found: dict[str, dict[str, None]] = {}
    for tag, values in _raw_values(elements, charset):
        if not retained(tag):
            _add(found, tag, values)
    return KnownIdentifiers(**{name: tuple(values) for name, values in found.items()})


def _add(found: dict[str, dict[str, None]], tag: int, values: Iterable[str]) -> None:
    category = _category(tag)
    if category is None:
        return
    for value in values:
        value = value.strip(" \0\t\r\n^")
        if category == "dates":
            match = _DATE.match(value.replace(".", ""))
            value = match.group() if match else ""
        if identifies(value, category):
            found.setdefault(category, {}).setdefault(value)


def identifies(value: str, category: str) -> bool:
    """Say whether a value can tell one person or place from others: not blank, not generic, not two characters."""
    words = [w.casefold() for w in _WORD.findall(value)]
    generic = generic_words.load()
    if not words or all(w in generic for w in words):
        return False
    if category == "ids":
        compact = "".join(words)
        return len(compact) >= 4 or (len(compact) == 3 and not compact.isdigit())
    return any(len(w) > 1 and w not in generic for w in words) or len(value) > 2


def _raw_values(elements: list[Element], charset: Charset) -> Iterator[tuple[int, list[str]]]:
    for element in elements:
        if element.tag == 0x00080005 and isinstance(element.value, bytes):
            charset = charset_of(element.value)
    for element in elements:
        if isinstance(element.value, list):
            for item in element.value:
                yield from _raw_values(item, charset)
        elif isinstance(element.value, bytes) and element.value and _category(element.tag):
            yield element.tag, charset.decode(element.value).split("\\")


def _pydicom_values(ds: Dataset) -> Iterator[tuple[int, list[str]]]:
    for tag in list(ds.keys()):
        try:
            element = ds[tag]
            if element.VR == "SQ":
                for item in element.value or ():
                    yield from _pydicom_values(item)
                continue
            if not _category(int(tag)) or not element.value:
                continue
            value = element.value
            values = [str(v) for v in value] if element.VM > 1 else str(value).split("\\")
        except (ValueError, TypeError, LookupError, AttributeError, OSError, ArithmeticError):
            continue
        yield int(tag), values
