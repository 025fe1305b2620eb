"""Opening the catalogue: engine, pragmas, migrations, one transaction at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cxrforge.errors import CatalogueError


class Catalogue:
    """A catalogue at its newest schema. All SQL stands in this room; callers pass the connection on."""

    def __init__(self, url: str, folder: Path) -> None:
        try:
            self._engine = sa.create_engine(_absolute(url, folder))
        except (sa.exc.ArgumentError, ImportError) as error:  # its message may quote a password
            raise CatalogueError(
                "the catalogue's URL cannot be used",
                where="[catalogue] url",
                expected="sqlite:///FILE, or a database whose driver is installed",
                found=type(error).__name__,
            ) from None
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _configure_sqlite)
        try:
            with self._engine.begin() as connection:
                _migrate(connection)
        except sa.exc.SQLAlchemyError as error:
            raise CatalogueError("the catalogue cannot be opened", found=type(error).__name__) from error

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection for queries."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a connection whose statements are kept together or not at all."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            raise CatalogueError(
                "the catalogue cannot be written",
                found=type(error.orig).__name__,
                next_step="Check disk space and rights, then repeat; nothing recorded is lost.",
            ) from error

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def _absolute(url: str, folder: Path) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return prefix + str(folder / url.removeprefix(prefix))
    return url


def _configure_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    head = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() != head:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
