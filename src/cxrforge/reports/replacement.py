"""What stands in the place of an identifier: its category as a tag."""

from __future__ import annotations

from collections.abc import Sequence

from cxrforge.errors import UsageError
from cxrforge.records import Span

REPLACEMENTS = ("tag",)


def replace_spans(text: str, spans: Sequence[Span], language: str, replacement: str) -> tuple[str, list[int]]:
    """Return the text with every span replaced, and for each offset of the input its offset in the output.

    Offsets inside a span map to the start of what replaces it.
    """
    if replacement not in REPLACEMENTS:
        raise UsageError("unknown replacement", expected=" or ".join(REPLACEMENTS), found=repr(replacement)[:20])
    parts: list[str] = []
    place: list[int] = []
    at = length = 0
    for span in spans:
        parts.append(text[at : span.start])
        place.extend(range(length, length + span.start - at))
        length += span.start - at
        tag = f"[{span.category.value}]"
        parts.append(tag)
        place.extend([length] * (span.end - span.start))
        length += len(tag)
        at = span.end
    parts.append(text[at:])
    place.extend(range(length, length + len(text) - at + 1))
    return "".join(parts), place
