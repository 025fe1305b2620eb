"""Private attributes known not to identify (PS3.15 E.3.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

_KEY = re.compile(r"([0-9a-f]{3}[13579bdf]),([0-9a-f]{2})")
_VRS = frozenset({"CS", "DS", "IS", "US", "SS", "UL", "SL", "FL", "FD"})
"""VRs whose values have a shape that can be checked; text is not taken."""


@cache
def load() -> Mapping[tuple[str, int, int], str]:
    """Return (private creator, group, element within the block) to VR."""
    rows: dict[tuple[str, int, int], str] = {}
    for creator, attributes in read_toml("safe_private.toml").items():
        for key, vr in attributes.items():
            match = _KEY.fullmatch(key)
            if not match or vr not in _VRS:
                raise TableError(f"row {key} of {creator} is malformed", where="safe_private.toml")
            rows[creator, int(match[1], 16), int(match[2], 16)] = vr
    if not rows:
        raise TableError("table has no rows", where="safe_private.toml")
    return MappingProxyType(rows)
