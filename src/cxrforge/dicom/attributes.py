"""Reading single attributes of a header that may hold anything at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName


def value(ds: Dataset, keyword: str) -> object:
    """Return an attribute's value, or None where it is absent, empty or cannot be read."""
    try:
        found = ds.get(keyword)
    except Exception:  # a malformed value raises whatever its converter raises; here it counts as absent
        return None
    return found if found not in ("", b"") else None


def text(ds: Dataset, keyword: str) -> str:
    """Return an attribute as text, multiple values joined by spaces, blank where absent."""
    found = value(ds, keyword)
    if found is None or isinstance(found, Sequence):
        return ""
    return " ".join(part.strip() for part in _strings(found)).strip()


def texts(ds: Dataset, keyword: str) -> tuple[str, ...]:
    """Return an attribute's values as stripped text."""
    found = value(ds, keyword)
    return () if found is None or isinstance(found, Sequence) else tuple(part.strip() for part in _strings(found))


def number(ds: Dataset, keyword: str, default: int = 0) -> int:
    """Return an attribute as an integer, or `default` where it is no number."""
    try:
        return int(float(text(ds, keyword).split(" ")[0]))
    except (ValueError, OverflowError):
        return default


def items(ds: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """Return a sequence's items; none where the attribute is no sequence."""
    found = value(ds, keyword)
    return tuple(found) if isinstance(found, Sequence) else ()


def codes(ds: Dataset, keyword: str) -> tuple[str, ...]:
    """Return the code values of a code sequence's items."""
    return tuple(code for item in items(ds, keyword) if (code := text(item, "CodeValue")))


def year(ds: Dataset, keyword: str) -> int | None:
    """Return the year of a DA or DT value, None where it is no date of the X-ray age."""
    found = re.match(r"(\d{4})[.\-/]?(\d\d)?", text(ds, keyword))
    if not found or not 1895 <= int(found[1]) <= 2100:
        return None
    return int(found[1])


def day(ds: Dataset, keyword: str) -> tuple[int, int, int] | None:
    """Return a DA or DT value as (year, month, day), None where it is no date."""
    found = re.match(r"(\d{4})[.\-/]?(\d\d)[.\-/]?(\d\d)", text(ds, keyword))
    if not found:
        return None
    parts = (int(found[1]), int(found[2]), int(found[3]))
    return parts if 1 <= parts[1] <= 12 and 1 <= parts[2] <= 31 and 1800 <= parts[0] <= 2100 else None


def _strings(found: object) -> Iterator[str]:
    try:
        if isinstance(found, PersonName):
            yield str(found)
        elif isinstance(found, (str, bytes, int, float)):
            yield found.decode("latin-1") if isinstance(found, bytes) else str(found)
        elif hasattr(found, "__iter__"):
            for part in found:
                yield "" if part is None else str(part)
        else:
            yield str(found)
    except Exception:  # a malformed value that cannot even be shown
        return
