"""Shared fixtures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cxrforge.pseudonym import Pseudonymizer


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
