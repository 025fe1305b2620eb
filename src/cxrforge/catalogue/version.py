"""Noticing that the catalogue changed, without reading it."""

from __future__ import annotations

import threading
from types import TracebackType

import sqlalchemy as sa

from cxrforge.catalogue.database import Catalogue


class VersionWatch:
    """A connection kept for one question: has anyone committed since? Safe to ask from several threads.

    SQLite counts foreign commits per connection (`PRAGMA data_version`), so the connection must stay open and must
    never write. Elsewhere nothing is known, and every look counts as a change.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._reading = catalogue.read()
        self._connection = self._reading.__enter__()
        self._lock = threading.Lock()
        self._looks = 0

    def version(self) -> int:
        """Return a number that is another one after every commit."""
        with self._lock:
            if self._connection.dialect.name != "sqlite":
                self._looks += 1
                return self._looks
            found = self._connection.execute(sa.text("PRAGMA data_version")).scalar_one()
            self._connection.rollback()
            return int(found)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._reading.__exit__(None, None, None)

    def __enter__(self) -> VersionWatch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
