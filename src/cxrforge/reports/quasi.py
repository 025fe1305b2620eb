"""Quasi-identifiers by policy: ages under 90, occupations, countries and peoples.

They tell a person only together with other things (GUIDELINE), so by default they stay. `decade` makes ages coarser
and leaves the rest; `tag` replaces all of them. Durations, doses and gestational weeks are no ages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cxrforge.identity.text import digits_in
from cxrforge.records import Category, Span
from cxrforge.reports.alternatives import words_pattern
from cxrforge.tables import quasi_identifiers, report_identifiers, term_shapes

POLICIES = ("keep", "decade", "tag")
DECADE = "age to a decade"
"""Evidence of an age that is written as its decade."""

_LASTING = re.compile(
    r"(?:seit|for|depuis|desde hace|hace|da|sinds|od|ha|over|last|past|nach|after|vor|ago|for about|pendant)\s{1,2}$"
)


@cache
def _age(language: str) -> re.Pattern[str]:
    words = report_identifiers.load()[language]
    units = words_pattern(list(words.age_words))
    return re.compile(
        rf"(?<![\w.,/-])(?P<n>[1-8]?\d)(?:[ \-]{{0,2}}(?:{units})(?!\w))|(?<!\w)(?:aged?|edad|eta|alter|lat|anni|idade|wiek|leeftijd)[ :]{{1,3}}(?P<m>[1-8]?\d)(?![\w%.,]\d|\d|[ ]?(?:mm|cm|%))"  # noqa: E501 (a pattern reads better whole)
    )


@cache
def _occupation() -> re.Pattern[str]:
    cues = words_pattern(list(quasi_identifiers.load().occupation_cues))
    return re.compile(rf"(?<!\w)(?:{cues})[ ](?P<v>[^\W\d_][\w\-]{{2,24}})")


@cache
def _people() -> re.Pattern[str]:
    table = quasi_identifiers.load()
    stems = "|".join(sorted(map(re.escape, table.peoples), key=len, reverse=True))
    countries = words_pattern(sorted(term_shapes.load().countries))
    return re.compile(rf"(?<!\w)(?:(?:{stems})[a-z]{{0,5}}|{countries})(?!\w)")


def find_quasi_identifiers(low: str, language: str, policy: str) -> Iterator[Span]:
    """Yield what the policy does not keep; `low` is the folded text."""
    if policy == "keep":
        return
    if digits_in(low):
        for match in _age(language).finditer(low):
            name = "n" if match["n"] else "m"
            if not _LASTING.search(low[: match.start()][-16:]):
                evidence = DECADE if policy == "decade" else "age"
                yield Span(match.start(name), match.end(name), Category.AGE, evidence)
    if policy == "tag":
        for match in _occupation().finditer(low):
            yield Span(match.start("v"), match.end("v"), Category.OTHER, "occupation")
        for match in _people().finditer(low):
            yield Span(match.start(), match.end(), Category.OTHER, "people or country")


def decade_of(age: str) -> str:
    """Return the ten years that an age lies in: `60-69`."""
    first = int(age) // 10 * 10
    return f"{first}-{first + 9}"
