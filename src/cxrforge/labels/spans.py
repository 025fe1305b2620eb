"""Asking what a text says of spans that somebody else found: the labeler's assertion rules without its mentions."""

from __future__ import annotations

from collections.abc import Sequence

import cxrforge.labels.assertions as assertions
import cxrforge.labels.lexicon as lexicon
from cxrforge.labels.assertions import PLAIN, Target, Verdict
from cxrforge.labels.tokens import Token


def assert_spans(text: str, language: str, spans: Sequence[tuple[int, int]], cautious: bool = False) -> list[Verdict]:
    """Return a verdict for each of `spans` (half-open character offsets into `text`); cues inside a span are not read.

    `cautious` calls "consistent with" and "no definite" uncertain, as NUBes does.
    """
    parsed = lexicon.load(language).parse(text, spans)
    places = [_tokens_of(parsed.tokens, start, end) for start, end in spans]
    order = sorted({p for p in places if p})
    verdicts = assertions.decide(parsed, [Target(start, end) for start, end in order], cautious)
    said = dict(zip(order, verdicts, strict=True))
    return [said[p] if p else PLAIN for p in places]


def _tokens_of(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int] | None:
    """Return the half-open range of tokens that a span covers."""
    inside = [i for i, t in enumerate(tokens) if t.start < end and t.end > start and t.text]
    return (inside[0], inside[-1] + 1) if inside else None
