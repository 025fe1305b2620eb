"""Values of one VR: dummies, UIDs, dates and the shapes that PS3.5 6.2 allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from pydicom._uid_dict import UID_dictionary

DUMMIES: dict[str, bytes] = {
    "AE": b"REMOVED",
    "AS": b"000Y",
    "AT": b"\0\0\0\0",
    "CS": b"REMOVED",
    "DA": b"19000101",
    "DS": b"0",
    "DT": b"19000101000000",
    "FD": b"\0" * 8,
    "FL": b"\0" * 4,
    "IS": b"0",
    "LO": b"REMOVED",
    "LT": b"REMOVED",
    "OB": b"\0\0",
    "OD": b"\0" * 8,
    "OF": b"\0" * 4,
    "OL": b"\0" * 4,
    "OV": b"\0" * 8,
    "OW": b"\0\0",
    "PN": b"REMOVED",
    "SH": b"REMOVED",
    "SL": b"\0" * 4,
    "SS": b"\0\0",
    "ST": b"REMOVED",
    "SV": b"\0" * 8,
    "TM": b"000000",
    "UC": b"REMOVED",
    "UL": b"\0" * 4,
    "UN": b"\0\0",
    "UR": b"urn:removed",
    "US": b"\0\0",
    "UT": b"REMOVED",
    "UV": b"\0" * 8,
}
"""A valid value of each VR that says nothing; UI and SQ are made elsewhere."""

WIDTHS = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "AT": 4, "SV": 8, "UV": 8}

_SHAPES = {
    "AS": re.compile(rb"\d{3}[DWMY]"),
    "CS": re.compile(rb"[A-Za-z0-9_ ]{0,16}"),
    "DS": re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"),
    "IS": re.compile(rb"[+-]?\d{1,12}"),
    "UI": re.compile(rb"[0-9.]{1,64}"),
    "DA": re.compile(rb"\d{8}|\d{4}\.\d{2}\.\d{2}"),
    "TM": re.compile(rb"\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)?"),
    "DT": re.compile(rb"\d{4}(?:\d{2}){0,5}(?:\.\d{1,6})?(?:[+-]\d{4})?"),
}
_CONTEXT_GROUP = re.compile(rb"1\.2\.840\.10008\.6\.1\.\d{1,5}")


def well_formed(vr: str, value: bytes) -> bool:
    """Say whether every value of a string VR has the shape of that VR; VRs without a shape are always well formed."""
    shape = _SHAPES.get(vr)
    if shape is None:
        return True
    return all(not part or shape.fullmatch(part) for part in (p.strip(b" \0") for p in value.split(b"\\")))


def registered(uid: bytes) -> bool:
    """Say whether a UID is one that the standard itself registers (PS3.6 annex A), so that it names no instance."""
    return uid.decode("ascii", "replace") in UID_dictionary or bool(_CONTEXT_GROUP.fullmatch(uid))


def map_uids(value: bytes, pseudonym: Callable[[str], str]) -> bytes:
    """Return every UID of a value under its pseudonym; registered ones stay."""
    uids = [part.strip(b" \0") for part in value.split(b"\\")]
    mapped = [u if not u or registered(u) else pseudonym(u.decode("latin-1")).encode() for u in uids]
    return value if mapped == uids else b"\\".join(mapped)


def shift_value(vr: str, value: bytes, shift: timedelta) -> bytes | None:
    """Return DA, DT or TM values moved by whole days, or None when one has no valid form.

    Times of day, fractions and offsets from UTC stay, so intervals are kept exactly. A DT that stops at the year or the
    month is moved from its middle and keeps its precision.
    """
    parts = []
    for part in value.split(b"\\"):
        text = part.strip(b" \0")
        if not text:
            parts.append(b"")
            continue
        if not well_formed(vr, text):
            return None
        moved = text if vr == "TM" else _shift_date(text, shift)
        if moved is None:
            return None
        parts.append(moved)
    return b"\\".join(parts)


def _shift_date(text: bytes, shift: timedelta) -> bytes | None:
    digits = text.replace(b".", b"") if text[4:5] == b"." and len(text) == 10 else text
    stamp = re.split(rb"[.+-]", digits)[0]
    year, month, day = int(stamp[:4]), int(stamp[4:6] or 7), int(stamp[6:8] or 1 if stamp[4:6] else 1)
    if len(stamp) == 6:
        day = 15
    try:
        moved = date(year, month, day) + shift
    except (ValueError, OverflowError):
        return None
    precision = min(len(stamp), 8)
    stamp = b"%04d%02d%02d" % (moved.year, moved.month, moved.day)
    return stamp[:precision] + digits[precision:]
