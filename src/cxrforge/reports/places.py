"""Hospitals, wards and every other place: institutions by their own words, the rest by the rooms beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.records import Category, Span
from cxrforge.reports.addresses import find_addresses
from cxrforge.reports.alternatives import words_pattern
from cxrforge.reports.announced import find_announced
from cxrforge.reports.names import Word, is_eponym, is_ordinary, lexicon
from cxrforge.tables import name_words, report_identifiers
from cxrforge.tables.report_words import plain


def find_places(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield institutions and addresses."""
    yield from _institutions(words, text, low, language)
    yield from find_addresses(words, text, low, language)
    yield from find_announced(words, text, low, language)


_GENERIC = name_words.load().generic_institutions


@cache
def _institution_pattern(language: str) -> re.Pattern[str]:
    """Return a pattern for the language's institution words, and the unmistakable ones of every language."""
    tables = report_identifiers.load()
    words = [*tables[language].institution_words]
    words += [
        w for table in tables.values() for w in table.institution_words if len(w) > 5 and plain(w) not in _GENERIC
    ]
    compound = "|[a-z]{3,25}(?:klinik|klinikum|krankenhaus|spital|hospital)" if language == "de" else ""
    return re.compile(rf"(?<![\w-])(?:{words_pattern(words)}{compound})(?![\w])\.?")


@cache
def _tails(language: str) -> frozenset[str]:
    return frozenset(plain(w) for w in report_identifiers.load()[language].institution_tails)


def _institutions(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield institution words with the proper name before or after them."""
    starts = {w.start: i for i, w in enumerate(words)}
    ends = {w.end: i for i, w in enumerate(words)}
    for match in _institution_pattern(language).finditer(low):
        first = starts.get(match.start())
        last = ends.get(match.end()) if match.end() in ends else ends.get(match.end() - 1)
        if first is None or last is None:
            continue
        generic = match[0].strip(".") in _GENERIC
        left = _leftward(words, first, text, language) if language in ("en", "de", "nl") else first
        right = _rightward(words, last, text, low, language, strict=generic)
        named = left < first or right > last
        if named and (words[first].capital or left < first or language in ("pl", "fr", "es", "it", "pt", "nl")):
            if generic and not words[first].capital and (left < first or language not in ("fr", "nl")):
                continue
            yield Span(words[left].start, words[right].end, Category.HOSPITAL, "institution")


def _leftward(words: Sequence[Word], first: int, text: str, language: str) -> int:
    """Return the index of the first capitalised word of a proper name before an institution word."""
    k = first
    while k > 0:
        before = words[k - 1]
        gap = text[before.end : words[k].start]
        if not re.fullmatch(r"[ ]|\. |[-’']|['’]s |, ", gap) or gap == ", " or first - k > 4:
            break
        if before.word in ("of", "and", "s", "st") and k > 1 and words[k - 2].capital and before.word != "and":
            k -= 1
            continue
        if not before.capital or (len(before.word) == 1 and gap == ". "):
            break
        if before.word in lexicon(language).function or before.word in lexicon(language).doctor_titles:
            break
        speciality = before.word.endswith(("isch", "ische", "ischen", "ischer", "isches"))
        if language == "de" and (is_ordinary(before.word, language) or speciality) and gap != "-":
            break
        k -= 1
    while k < first and words[k].word in ("of", "and", "s", "the"):
        k += 1
    proper = [
        w
        for w in words[k:first]
        if not is_ordinary(w.word, language)
        or w.word in ("royal", "st", "general", "memorial", "north", "south", "east", "west", "good", "mercy", "grace")
    ]
    return k if proper else first


def _rightward(words: Sequence[Word], last: int, text: str, low: str, language: str, strict: bool) -> int:
    """Return the index of the last word of a proper name after an institution word."""
    tails = _tails(language)
    k, best, proper = last, last, 0
    while k + 1 < len(words) and k - last < 9:
        after = words[k + 1]
        gap = text[words[k].end : after.start]
        if not re.fullmatch(r"[ ]{1,2}|\. ?|[-’']|['’]|, (?=Navan)|[ ][«\"„]", gap):
            break
        if gap.startswith(".") and len(words[k].word) > 3:
            break
        if after.word in tails and not (after.capital and after.shout and len(after.word) > 3):
            k += 1
            continue
        if not after.capital:
            break
        if after.word in lexicon(language).doctor_titles or (
            after.word in lexicon(language).titles and after.word not in ("d",)
        ):
            break
        k += 1
        best = k
        proper += (
            not is_ordinary(after.word, language)
            and not is_eponym(after.word)
            and after.word not in lexicon(language).function
        )
    if proper == 0 and best - last < 2:
        return last
    if proper == 0:
        return last
    number = (
        re.match(r"[ ](?:nr[ ]|n[°º][ ])?\d{1,3}(?!\d|[.,/]\d)", low[words[best].end :])
        if language in ("de", "pl")
        else None
    )
    if number and strict:
        return best
    return best
