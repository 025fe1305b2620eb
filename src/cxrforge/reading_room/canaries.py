"""Canaries: copies with a planted fake identifier, that measure whether readers see what there is to see."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from cxrforge.audit.work import AuditItem
from cxrforge.errors import UsageError
from cxrforge.reading_room.desk import Desk


def canary_key(image: str) -> str:
    """Return the store key of a canary; apart from the images that releases are made of."""
    return f"canaries/{image}.dcm"


def plant_canaries(
    desk: Desk,
    connection: sa.Connection,
    audit: str,
    kind: str,
    items: Sequence[AuditItem],
    number: int,
    key: bytes,
) -> list[AuditItem]:
    """Return the items with `number` canaries mixed in."""
    if number:
        raise UsageError("canaries cannot be planted yet", next_step="Draw without canaries.")
    return list(items)
