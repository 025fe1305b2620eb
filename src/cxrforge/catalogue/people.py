"""Who may enter the reading room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.people import Person
from cxrforge.catalogue.reading_schema import person


def insert_person(connection: sa.Connection, row: Person, password: str) -> bool:
    """Add a person with the hash of a password; return False when one of that name is there."""
    if connection.execute(sa.select(person.c.id).where(person.c.name == row.name)).first():
        return False
    values = {name: getattr(row, name) for name in Person.__slots__} | {"sites": list(row.sites)}
    connection.execute(sa.insert(person).values(**values, password=password))
    return True


def all_people(connection: sa.Connection) -> list[Person]:
    """Return everyone, by name."""
    return [_person(row) for row in connection.execute(sa.select(person).order_by(person.c.name))]


def find_person(connection: sa.Connection, *, name: str | None = None, id: str | None = None) -> Person | None:
    """Return the person of this name or id."""
    query = sa.select(person).where(person.c.name == name if id is None else person.c.id == id)
    row = connection.execute(query).first()
    return _person(row) if row else None


def password_hash(connection: sa.Connection, name: str) -> str | None:
    """Return the hash of the password of whoever logs in as `name`."""
    found: str | None = connection.execute(sa.select(person.c.password).where(person.c.name == name)).scalar()
    return found


def update_person(connection: sa.Connection, id: str, **values: Any) -> None:
    """Change columns of a person."""
    connection.execute(sa.update(person).where(person.c.id == id).values(**values))


def qualifications(connection: sa.Connection) -> Mapping[str, str]:
    """Return each person's qualification, by id."""
    rows = connection.execute(sa.select(person.c.id, person.c.qualification))
    return {row.id: row.qualification for row in rows}


def _person(row: sa.Row[Any]) -> Person:
    return Person(row.id, row.name, row.role, tuple(row.sites), row.qualification, row.disabled)
