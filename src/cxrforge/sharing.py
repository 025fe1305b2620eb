"""Who may work on what: alone in a catalogue everything at once, beside other runners only what is claimed.

A claim lapses when its runner has been silent for the length of a lease. A thread keeps those of a living one, and a
result is recorded only while its claim stands, so that every item is recorded once.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from cxrforge.catalogue import claims
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.statements import chunks
from cxrforge.errors import CatalogueError

_SMALL = 16  # few at a time, so that two runners end a stage together
_KEPT_IN_A_LEASE = 3


class Share(Protocol):
    """Decides which items of a stage this run works on."""

    def draw(self, stage: str, entities: Sequence[str], light: bool) -> Iterator[tuple[Sequence[str], set[str]]]:
        """Yield pieces of `entities`, each with those of it that are ours now."""

    def settle(self, connection: sa.Connection, stage: str, entities: Sequence[str]) -> set[str]:
        """End our work on `entities` and return those that may be recorded."""


class Alone:
    """The run is the only one: everything is ours."""

    def draw(self, stage: str, entities: Sequence[str], light: bool) -> Iterator[tuple[Sequence[str], set[str]]]:
        """Yield every piece whole."""
        yield from ((some, set(some)) for some in chunks(entities))

    def settle(self, connection: sa.Connection, stage: str, entities: Sequence[str]) -> set[str]:
        """Let everything be recorded."""
        return set(entities)


class Beside:
    """Others may work on the same catalogue: only what is claimed is ours."""

    def __init__(self, catalogue: Catalogue, place: str, lease_s: float) -> None:
        self._catalogue = catalogue
        self._place = place
        self._runner = f"{place}-{secrets.token_hex(8)}"
        self._lease_s = lease_s

    def draw(self, stage: str, entities: Sequence[str], light: bool) -> Iterator[tuple[Sequence[str], set[str]]]:
        """Claim a piece each time one is asked for."""
        for some in chunks(entities) if light else chunks(entities, _SMALL):
            with self._catalogue.write() as connection:
                taken = claims.take(
                    connection, stage, some, runner=self._runner, place=self._place, lease_s=self._lease_s
                )
            yield some, taken

    def settle(self, connection: sa.Connection, stage: str, entities: Sequence[str]) -> set[str]:
        """End the claims on `entities` and return those that were still ours."""
        return claims.give_back(connection, stage, entities, self._runner)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the claims of this run while it lasts; give them back afterwards, as those of dead runs before it."""
        self._forget()
        ended = threading.Event()
        thread = threading.Thread(target=self._keep, args=(ended,), name="claims", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            with contextlib.suppress(CatalogueError):  # where the database is gone they lapse by themselves
                self._forget()

    def _forget(self) -> None:
        with self._catalogue.write() as connection:
            claims.forget_place(connection, self._place)

    def _keep(self, ended: threading.Event) -> None:
        while not ended.wait(self._lease_s / _KEPT_IN_A_LEASE):
            with contextlib.suppress(CatalogueError), self._catalogue.write() as connection:
                claims.keep(connection, self._runner, self._lease_s)


@contextmanager
def shared_by(catalogue: Catalogue, folder: Path, lease_s: float) -> Iterator[Share]:
    """Yield the share of a run from the workspace in `folder`, whose lock the caller holds."""
    if not catalogue.shared:
        yield Alone()
        return
    share = Beside(catalogue, place_of(folder), lease_s)
    with share.kept():
        yield share


def place_of(folder: Path) -> str:
    """Return a name for this machine and folder that tells neither."""
    stat = os.stat(folder)
    told = f"{platform.node()}|{folder.resolve()}|{stat.st_dev}|{stat.st_ino}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]
