"""`cxrforge serve`: where it listens, and what it says when that does not work."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cxrforge.cli.main import app
from cxrforge.cli.serve import _is_loopback, _listen
from cxrforge.errors import UsageError
from cxrforge.workspace import Workspace


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), ("0.0.0.0", False), ("pc7", False)],
)
def test_only_this_machine_counts_as_local(host: str, local: bool) -> None:
    assert _is_loopback(host) is local


def test_a_port_in_use_is_refused_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="listened") as refusal:
        _listen("127.0.0.1", taken.getsockname()[1])
    assert "--port" in refusal.value.line()


def test_half_of_what_tls_needs_is_refused(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "w").close()
    called = CliRunner().invoke(app, ["-w", str(tmp_path / "w"), "serve", "--tls-cert", "chain.pem"])
    assert isinstance(called.exception, UsageError) and "--tls-key" in called.exception.line()
