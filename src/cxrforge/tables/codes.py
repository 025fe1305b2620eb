"""Meanings of standard codes, from the dictionaries that pydicom carries (PS3.16 and the schemes it refers to)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping

from cxrforge.errors import TableError


@cache
def load() -> Mapping[tuple[str, str], str]:
    """Return (coding scheme designator, code value) to code meaning; retired SNOMED-RT codes lead to their concept."""
    schemes: Mapping[str, Any] = concepts
    meanings = {
        (scheme, code): meaning
        for scheme, by_keyword in schemes.items()
        for codes in by_keyword.values()
        for code, (meaning, _groups) in codes.items()
    }
    for old, new in mapping["SRT"].items():
        if ("SCT", new) in meanings:
            meanings["SRT", old] = meanings["SNM3", old] = meanings["99SDM", old] = meanings["SCT", new]
    if len(meanings) < 10_000 or meanings.get(("DCM", "113100")) is None:
        raise TableError("code meanings are missing from the installed pydicom", where="pydicom.sr")
    return MappingProxyType(meanings)
