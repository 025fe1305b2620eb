"""Words that tell no person, place or device from another."""

from __future__ import annotations

from functools import cache

from cxrforge.tables.files import read_lines


@cache
def load() -> frozenset[str]:
    """Return the words, in lower case."""
    return frozenset(read_lines("generic_words.txt"))
