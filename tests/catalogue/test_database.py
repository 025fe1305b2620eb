"""The catalogue's schema and its migrations say the same."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import cxrforge.catalogue
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.holdings import Site, add_site, sites
from cxrforge.catalogue.schema import metadata
from cxrforge.errors import CatalogueError


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue("sqlite:///catalogue.sqlite", tmp_path)


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


def test_sqlite_writes_ahead_and_keeps_foreign_keys(catalogue: Catalogue) -> None:
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
