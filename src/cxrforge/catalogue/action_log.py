"""The log of what people changed: rows are only ever added, each bound to the one before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.chain import LogEntry, sealed
from cxrforge.catalogue.reading_schema import action_log, action_log_head

Digest = Callable[[str], str]
"""A keyed digest of a text, in hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class LogHead:
    """Where the log ends: the number of its rows and the last one's hash."""

    number: int
    hash: str


def take_turn(connection: sa.Connection) -> None:
    """Make this transaction the only one that changes anything until it ends; call it before reading what it rests on.

    Writing to the head first takes SQLite's write lock and PostgreSQL's row lock alike.
    """
    connection.execute(sa.update(action_log_head).values(number=action_log_head.c.number))


def append(
    connection: sa.Connection,
    digest: Digest,
    *,
    at: str,
    person: str,
    action: str,
    kind: str = "",
    entity: str = "",
    detail: Mapping[str, Any] | None = None,
) -> LogEntry:
    """Add one row. `detail` holds pseudonyms, counts and codes, nothing that anyone typed."""
    take_turn(connection)
    head = log_head(connection)
    entry = sealed(
        LogEntry(head.number + 1, at, person, action, kind, entity, dict(detail or {}), head.hash, ""), digest
    )
    connection.execute(sa.insert(action_log).values({name: getattr(entry, name) for name in LogEntry.__slots__}))
    connection.execute(sa.update(action_log_head).values(number=entry.number, hash=entry.hash))
    return entry


def log_head(connection: sa.Connection) -> LogHead:
    """Return where the log ends."""
    row = connection.execute(sa.select(action_log_head.c.number, action_log_head.c.hash)).one()
    return LogHead(row.number, row.hash)


def log_rows(
    connection: sa.Connection, limit: int, before: int | None = None, entity: str | None = None
) -> list[LogEntry]:
    """Return up to `limit` rows, newest first, older than number `before`, of one entity or of all."""
    query = sa.select(action_log).order_by(action_log.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(action_log.c.number < before)
    if entity is not None:
        query = query.where(action_log.c.entity == entity)
    return [_entry(row) for row in connection.execute(query)]


def whole_log(connection: sa.Connection) -> list[LogEntry]:
    """Return every row, oldest first."""
    return [_entry(row) for row in connection.execute(sa.select(action_log).order_by(action_log.c.number))]


def _entry(row: sa.Row[Any]) -> LogEntry:
    return LogEntry(**{name: getattr(row, name) for name in LogEntry.__slots__})
