"""Shared fixtures of the ingest room."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cxrforge.ingest.scan import find_files

if importlib.util.find_spec("cxrforge.reports.formats") is None:  # the room that reads report files
    collect_ignore = ["test_examine.py", "test_accounting.py", "test_hostile.py"]


@pytest.fixture
def examined(tmp_path: Path) -> Callable[[bytes, str], Any]:
    """Write content under a name and examine it."""

    examine = importlib.import_module("cxrforge.ingest.examine").examine

    def write_and_examine(content: bytes, name: str = "file") -> Any:
        (tmp_path / name).write_bytes(content)
        [found] = find_files(tmp_path / name)
        return examine(found)

    return write_and_examine
