"""What commands print when something goes wrong."""

from __future__ import annotations

import errno

import pytest

from cxrforge.cli.terminal import run_guarded


def test_a_full_disk_is_told_in_one_line_without_the_path(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/archive/Zwetschkenbaum")

    assert run_guarded(command) == 1
    told = capsys.readouterr().err
    assert "No space left on device" in told and "Zwetschkenbaum" not in told
    assert told.count("\n") == 1 and "internal fault" not in told
