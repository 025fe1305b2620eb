"""Ten thousand known identifiers, written in every way, in eight languages."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from cxrforge.identity.match import find_known

sys.path.insert(0, str(Path(__file__).parent))

from injection import TITLES, Injection, injections

NO_NAMES = {"de", *(w for title in TITLES.values() for w in re.findall(r"\w+", title))}


def is_whole(injection: Injection) -> bool:
    spans = find_known(injection.text, injection.known, injection.language)
    words = re.finditer(r"\w+", injection.text[injection.start : injection.end])
    return all(
        any(s.start <= injection.start + w.start() and injection.start + w.end() <= s.end for s in spans)
        for w in words
        if (len(w.group()) > 1 or injection.form == "initials") and w.group() not in NO_NAMES
    )


def test_known_identifiers_are_found_however_they_are_written() -> None:
    missed = [i.form for i in injections(1500) if not is_whole(i)]
    assert len(missed) <= 2, missed


@pytest.mark.slow
def test_ten_thousand_known_identifiers_are_found() -> None:
    missed = sum(not is_whole(i) for i in injections(10_000))
    assert missed <= 10
