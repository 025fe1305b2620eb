"""What is to be done with a place that looks like text: keep, redact, or ask a person."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from cxrforge.identity.match import find_known, fold
from cxrforge.pixels.find import Candidate, read_quads
from cxrforge.pixels.fit import fit
from cxrforge.pixels.follow import follow
from cxrforge.pixels.split import split_glyphs, split_words
from cxrforge.records import KnownIdentifiers
from cxrforge.tables import markers

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_LOOKALIKES = str.maketrans("015826ilz|!", "olsbzgllzll")
"""Characters that recognisers take for one another, brought to one of them."""
_SIDES = frozenset({"l", "r"})
_SURE = _SIDES | {"ap", "pa", "left", "right"}
_MORE = 0.7
"""Growth, in heights, from which a line may have gained a word, so that it is read again."""
_LEAD_LETTERS = 5
"""Letters that a lead marker has at most: a side and the technician's initials."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A candidate and its `verdict`: keep, redact, review or ignore (no text); `reason` names the rule."""

    candidate: Candidate
    verdict: str
    reason: str


def decide_all(
    values: NDArray[np.float32],
    candidates: list[Candidate],
    known: KnownIdentifiers,
    *,
    readable: float = 0.6,
    keep_words: frozenset[str] = frozenset(),
) -> list[Decided]:
    """Return what to do with each candidate of one frame, markers cut out of the lines they were found in."""
    decided: list[Decided] = []
    for candidate in candidates:
        one = decide(candidate, known, readable=readable, keep_words=keep_words)
        if one.verdict == "redact":
            one = _with_its_ends(values, one, known, keep_words)
        decided.extend(_without_markers(values, one, known, keep_words) if one.verdict == "redact" else [one])
    return _continue_lines(decided)


def decide(
    candidate: Candidate, known: KnownIdentifiers, *, readable: float = 0.6, keep_words: frozenset[str] = frozenset()
) -> Decided:
    """Return what to do with one candidate.

    Text that matches what is known of the patient goes at any confidence; markers stay, with the site's own
    `keep_words` (folded) beside the table; other readable text goes.
    """
    text, score = candidate.reading.text, candidate.reading.score
    letters = sum(c.isalnum() for c in text)
    if matches_known(text, known):
        return Decided(candidate, "redact", "known")
    if score >= readable and _is_marker(text, keep_words):
        return Decided(candidate, "keep", "marker")
    if letters >= 2 and score >= readable:
        return Decided(candidate, "redact", "readable")
    if letters <= 1 or not _is_line(candidate):
        return Decided(candidate, "ignore", "no word")
    return Decided(candidate, "review", "doubtful")


def _with_its_ends(
    values: NDArray[np.float32], line: Decided, known: KnownIdentifiers, keep_words: frozenset[str]
) -> Decided:
    """Return the line as far as a closer look can follow it, read anew where it grew by more than a letter's part."""
    before = line.candidate
    quad = follow(values, before.quad)
    if quad is before.quad:
        return line
    after = Candidate(fit(values, quad), before.reading)
    if after.length - before.length < _MORE * before.height and not any(
        _stands_alone(word, keep_words, known) for word in _WORD.findall(before.reading.text)
    ):
        return replace(line, candidate=after)
    (reading,) = read_quads(values, [after.quad])
    return replace(line, candidate=Candidate(after.quad, reading if reading.text else before.reading))


def _is_marker(text: str, keep_words: frozenset[str]) -> bool:
    table = markers.load()
    kinds = [
        "other" if markers.fold_marker(word) in keep_words else table.kind(word)
        for whole in _WORD.findall(text)
        for word in ([whole] if table.kind(whole) else re.split(r"[-']", whole))
    ]
    return bool(kinds) and all(kinds) and any(kind != "joining" for kind in kinds)


def _is_line(candidate: Candidate) -> bool:
    """Tell whether a place no one could read has the shape of a line and letters of an alphabet we know."""
    text = candidate.reading.text
    latin = sum(c.isalnum() and ord(c) < 0x250 for c in text)
    return (
        candidate.quad.score >= 0.6
        and latin >= 3
        and 2 * latin > len(text)
        and candidate.length >= 2 * candidate.height
    )


def _without_markers(
    values: NDArray[np.float32], line: Decided, known: KnownIdentifiers, keep_words: frozenset[str]
) -> list[Decided]:
    """Return the line, or its words and letters where a marker stands among them that can be told apart."""
    words = split_words(line.candidate)
    alone = [_stands_alone(word.reading.text, keep_words, known) for word in words]
    # Names have such words inside them (van der Meer), lines of markers have them at their ends.
    ends = [all(alone[: n + 1]) or all(alone[n:]) for n in range(len(words))]
    kept = ends if len(words) > 1 else [False]
    if any(kept):
        return [
            replace(line, candidate=w, verdict="keep", reason="marker") if k else replace(line, candidate=w)
            for w, k in zip(words, kept, strict=True)
        ]
    letters = sum(c.isalnum() for c in line.candidate.reading.text)
    if line.reason == "known" or letters > _LEAD_LETTERS or line.candidate.length > 4 * line.candidate.height:
        return [line]
    glyphs = split_glyphs(values, line.candidate)
    sides = [g.reading.score >= 0.5 and markers.fold_marker(g.reading.text) in _SIDES for g in glyphs]
    if len(glyphs) < 2 or sum(sides) != 1:
        return [line]
    rest = "".join(g.reading.text for g, s in zip(glyphs, sides, strict=True) if not s)
    if _is_marker(rest, keep_words):
        return [replace(line, verdict="keep", reason="marker")]
    return [
        replace(line, candidate=g, verdict="keep", reason="marker") if s else replace(line, candidate=g)
        for g, s in zip(glyphs, sides, strict=True)
    ]


def _stands_alone(word: str, keep_words: frozenset[str], known: KnownIdentifiers) -> bool:
    """Tell whether a word among others is a marker beyond doubt: L, R, AP, PA, or a long word that is no one's name."""
    folded = markers.fold_marker(word)
    if matches_known(word, known):
        return False
    long = len(folded) > 4 and markers.load().kind(word) in ("projection", "position")
    return long or folded in _SURE or folded in keep_words


def _continue_lines(decided: list[Decided]) -> list[Decided]:
    """Redact what no one could read where it continues a line that goes: a stray end of a name is still a name."""
    going = [d.candidate for d in decided if d.verdict == "redact" and len(d.candidate.reading.text) > 2]
    return [
        replace(d, verdict="redact", reason="continues a line")
        if d.verdict in ("ignore", "review") and any(_continues(d.candidate, line) for line in going)
        else d
        for d in decided
    ]


def _continues(piece: Candidate, line: Candidate) -> bool:
    """Tell whether `piece` stands in the run of `line`: level with it, about as high, and near one of its ends."""
    height = line.height
    if not 0.5 * height <= piece.height <= 1.6 * height or piece.length > 3 * height:
        return False
    corners = line.quad.corners
    sides = (corners[1] - corners[0], corners[3] - corners[0])
    along = max(sides, key=lambda side: float(np.linalg.norm(side)))
    along = along / max(1e-6, float(np.linalg.norm(along)))
    offset = piece.quad.corners.mean(axis=0) - corners.mean(axis=0)
    run = abs(float(offset @ along))
    level = abs(float(offset[0] * along[1] - offset[1] * along[0]))
    gap = run - line.length / 2 - piece.length / 2
    return level < 0.4 * height and gap < height


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
