"""Servers that tests start for themselves: PostgreSQL in a folder of its own, S3 in a thread."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NOBODY = "nobody"  # PostgreSQL refuses to run as root


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class PostgresServer:
    """A server with trust for local connections; its databases go with its folder."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.port = programs, folder, free_port()
        self.databases = 0

    def _call(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), *words]
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={NOBODY}", "--regid=nogroup", "--clear-groups", *command]
        with open(os.devnull, "w") as nothing:  # the server keeps its output open: a pipe would never end
            subprocess.run(command, check=True, stdout=nothing, stderr=nothing, cwd=self.folder, timeout=60)

    def start(self) -> None:
        data = self.folder / "data"
        if not data.exists():
            # a locale that sorts otherwise than bytes do, where there is one: a release must not depend on it
            self._call("initdb", "-D", str(data), "-A", "trust", "-U", "tests", "--no-sync", "-E", "UTF8", *_locale())
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._call("pg_ctl", "-D", str(data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._call("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")

    def database(self) -> str:
        """Make an empty database and return its URL."""
        self.databases += 1
        name = f"d{self.databases}"
        self._call("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tests", name)
        return f"postgresql://tests@127.0.0.1:{self.port}/{name}"


def _locale() -> list[str]:
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
    return ["--locale=en_US.utf8"] if "en_US.utf8" in known else ["--locale-provider=icu", "--icu-locale=en-US"]


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """Yield a running server, or skip where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    here = found[-1].parent if found else Path(shutil.which("initdb") or "/nowhere").parent
    if not (here / "pg_ctl").exists():
        pytest.skip("PostgreSQL absent: install the package postgresql")
    pytest.importorskip("psycopg", reason="psycopg absent")
    folder = Path(tempfile.mkdtemp(prefix="cxrforge-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, NOBODY, "nogroup")
    server = PostgresServer(here, folder)
    try:
        server.start()
        yield server
    finally:
        with suppress(subprocess.SubprocessError):  # a test may have stopped it
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def s3() -> Iterator[str]:
    """Yield the address of an S3-compatible server with a bucket `objects`, or skip where moto is absent."""
    server_module = pytest.importorskip("moto.server", reason="moto absent")
    pytest.importorskip("s3fs", reason="s3fs absent")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server._port}"
    finally:
        server.stop()


def s3_environment(address: str) -> dict[str, str]:
    """Return what leads s3fs to the server, as it would lead a user's processes."""
    keys = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}
    return {"AWS_ENDPOINT_URL": address, **keys}


def bucket(address: str) -> str:
    """Make an empty bucket and return its URL."""
    import boto3

    name = f"b{os.urandom(6).hex()}"
    keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket=name)
    return f"s3://{name}"
