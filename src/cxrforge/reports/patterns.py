"""Identifiers that their own shape gives away: dates, contacts, numbers, ages over 89."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cxrforge.identity.text import digits_in
from cxrforge.records import Category, Span
from cxrforge.reports.alternatives import words_pattern
from cxrforge.reports.contacts import find_contacts
from cxrforge.reports.date_spans import find_date_spans
from cxrforge.reports.numbers import find_numbers
from cxrforge.tables import report_identifiers


def find_patterns(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield every span whose shape, with the words around it, makes it an identifier."""
    yield from find_date_spans(text, low, language)
    yield from find_contacts(text, low, language)
    yield from find_numbers(text, low, language)
    yield from find_old_ages(text, low, language)


@cache
def _age(language: str) -> re.Pattern[str]:
    words = report_identifiers.load()[language]
    units = words_pattern(list(words.age_words))
    return re.compile(
        rf"(?<![\w.,/-])(?P<n>9\d|1[0-2]\d)(?:[ \-]{{0,2}}(?:{units})(?!\w))|(?<!\w)(?:aged?|edad|eta|alter|lat|lftd|anni|idade|wiek|leeftijd)[ :]{{1,3}}(?P<m>9\d|1[0-2]\d)(?![\w%.,]\d|\d|[ ]?(?:mm|cm|%))"  # noqa: E501 (a pattern reads better whole)
    )


def find_old_ages(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield ages over 89 as the number alone; younger ages are no identifiers (GUIDELINE)."""
    digits = digits_in(low)
    if not ("9" in digits or "10" in digits or "11" in digits or "12" in digits):
        return
    for match in _age(language).finditer(low):
        name = "n" if match["n"] else "m"
        if re.search(
            r"(?:seit|for|depuis|desde hace|da|sinds|od|ha|hace|over|last|past|nach|after|vor)\s$",
            low[: match.start()][-12:],
        ):
            continue
        if language in ("es", "pt", "it") and re.match(r"\s?a(?!\w)", low[match.end(name) :]):
            continue
        yield Span(match.start(name), match.end(name), Category.AGE, "age")
