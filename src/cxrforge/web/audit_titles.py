"""Kinds of audits as people call them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "label": "Labels",
        "images-phi": "Identifiers in images",
        "reports-phi": "Identifiers in reports",
        "quality": "Image quality",
    }
)
