"""Word lists made into pattern alternatives, and what stands behind a measurement."""

from __future__ import annotations

import re

from cxrforge.identity.text import folded

MEASURED = re.compile(r"\s?(?:mm|cm|ml|mg|kg|%|mmhg|fr\b|french|cc\b)")
"""A unit behind a number: it is a measurement and no identifier."""


def words_pattern(words: tuple[str, ...] | list[str] | frozenset[str]) -> str:
    """Return alternatives for plain words and phrases, longest first; a blank or dot may be doubled or left out."""
    out = []
    for word in sorted({folded(w) for w in words}, key=len, reverse=True):
        body = re.escape(word).replace(r"\ ", r"[ ]{1,2}").replace(r"\.", r"\.[ ]?")
        out.append(body)
    return "|".join(out)
