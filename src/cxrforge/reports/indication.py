"""Why the examination was asked for, as one of six classes; the indication's text itself is not needed afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from cxrforge.records import Section
from cxrforge.tables import indication_words
from cxrforge.tables.indication_words import CLASSES, UNKNOWN
from cxrforge.tables.report_fields import LANGUAGES
from cxrforge.tables.report_words import plain

_CLAUSE = re.compile(r"[.;,:!?\n()/]+(?=\s|$)")
_REACH_NEGATION, _REACH_BACKGROUND = 3, 4  # words before a phrase
_LETTERS = re.compile(r"[^\W\d_]{3}")


def indication_class(text: str, sections: Sequence[Section], language: str) -> str:
    """Return the class of a report's indication sections; `unknown` where it has none or they say nothing."""
    return classify_indication("\n".join(text[s.start : s.end] for s in sections if s.name == "indication"), language)


def classify_indication(text: str, language: str) -> str:
    """Return why an examination was asked for, in a class of `indication_words.INDICATIONS`.

    What is asked now comes before what is history, and the more specific class before the less specific one:
    pre-operative, cardiac, respiratory, other, routine. A known heart disease with nothing but a routine control is a
    cardiac follow-up; with respiratory symptoms it is these. What no phrase names is `other`.
    """
    lines = (plain(line.lower().replace("œ", "oe")).strip() for line in text.splitlines())
    low = " ".join(lines).replace("’", "'").strip(" .-:*")
    code = language if language in LANGUAGES else "en"
    if _empty(code).fullmatch(low) or not _LETTERS.search(low):
        return UNKNOWN
    now, before = _found(low, code)
    if "cardiac" in before and now <= {"routine"}:
        return "cardiac"
    for found in (now, before):
        for name in CLASSES:
            if name in found:
                return name
    return "other"


def _found(low: str, language: str) -> tuple[set[str], set[str]]:
    """Return the classes that the text names as present, and those it names as history."""
    now: set[str] = set()
    before: set[str] = set()
    for name, pattern in _patterns(language).items():
        for match in pattern.finditer(low):
            clause = _CLAUSE.split(low[: match.start()])[-1]
            if _marked(clause, _marks(language)[0], _REACH_NEGATION):
                continue
            past = name != "pre-operative" and _marked(clause, _marks(language)[1], _REACH_BACKGROUND)
            (before if past else now).add(name)
    return now, before


def _marked(clause: str, marks: re.Pattern[str], reach: int) -> bool:
    """Tell whether one of the last words of a clause is a mark."""
    tail = re.search(rf"(?:\S+\s+){{0,{reach}}}\S*\s*$", clause)
    return bool(tail and marks.search(tail[0]))


@cache
def _patterns(language: str) -> dict[str, re.Pattern[str]]:
    return {name: _any_of(phrases) for name, phrases in indication_words.load()[language].phrases.items()}


@cache
def _empty(language: str) -> re.Pattern[str]:
    return _any_of(indication_words.load()[language].empty)


@cache
def _marks(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = indication_words.load()[language]
    return _any_of(words.negation), _any_of(words.background)


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of some phrases as whole words; `*` inside or at an end is any rest of a word."""
    bodies = []
    for phrase in sorted(phrases, key=len, reverse=True):
        body = r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in phrase.split())
        bodies.append(body)
    return re.compile(rf"(?<!\w)(?:{'|'.join(bodies)})(?!\w)")
