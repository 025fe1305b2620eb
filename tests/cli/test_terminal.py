"""What commands print when something goes wrong."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cxrforge.cli.main import app
from cxrforge.cli.terminal import RunBars, run_guarded
from cxrforge.workspace import Workspace


def test_a_full_disk_is_told_in_one_line_without_the_path(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/archive/Zwetschkenbaum")

    assert run_guarded(command) == 1
    told = capsys.readouterr().err
    assert "No space left on device" in told and "Zwetschkenbaum" not in told
    assert told.count("\n") == 1 and "internal fault" not in told


def test_a_long_run_tells_rate_time_left_and_memory_where_no_bar_shows_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bars = RunBars(None, told_every_s=0.0)
    bars.started(SimpleNamespace(name="screen", title="Screen", kind="image"), 100)
    bars.advanced(10)
    told = capsys.readouterr().err
    assert "screen: 10 of 100" in told and "/s" in told and "min left" in told and "GB" in told


def test_run_can_say_what_it_would_do_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "w").close()
    call = CliRunner()
    told = call.invoke(app, ["-w", str(tmp_path / "w"), "run", "--dry-run", "--json"])
    assert {row["pending"] for row in json.loads(told.stdout)} == {0}
    assert not list((tmp_path / "w" / "logs").iterdir())
    for words in (["--stage", "nothing"], ["--site", "nowhere"], ["--executor", "cluster"]):
        assert call.invoke(app, ["-w", str(tmp_path / "w"), "run", *words]).exit_code != 0
    both = ["--executor", "serial", "--scheduler", "tcp://127.0.0.1:1"]
    assert call.invoke(app, ["-w", str(tmp_path / "w"), "run", *both]).exit_code != 0
