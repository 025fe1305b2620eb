"""What is to be done with a place that looks like text: keep, redact, or ask a person."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from cxrforge.identity.match import find_known, fold
from cxrforge.pixels.find import Candidate
from cxrforge.records import KnownIdentifiers
from cxrforge.tables import markers

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_LOOKALIKES = str.maketrans("015826ilz|!", "olsbzgllzll")
"""Characters that recognisers take for one another, brought to one of them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`verdict` is keep, redact, review or ignore (no text at all); `reason` names the rule."""

    verdict: str
    reason: str


def decide(
    candidate: Candidate, known: KnownIdentifiers, *, readable: float = 0.6, keep_words: frozenset[str] = frozenset()
) -> Decision:
    """Return what to do with one candidate.

    Text that matches what is known of the patient goes at any confidence; markers stay, with the site's own
    `keep_words` (folded) beside the table; other readable text goes.
    """
    text, score = candidate.reading.text, candidate.reading.score
    words = _WORD.findall(text)
    letters = sum(c.isalnum() for c in text)
    table = markers.load()
    if matches_known(text, known):
        return Decision("redact", "known")
    if words and all(table.kind(w) or markers.fold_marker(w) in keep_words for w in words):
        return Decision("keep", "marker")
    if letters >= 2 and score >= readable:
        return Decision("redact", "readable")
    if letters <= 1:
        return Decision("ignore", "no word")
    return Decision("review", "doubtful")


def matches_known(text: str, known: KnownIdentifiers) -> bool:
    """Tell whether `text` holds something known, allowing for what recognisers misread."""
    if find_known(text, known):
        return True
    words = [fold(w).translate(_LOOKALIKES) for w in _WORD.findall(text) if len(w) > 3]
    return any(
        fuzz.ratio(word, other) >= (80 if len(other) > 5 else 87)
        for word in words
        for other in _known_words(known)
        if abs(len(word) - len(other)) <= 2
    )


def _known_words(known: KnownIdentifiers) -> set[str]:
    values = (*known.patient_names, *known.staff_names, *known.ids, *known.institutions, *known.dates)
    return {fold(w).translate(_LOOKALIKES) for value in values for w in _WORD.findall(value) if len(w) > 3}
