"""What one place of a report gives away is found again in the rest of it: names said once, names inside addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cxrforge.records import Category, Span
from cxrforge.reports.names import PARTICLES, Word, is_eponym, is_ordinary, is_role, lexicon
from cxrforge.tables import gazetteers

_CERTAIN = frozenset(("title", "cue patient", "cue doctor", "known", "name before birth", "name field", "roster"))
"""Evidence that makes a word a name wherever it stands again."""

_PEOPLE = frozenset((Category.PATIENT, Category.DOCTOR, Category.OTHER))
_LOCAL_PART = re.compile(r"(?<![\w.+-])([\w.+-]{1,64}) ?@")


def find_echoes(words: Sequence[Word], low: str, spans: Sequence[Span], language: str) -> Iterator[Span]:
    """Yield words that stand elsewhere in the text inside a person's name or an e-mail address."""
    wanted = _names_said(words, spans, language)
    written = {
        part
        for match in (_LOCAL_PART.finditer(low) if "@" in low else ())
        for part in re.split(r"[._+\d-]+", match[1])
        if len(part) > 3 and not is_ordinary(part, language) and part not in lexicon(language).stop
    }
    if not wanted and not written:
        return
    covered = sorted((s.start, s.end) for s in spans)
    for word in words:
        category = wanted.get(word.word) if word.capital else None
        if category is None and word.word in written:
            category = Category.PATIENT
        if category and not any(a < word.end and word.start < b for a, b in covered):
            yield Span(word.start, word.end, category, "said before")


def _names_said(words: Sequence[Word], spans: Sequence[Span], language: str) -> dict[str, Category]:
    """Return name parts that are no other word, by what they were."""
    found: dict[str, Category] = {}
    people = [s for s in spans if s.category in _PEOPLE and (s.evidence in _CERTAIN or s.evidence == "given name")]
    if not people:
        return found
    given = gazetteers.load().given
    for span in people:
        inside = [w for w in words if span.start <= w.start and w.end <= span.end and w.capital and len(w.word) > 2]
        if span.evidence == "given name" and len(inside) < 2:
            continue
        for word in inside:
            usual = is_ordinary(word.word, language) or is_eponym(word.word) or is_role(word.word)
            if len(word.word) < 4 and word.word not in given:
                continue
            if not usual and word.word not in PARTICLES and word.word not in lexicon(language).stop:
                found.setdefault(word.word, span.category)
    return found
