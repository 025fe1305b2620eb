"""Which readings show an image: who may look at its pixels follows from that."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from cxrforge.catalogue.reading_schema import assignment, audit, audit_item
from cxrforge.catalogue.schema import image


@dataclass(frozen=True, slots=True)
class Showing:
    """An assignment that shows an image: whose it is (None: nobody took it), its audit's kind, the item's site."""

    person: str | None
    kind: str
    slot: int
    site: str


def showings(connection: sa.Connection, name: str) -> list[Showing]:
    """Return the assignments that show an image, or a canary of that id."""
    study = sa.select(image.c.study).where(image.c.id == name).scalar_subquery()
    query = sa.select(assignment.c.person, audit.c.kind, assignment.c.slot, audit_item.c.site)
    query = query.join(audit, audit.c.id == assignment.c.audit)
    same = sa.and_(audit_item.c.audit == assignment.c.audit, audit_item.c.entity == assignment.c.entity)
    query = query.join(audit_item, same)
    query = query.where(sa.or_(assignment.c.entity == name, assignment.c.entity == study))
    return [Showing(*row) for row in connection.execute(query)]


def site_of_image(connection: sa.Connection, name: str) -> str | None:
    """Return the site of an image; None for what is no image, or a canary."""
    found: str | None = connection.execute(sa.select(image.c.site).where(image.c.id == name)).scalar()
    return found
