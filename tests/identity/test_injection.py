"""Ten thousand known identifiers, written in every way, in eight languages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cxrforge.identity.match import find_known

sys.path.insert(0, str(Path(__file__).parent))

from injection import injections, is_whole


def test_known_identifiers_are_found_however_they_are_written() -> None:
    missed = [i.form for i in injections(1500) if not is_whole(i, find_known(i.text, i.known, i.language))]
    assert len(missed) <= 2, missed


@pytest.mark.slow
def test_ten_thousand_known_identifiers_are_found() -> None:
    missed = sum(not is_whole(i, find_known(i.text, i.known, i.language)) for i in injections(10_000))
    assert missed <= 10
