"""Shared fixtures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxrforge.pseudonym import Pseudonymizer
from servers import PostgresServer, bucket, postgres, s3, s3_environment


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real material; skips visibly where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("CXRFORGE_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("real data absent: set CXRFORGE_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def pseudonyms() -> Pseudonymizer:
    return Pseudonymizer(bytes(range(32)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL server of these tests; skips visibly where none is installed."""
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty catalogue, on each kind of database."""
    if request.param == "sqlite":
        return "sqlite:///catalogue.sqlite"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.database()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a running S3-compatible server; skips visibly where moto is absent."""
    with s3() as address:
        yield address


@pytest.fixture
def s3_bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty bucket, to which the environment leads."""
    for name, value in s3_environment(s3_server).items():
        monkeypatch.setenv(name, value)
    return bucket(s3_server)
