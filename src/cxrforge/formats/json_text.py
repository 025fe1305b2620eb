"""JSON with the same bytes for the same value."""

from __future__ import annotations

import json
from typing import Any


def json_bytes(value: Any, *, compact: bool = False) -> bytes:
    """Return `value` as UTF-8 JSON with a final newline: keys sorted, and indented unless `compact`."""
    text = json.dumps(
        value,
        ensure_ascii=False,
        sort_keys=True,
        allow_nan=False,
        indent=None if compact else 2,
        separators=(",", ":") if compact else (",", ": "),
    )
    return (text + "\n").encode()
