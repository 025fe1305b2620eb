"""What the search for burned-in text found, image by image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.schema import image, outcome
from cxrforge.records import Box

_STAGE = "deidentify-image"


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was found in one frame of an image, what was decided and by which rule."""

    box: Box
    decision: str
    reason: str
    frame: int = 0


@dataclass(frozen=True, slots=True)
class ExaminedImage:
    """An image whose pixels were looked at: where it comes from, its size, and what was found."""

    id: str
    site: str
    manufacturer: str
    model: str
    rows: int
    columns: int
    places: tuple[Place, ...]


def examined_images(connection: sa.Connection, images: Sequence[str] = ()) -> list[ExaminedImage]:
    """Return the images that were de-identified and whose pixels were looked at, by id; of `images`, where given."""
    query = sa.select(image.c.id, image.c.site, image.c.facts, outcome.c.payload).join(
        outcome, sa.and_(outcome.c.entity == image.c.id, outcome.c.stage == _STAGE)
    )
    query = query.where(outcome.c.state.in_(("done", "review"))).order_by(image.c.id)
    if images:
        query = query.where(image.c.id.in_(images))
    rows = connection.execute(query)
    return [_examined(row.id, row.site, row.facts, row.payload) for row in rows if row.payload.get("examined")]


def _examined(entity: str, site: str, facts: Mapping[str, Any], payload: Mapping[str, Any]) -> ExaminedImage:
    return ExaminedImage(
        id=entity,
        site=site,
        manufacturer=facts.get("manufacturer") or "",
        model=facts.get("model") or "",
        rows=int(facts["rows"]),
        columns=int(facts["columns"]),
        places=tuple(Place(Box(*r["box"]), r["decision"], r["reason"], r["frame"]) for r in payload["regions"]),
    )
