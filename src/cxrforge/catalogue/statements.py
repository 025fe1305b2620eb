"""Statements that every query module needs, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Value = TypeVar("Value")
_CHUNK = 500


def chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Yield `values` in pieces that fit a statement."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; where the primary key stands already, replace every column that the rows name."""
    if not rows:
        return
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    named = [name for name in rows[0] if name not in keys]
    statement = insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in named})
    connection.execute(statement, [dict(row) for row in rows])
