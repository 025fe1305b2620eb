"""Statements that every query module needs, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Value = TypeVar("Value")
_CHUNK = 500
_JULIAN_1970, _DAY_SECONDS = 2440587.5, 86400.0


def chunks(values: Sequence[Value], size: int = _CHUNK) -> Iterator[Sequence[Value]]:
    """Yield `values` in pieces that fit a statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; where the primary key stands already, replace every column that the rows name."""
    if not rows:
        return
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    named = [name for name in rows[0] if name not in keys]
    statement = insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in named})
    connection.execute(statement, [{name: _storable(value) for name, value in row.items()} for row in rows])


def seconds_now(connection: sa.Connection) -> sa.ColumnElement[float]:
    """Return the database's own clock in seconds since 1970, for all who share it have the same."""
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    return (sa.func.julianday("now") - _JULIAN_1970) * _DAY_SECONDS


def _storable(value: Any) -> Any:
    """Return text without NUL, which PostgreSQL does not hold: both databases are to say the same."""
    return value.replace("\0", "") if isinstance(value, str) and "\0" in value else value
