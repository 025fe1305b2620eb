"""Words that are shaped like names: tokens with their case, and sequences of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from cxrforge.tables import (
    eponyms,
    gazetteers,
    name_words,
    ordinary_words,
    report_identifiers,
    report_sections,
    report_words,
)
from cxrforge.tables.report_words import plain

_WORD = re.compile(r"[^\W\d_]+(?:['’](?=[^\W\d_]{2})[^\W\d_]+)?")
PARTICLES = name_words.load().particles
_GAP = re.compile(r"\.?[ \t]{1,2}|\.?-|[ \t]?\.[ \t]?|['’]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with its plain form and how it is written."""

    start: int
    end: int
    word: str
    capital: bool
    shout: bool  # all capitals, two letters and more


@dataclass(frozen=True, slots=True)
class _Lexicon:
    stop: frozenset[str]  # words that end a name: roles, titles, institutions, small words
    function: frozenset[str]
    titles: frozenset[str]
    doctor_titles: frozenset[str]


@cache
def lexicon(language: str) -> _Lexicon:
    """Return the words that no name holds, in one language and English."""
    identifiers = report_identifiers.load()
    stop: set[str] = set()
    for code in {language, "en"}:
        words = identifiers[code]
        groups = (
            words.doctor_cues,
            words.institution_words,
            words.id_labels,
            words.contact_labels,
            words.relatives,
            words.age_words,
            words.patient_cues,
            words.weekdays,
            words.seasons,
            words.person_titles,
            words.doctor_titles,
        )
        for group in groups:
            stop.update(w for phrase in group for w in re.findall(r"\w+", plain(phrase)) if len(w) > 2)
        stop.update(plain(m) for row in words.months for m in row if len(m) > 3)
        for headings in report_sections.load()[code].headings.values():
            stop.update(w for phrase in headings for w in re.findall(r"\w+", plain(phrase)) if len(w) > 3)
    function = {plain(w) for code in (language, "en") for w in report_words.load()[code].function}
    titles: set[str] = set()
    doctors: set[str] = set()
    for words in identifiers.values():
        titles.update(re.sub(r"[\W_]", "", plain(t)) for t in words.person_titles)
        doctors.update(re.sub(r"[\W_]", "", plain(t)) for t in words.doctor_titles)
    return _Lexicon(frozenset(stop), frozenset(function), frozenset(titles), frozenset(doctors))


def words_of(text: str, low: str) -> list[Word]:
    """Return the words of `text` in order; `low` is the folded text."""
    found = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        raw = match[0]
        found.append(Word(start, end, low[start:end], raw[0].isupper(), len(raw) > 1 and raw.isupper()))
    return found


def is_given(word: str) -> bool:
    """Tell whether a plain word is a given name (hyphenated ones by their first part)."""
    return word in gazetteers.load().given


def is_ordinary(word: str, language: str) -> bool:
    """Tell whether a plain word is an everyday or clinical word of the language, or of English."""
    table = ordinary_words.load()
    return word in table.by_language[language] or word in table.by_language["en"] or table.is_clinical(word)


def is_eponym(word: str) -> bool:
    """Tell whether a plain word is a known eponym."""
    return word in eponyms.load().names


def name_run(
    words: Sequence[Word],
    text: str,
    at: int,
    language: str,
    *,
    limit: int = 4,
    loose: bool = False,
    lower: bool = False,
) -> tuple[int, int] | None:
    """Return the index range of the name that starts at word `at`, or None.

    `loose`: the place says that a name follows, so everyday words in capitals are names too. `lower`: names in small
    letters count as well.
    """
    lex = lexicon(language)
    k, solid, given = at, 0, False
    end = at
    while k < len(words) and k - at < limit + 2 and solid < limit:
        word = words[k]
        if k > at and not _GAP.fullmatch(text[words[k - 1].end : word.start]):
            break
        if len(word.word) == 1:
            if not word.capital or (k == at and not loose):
                break
            dotted = text[word.end : word.end + 1] in (".", "-")
            if not dotted and k > at and not _closes(text, word.end) and solid:
                break
            k += 1
            end = k if solid or dotted or _closes(text, word.end) else end
            continue
        if (
            word.word in PARTICLES
            and (solid or loose)
            and k + 1 < len(words)
            and (words[k + 1].capital or words[k + 1].word in PARTICLES)
        ):
            k += 1
            continue
        if word.word in lex.stop or (
            word.word in lex.function and not (solid == 0 and loose and word.capital and len(word.word) > 3)
        ):
            break
        if not word.capital and not lower:
            break
        initials = k > at and len(words[k - 1].word) == 1
        if is_ordinary(word.word, language) and not (
            word.capital and ((loose and solid == 0) or given or initials or (loose and word.shout))
        ):
            break
        if ordinary_words.load().is_clinical(word.word) and not (
            word.capital and loose and solid <= 1 and (given or initials or solid == 0)
        ):
            break
        given = given or is_given(word.word)
        solid += 1
        k += 1
        end = k
    return (at, end) if solid or (loose and end > at) else None


def _closes(text: str, end: int) -> bool:
    """Tell whether a lone capital ends a name: punctuation or the line's end follows."""
    return end >= len(text) or text[end] in ".,;:)?!/\n" or not text[end : end + 2].strip()
