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

_POSTGRESQL = "postgresql"
_CONNECT_SECONDS = 10
_MIGRATING = 0x637872  # the advisory lock under which one process at a time brings the schema up
_GONE = (sa.exc.OperationalError, sa.exc.InterfaceError)


class Catalogue:
    """A catalogue at its newest schema. All SQL stands in this room; callers pass the connection on."""

    def __init__(self, url: str, folder: Path) -> None:
        try:
            self._engine = _engine(url, folder)
        except (sa.exc.ArgumentError, ImportError) as error:  # its message may quote a password
            raise CatalogueError(
                "the catalogue's URL cannot be used",
                where="[catalogue] url",
                expected="sqlite:///FILE, or postgresql://… after `pip install cxrforge[postgres]`",
                found=type(error).__name__,
            ) from None
        try:
            with self._engine.begin() as connection:
                _migrate(connection)
        except sa.exc.SQLAlchemyError as error:
            found = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            raise CatalogueError(
                "the catalogue cannot be opened",
                found=type(found).__name__,
                next_step="See that the database runs and that [catalogue] url leads to it." if self.shared else None,
            ) from error

    @property
    def shared(self) -> bool:
        """Tell whether runners of other folders may work on this catalogue at the same time."""
        return self._engine.dialect.name == _POSTGRESQL

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection for queries, which on a shared catalogue all see the same moment."""
        try:
            with self._engine.connect() as connection:
                if self.shared:
                    connection = connection.execution_options(isolation_level="REPEATABLE READ")
                yield connection
        except _GONE as error:
            raise CatalogueError(
                "the catalogue cannot be read",
                found=type(error.orig).__name__,
                next_step="See that the database or the folder is there, then repeat; nothing recorded is lost.",
            ) from error

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a connection whose statements are kept together or not at all."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except _GONE as error:
            raise CatalogueError(
                "the catalogue cannot be written",
                found=type(error.orig).__name__,
                next_step="Check disk space, rights and the database, then repeat; nothing recorded is lost.",
            ) from error

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def _engine(url: str, folder: Path) -> sa.Engine:
    place = sa.make_url(_absolute(url, folder))
    if place.drivername == _POSTGRESQL:
        place = place.set(drivername="postgresql+psycopg")
    if place.get_backend_name() == _POSTGRESQL:
        return sa.create_engine(place, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_SECONDS})
    engine = sa.create_engine(place)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _configure_sqlite)
    return engine


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
    if MigrationContext.configure(connection).get_current_revision() == head:
        return
    if connection.dialect.name == _POSTGRESQL:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))  # another may be at it
    if MigrationContext.configure(connection).get_current_revision() != head:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if connection.dialect.name == _POSTGRESQL:
            _order_by_bytes(connection)


def _order_by_bytes(connection: sa.Connection) -> None:
    """Let every text column sort as SQLite sorts: a database's own language would give a release other bytes."""
    columns = sa.table(
        "columns", *map(sa.column, ("table_name", "column_name", "data_type")), schema="information_schema"
    )
    of_ours = sa.column("table_schema") == sa.func.current_schema()
    kind = sa.column("data_type").in_(("character varying", "text"))
    plain = sa.column("collation_name").is_(None)  # the database's default
    quote = connection.dialect.identifier_preparer.quote
    for row in connection.execute(sa.select(columns).where(of_ours, kind, plain)).all():
        table, column = quote(row.table_name), quote(row.column_name)
        change = f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {row.data_type} COLLATE "C"'
        connection.exec_driver_sql(change)
