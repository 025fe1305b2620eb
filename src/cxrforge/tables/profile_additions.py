"""Attributes that identify although Table E.1-1 does not name them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydicom.datadict import tag_for_keyword

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml


@cache
def load() -> Mapping[int, str]:
    """Return tag to the reason for which it goes."""
    rows = {}
    for keyword, reason in read_toml("profile_additions.toml").items():
        tag = tag_for_keyword(keyword)
        if tag is None or not isinstance(reason, str) or not reason:
            raise TableError(f"row {keyword} is malformed", where="profile_additions.toml")
        rows[tag] = reason
    if not rows:
        raise TableError("table has no rows", where="profile_additions.toml")
    return MappingProxyType(rows)
