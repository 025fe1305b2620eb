"""Shared fixtures of the ingest room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cxrforge.ingest.examine import ExaminedFile, examine
from cxrforge.ingest.scan import find_files


@pytest.fixture
def examined(tmp_path: Path) -> Callable[..., ExaminedFile]:
    """Write content under a name and examine it."""

    def write_and_examine(content: bytes, name: str = "file") -> ExaminedFile:
        (tmp_path / name).write_bytes(content)
        [found] = find_files(tmp_path / name)
        return examine(found)

    return write_and_examine
