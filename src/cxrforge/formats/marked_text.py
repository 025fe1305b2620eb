"""A report cut where its marks begin and end, so that a page can show the evidence in place."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cxrforge.formats.release_tables import LABEL_WORDS
from cxrforge.records import Mention

_TAG = re.compile(r"\[[A-Z][A-Z0-9_ -]*\]|<[A-Z][A-Z0-9_ -]*>")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text: `kind` is plain, removed (a tag for an identifier), positive, uncertain or negative."""

    text: str
    kind: str = "plain"
    note: str = ""


def marked_segments(text: str, mentions: Sequence[Mention]) -> tuple[Segment, ...]:
    """Return `text` in order and whole, cut at mentions and at the tags that stand for identifiers.

    Where mentions overlap, the note names all of them and the kind is the most telling: positive, uncertain, negative.
    """
    cuts = {0, len(text)}
    for mention in mentions:
        cuts |= {min(max(edge, 0), len(text)) for edge in (mention.start, mention.end)}
    tags = [match.span() for match in _TAG.finditer(text)]
    for span in tags:
        cuts |= set(span)
    edges = sorted(cuts)
    return tuple(_segments(text, edges, mentions, tags))


def _segments(
    text: str, edges: Sequence[int], mentions: Sequence[Mention], tags: Sequence[tuple[int, int]]
) -> Iterator[Segment]:
    for start, end in itertools.pairwise(edges):
        covering = [m for m in mentions if m.start <= start and end <= m.end]
        if covering:
            words = [LABEL_WORDS[m.assertion] for m in covering]
            kind = next(word for word in ("positive", "uncertain", "negative") if word in words)
            note = "; ".join(f"{m.observation}: {word}" for m, word in zip(covering, words, strict=True))
            yield Segment(text[start:end], kind, note)
        elif any(first <= start and end <= last for first, last in tags):
            yield Segment(text[start:end], "removed", "an identifier was removed here")
        else:
            yield Segment(text[start:end])
