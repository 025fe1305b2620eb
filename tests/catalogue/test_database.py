"""The catalogue's schema and its migrations say the same."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

import cxrforge.catalogue
from cxrforge.catalogue import database
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.holdings import Site, add_site, sites
from cxrforge.catalogue.schema import issue, metadata
from cxrforge.catalogue.statements import upsert
from cxrforge.errors import CatalogueError
from servers import PostgresServer


@pytest.fixture
def catalogue(catalogue_url: str, tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(catalogue_url, tmp_path)
    yield opened
    opened.close()


def test_migrations_arrive_at_the_schema(catalogue: Catalogue) -> None:
    for module in pkgutil.iter_modules(cxrforge.catalogue.__path__):
        importlib.import_module(f"cxrforge.catalogue.{module.name}")  # each adds its tables to the metadata
    with catalogue.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_failed_transaction_leaves_nothing(catalogue: Catalogue) -> None:
    with pytest.raises(RuntimeError), catalogue.write() as connection:
        add_site(connection, Site("north", "DE", "de"))
        raise RuntimeError
    with catalogue.read() as connection:
        assert sites(connection) == []


def test_sites_sort_by_bytes_whatever_language_the_database_speaks(catalogue: Catalogue) -> None:
    names = ["a", "B", "c", "a-c", "ab", "a0"]
    with catalogue.write() as connection:
        for name in names:
            add_site(connection, Site(name, "DE", "de"))
    with catalogue.read() as connection:
        assert [s.id for s in sites(connection)] == sorted(names)


def test_text_with_nul_is_kept_without_it(catalogue: Catalogue) -> None:
    row = {"entity": "I1", "stage": "ingest", "code": "x", "kind": "file", "site": "n", "level": "note"}
    with catalogue.write() as connection:
        upsert(connection, issue, [{**row, "detail": "a\0b"}])
    with catalogue.read() as connection:
        assert connection.execute(sa.select(issue.c.detail)).scalar_one() == "ab"


def test_an_older_catalogue_is_brought_up_and_keeps_its_rows(catalogue_url: str, tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with database._engine(catalogue_url, tmp_path).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        row = {"id": "north", "country": "DE", "language": "de", "unpaired": False}
        connection.execute(sa.insert(sa.table("site", *map(sa.column, row))).values(row))
    with Catalogue(catalogue_url, tmp_path).read() as connection:
        assert [s.id for s in sites(connection)] == ["north"]
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_sqlite_writes_ahead_and_keeps_foreign_keys(tmp_path: Path) -> None:
    catalogue = Catalogue("sqlite:///catalogue.sqlite", tmp_path)
    with catalogue.read() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(sa.text("PRAGMA foreign_keys")).scalar() == 1


@pytest.mark.parametrize("url", ["nothing", "cheese://user:geheim@host/x", "mssql+pymssql://user:geheim@host/x"])
def test_a_url_that_cannot_be_used_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(CatalogueError, match="URL") as refusal:
        Catalogue(url, tmp_path)
    assert "geheim" not in refusal.value.line()


def test_a_file_that_is_no_catalogue_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").write_bytes(b"nothing like a database" * 100)
    with pytest.raises(CatalogueError, match="cannot be opened"):
        Catalogue("sqlite:///catalogue.sqlite", tmp_path)


def test_a_server_that_is_not_there_is_told_in_one_line_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(CatalogueError, match="cannot be opened") as refusal:
        Catalogue("postgresql://someone:geheim@127.0.0.1:1/x", tmp_path)
    assert "geheim" not in refusal.value.line()


def test_a_server_that_went_away_is_told_in_one_line(postgres_server: PostgresServer, tmp_path: Path) -> None:
    catalogue = Catalogue(postgres_server.database(), tmp_path)
    with pytest.raises(CatalogueError, match="cannot be written"), catalogue.write() as connection:
        add_site(connection, Site("north", "DE", "de"))
        postgres_server.stop()
        try:
            add_site(connection, Site("south", "DE", "de"))
        finally:
            postgres_server.start()
    with catalogue.read() as connection:
        assert sites(connection) == []
