"""What every part of the reading room works with: catalogue, store, clock, and one way to change things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.people import Person
from cxrforge.catalogue.action_log import append, take_turn
from cxrforge.catalogue.database import Catalogue
from cxrforge.config import Settings
from cxrforge.errors import ForbiddenError
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.stages.stage import Tools
from cxrforge.store import Store

CONSOLE = "console"
"""Stands for whoever works on the command line: who may open the workspace there may do everything."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that the reading room's functions need; nothing of it changes."""

    catalogue: Catalogue
    settings: Settings
    store: Store
    pseudonyms: Pseudonymizer
    clock: Callable[[], datetime]

    @property
    def tools(self) -> Tools:
        """Return what a stage's work may use."""
        return Tools(self.settings, self.pseudonyms, self.store)

    def now(self) -> str:
        """Return the moment in UTC, to the millisecond."""
        return self.clock().astimezone(UTC).isoformat(timespec="milliseconds")

    def digest(self, text: str) -> str:
        """Return the keyed digest that the log is chained with."""
        return self.pseudonyms.digest("action log", text).hex()

    def person_id(self, name: str) -> str:
        """Return the pseudonym of a person's name."""
        return "U" + self.pseudonyms.identifier("person", name)

    @contextmanager
    def change(self, by: Person | None) -> Iterator[Change]:
        """Yield a turn in which this caller alone changes things; everything in it is kept, or nothing."""
        with self.catalogue.write() as connection:
            take_turn(connection)
            yield Change(connection, self, by)


@dataclass(frozen=True, slots=True)
class Change:
    """A turn at changing things, by one person."""

    connection: sa.Connection
    desk: Desk
    by: Person | None

    @property
    def person(self) -> str:
        """Return who stands in the log."""
        return self.by.id if self.by else CONSOLE

    def log(self, action: str, kind: str = "", entity: str = "", detail: Mapping[str, Any] | None = None) -> None:
        """Write what was done to the log."""
        append(
            self.connection,
            self.desk.digest,
            at=self.desk.now(),
            person=self.person,
            action=action,
            kind=kind,
            entity=entity,
            detail=detail,
        )


def require(by: Person | None, action: str) -> None:
    """Raise `ForbiddenError` where a person's role does not allow an action; the command line may do all."""
    if by is not None and not by.may(action):
        raise ForbiddenError(f"your role does not allow this ({action})", found=by.role)


def require_site(by: Person | None, site: str) -> None:
    """Raise `ForbiddenError` where a person may not see items of a site."""
    if by is not None and not by.sees(site):
        raise ForbiddenError("the item is of a site that you do not see")
