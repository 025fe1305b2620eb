"""Dates in reports, full and partial, with the words that announce them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cxrforge.identity.dates import DateMention, find_dates
from cxrforge.identity.text import digits_in, folded, vocabulary
from cxrforge.records import Category, Span
from cxrforge.reports.alternatives import MEASURED, words_pattern
from cxrforge.tables import report_identifiers


@cache
def _in_words(language: str) -> re.Pattern[str]:
    """Return a pattern for dates written out: `le deux janvier mille neuf cent soixante`, `zweiter Mai zweitausend`."""
    words = report_identifiers.load()[language]
    number = rf"(?:{words_pattern(list(words.number_words))})"
    glue = r"(?:[ \-]{1,2}|[ ](?:et|y|e|and|und|en|i|de|of)[ ])"
    months = words_pattern([m for row in words.months for m in row if len(m) > 2])
    weekdays = words_pattern(list(words.weekdays))
    year = rf"{number}(?:{glue}{number}){{0,6}}"
    return re.compile(
        rf"(?<!\w)(?:(?:{weekdays}),?[ ])?{number}(?:{glue}{number}){{0,2}}(?:[ ](?:de|of|di))?[ ](?:{months})(?:(?:[ ](?:de|del|do|dell))?[ ]{year}|[ ]\d{{4}})?(?!\w)"  # noqa: E501 (a pattern reads better whole)
    )


@dataclass(frozen=True, slots=True)
class _DateWords:
    weekday: re.Pattern[str]
    before: re.Pattern[str]
    after: re.Pattern[str]
    month_alone: re.Pattern[str]
    season: re.Pattern[str]
    day_month: re.Pattern[str]
    year: re.Pattern[str]
    lead: re.Pattern[str]


_UNITS = r"(?![\w])(?!\s?(?:mm|cm|ml|mg|mcg|µg|ug|g|kg|l|%|x|×|°|iu|ie|ui|e\b|kcal|mmhg|hz|khz|ms|mgy|kv|mas|bpm|cc|mmol|units?|euro|eur|€|\$))"  # noqa: E501 (a pattern reads better whole)


@cache
def _date_words(language: str) -> _DateWords:
    words = report_identifiers.load()[language]
    months = words_pattern([m for row in words.months for m in row if len(m) > 3 or m in ("mai", "maj", "mei", "may")])
    before = words_pattern(list(words.date_before))
    weekday = words_pattern([w for w in words.weekdays if len(w) > 2])
    after = words_pattern(list(words.date_after))
    qualifier = r"(?:anfang|mitte|ende|begin|half|eind|medio|fin|debut|mi-?|courant|inizio|fine|meta|finales de|mediados de|principios de|inicio de|fim de|meados de|poczatek|koniec|polowa|early|late|mid-?|last|next|this)"  # noqa: E501 (a pattern reads better whole)
    return _DateWords(
        weekday=re.compile(
            rf"(?<!\w)(?:{weekday})\.?,?[ ]{{1,2}}(?:(?:le|den|der|dem|el|de|il|the|dia|dnia|o|op|z)[ ])?$"
        ),
        before=re.compile(rf"(?<!\w)(?:{before})[ \n]{{1,2}}$"),
        after=re.compile(rf"[ ]?(?:{after})(?!\w)\.?|[ ]?(?:u\.s|p\.p|br|j\.l|jl|d\.j)(?!\w)\.?"),
        month_alone=re.compile(rf"(?<!\w)(?P<lead>(?:{before}|{qualifier})[ ]{{1,2}})(?P<month>{months})(?!\w)"),
        season=re.compile(
            rf"(?<!\w)(?:(?:{words_pattern(list(words.seasons))})[ ]{{1,2}}(?:(?:de|del|of|van|do|dell')[ ])?(?:19|20)\d\d|[qt][1-4][ /.-]?(?:19|20)\d\d|(?:19|20)\d\d[ /-]?q[1-4]|kw[ ]?\d{{1,2}}(?:[ /](?:19|20)?\d\d)?)(?!\w)"  # noqa: E501 (a pattern reads better whole)
        ),
        day_month=re.compile(
            r"(?<![\w.,/+:-])(?P<d>\d{1,2})(?P<sep>[./-])(?P<m>\d{1,2})(?P<dot>\.(?!\d))?(?![\w/%-]|[.,]\d)" + _UNITS
        ),
        year=re.compile(
            rf"(?<![\w.,/+:-])(?:19[3-9]\d|20[0-4]\d)(?![\w/-]|[.,:]\d){_UNITS}(?!\s?(?:patients|cells|kcal|fields))"
        ),
        lead=re.compile(rf"(?:{qualifier})[ ]{{1,2}}$"),
    )


_BRACKETED = re.compile(r"[(\[]\s*$")
_TIME_AFTER = re.compile(r"[ ,]{0,3}(?:(?:at|um|om|a|as|alle|h|kl|godz\.?)[ ])?\d{1,2}[:.h]\d\d(?:[ ]?(?:uhr|h|hrs))?")


def find_date_spans(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield dates, full and partial; a bare number needs a word before it that announces a date."""
    words = _date_words(language)
    mentions = find_dates(text)
    for mention in mentions:
        if not _false_date(mention, low):
            yield _widened(mention.start, mention.end, low, words, "date")
    said = vocabulary(low)
    months, seasons = _calendar_words(language)
    for match in _in_words(language).finditer(low) if said & months else ():
        yield Span(match.start(), match.end(), Category.DATE, "date in words")
    yield from _months_alone(text, low, words, language) if said & months else ()
    digits = digits_in(low)
    if seasons & said or digits:
        for match in words.season.finditer(low):
            yield Span(match.start(), match.end(), Category.DATE, "season")
    if digits:
        yield from _numeric(low, words, language)


@cache
def _calendar_words(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of which one stands in every date with a month's name, and in every season."""
    words = report_identifiers.load()[language]
    months = {w for row in words.months for m in row for w in re.findall(r"[^\W\d_]+", folded(m))}
    return frozenset(months), frozenset(w for s in words.seasons for w in re.findall(r"[^\W\d_]+", folded(s)))


def _months_alone(text: str, low: str, words: _DateWords, language: str) -> Iterator[Span]:
    for match in _month_range(language).finditer(low):
        yield Span(match.start("m"), match.end("m"), Category.DATE, "month")
    for match in words.month_alone.finditer(low):
        if _is_month_alone(text, low, match, language):
            start = match.start("month")
            lead = words.lead.search(low[max(0, start - 20) : start])
            yield Span(start - (len(lead[0]) if lead else 0), match.end("month"), Category.DATE, "month")


@cache
def _month_range(language: str) -> re.Pattern[str]:
    """Return a pattern for a month that another month follows: `mai à juin 2029`, `Juni bis November 2019`."""
    words = report_identifiers.load()[language]
    months = words_pattern([m for row in words.months for m in row if len(m) > 3 or m in ("mai", "maj", "mei", "may")])
    joins = r"(?:a|au|et|bis|und|to|till|and|y|e|i|en|al|tot|ate|do|-)"
    return re.compile(rf"(?<!\w)(?P<m>{months})[ ]?(?=[ ]?{joins}[ ]?(?:{months})(?!\w))")


def _numeric(low: str, words: _DateWords, language: str) -> Iterator[Span]:
    """Yield partial dates of figures alone, and dates that are no calendar days."""
    if len(digits_in(low)) < 2:
        return
    for match in _ODD_DATE.finditer(low) if len(digits_in(low)) > 5 else ():
        yield Span(match.start(), match.end(), Category.DATE, "date with a slip")
    for match in words.day_month.finditer(low):
        day, month = int(match["d"]), int(match["m"])
        if language == "en" and month > 12 >= day and match["sep"] == "/":
            day, month = month, day
        if 1 <= day <= 31 and 1 <= month <= 12 and _is_day_month(low, match, words):
            yield _widened(match.start(), match.end(), low, words, "day-month")
    for match in _MONTH_YEAR.finditer(low):
        if _is_month_year(low, match, words, language):
            yield Span(match.start(), match.end(), Category.DATE, "month-year")
    for match in _YEARS.finditer(low):
        yield Span(match.start(), match.end(), Category.DATE, "years")
    for match in words.year.finditer(low) if "19" in low or "20" in low else ():
        if _is_year(low, match, words):
            yield Span(match.start(), match.end(), Category.DATE, "year")


_ODD_DATE = re.compile(
    r"(?<![\w.,/+-])\d{1,3}(?P<s>[./-])\d{1,3}(?P=s)(?:19|20)\d\d(?![\w/%]|[.,]\d)"  # 27/011/2014, 14/14/2014
    r"|(?<![\w.,/+-])\d{1,2}[ ]?(?P<t>[|/.x-])[ ]?\d{1,2}[ ]?(?P=t)[ ]?(?:19|20)\d\d(?![\w/%]|[.,]\d)"  # 21|05|1956
    r"|(?<![\w.,/+-])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d(?![\w/%.,-])"  # 23022018
    r"|(?<![\w.,/+-])\d[ ]\d[ ][ ./]{0,2}[01][ ]\d[ ][ ./]{0,2}[12][ ][09][ ]\d[ ]\d(?![ ]?\d)"  # 1 2 0 6 2 0 3 1
)
"""Dates that are no calendar days, or whose separators are none."""

_YEARS = re.compile(r"(?<![\w.,/+:-])(?:19[3-9]\d|20[0-4]\d)[ ]?[-–][ ]?(?:19[3-9]\d|20[0-4]\d)(?![\w/-]|[.,]\d)")

_MONTH_YEAR = re.compile(
    r"(?<![\w.,/+:-])(?:(?P<r>\d{1,2})\s?-\s?)?(?P<m>0?[1-9]|1[0-2])[/.-](?P<y>(?:19|20)\d\d|['’]?\d\d)(?:\s?[-–]\s?(?P<m2>\d{1,2})/(?P<y2>\d{4}|\d\d))?(?![\w/%]|[.,]\d|-\d)"
)


def _is_month_year(low: str, match: re.Match[str], words: _DateWords, language: str) -> bool:
    """Tell whether `03/2024`, `01/24`, `6-9/19` or `09/63-11/63` is a month and a year."""
    year = match["y"].lstrip("'’")
    if len(year) == 4:
        return 1930 <= int(year) <= 2035
    separator = low[match.end("m")]
    if separator != "/" or MEASURED.match(low, match.end()):
        return False
    if match["m2"]:
        return int(match["m2"]) <= 12
    before = low[max(0, match.start() - 24) : match.start()]
    announced = bool(words.before.search(before) or _BRACKETED.search(before))
    if match["m"].startswith("0"):
        return True
    late = int(year) > 12
    if (
        language == "de"
        and late
        and not re.search(r"(?:grad|visus|kg|faktor|rr|skala|score|stufe|asa)\s?:?\s?$", before)
    ):
        return True
    return announced and late and (language == "de" or len(match["m"]) == 2)


def _widened(start: int, end: int, low: str, words: _DateWords, evidence: str) -> Span:
    """Return a date's span with its weekday, its `u.s.` or `br.` and its time."""
    weekday = words.weekday.search(low[max(0, start - 26) : start])
    if weekday:
        start -= len(weekday[0])
    lead = words.lead.search(low[max(0, start - 20) : start])
    if lead and not low[start].isdigit():
        start -= len(lead[0])
    ranged = _RANGE_BEFORE.search(low[max(0, start - 18) : start])
    if ranged and low[start].isdigit():
        start -= len(ranged[0])
    after = words.after.match(low, end)
    if after:
        end = after.end()
    time = _TIME_AFTER.match(low, end)
    if time:
        end = time.end()
    return Span(start, end, Category.DATE, evidence)


_RANGE_BEFORE = re.compile(
    r"(?<![\d.,])(?:\d{1,2}[./](?:\d{1,2}[./]?)?(?:\d{2,4})?\s{0,2}[-–]\s{0,2}|\d{1,2}\.?[ ](?:und|u\.|and|y|et|e|en|i|bis)[ ]{1,2})$"  # noqa: E501 (a pattern reads better whole)
)


def _false_date(mention: DateMention, low: str) -> bool:
    """Tell whether what looks like a date is a measurement or a vertebral level."""
    if mention.kind == "day-month" and MEASURED.match(low, mention.end):
        return True
    before = low[max(0, mention.start - 2) : mention.start]
    return mention.kind != "full" and bool(re.search(r"[a-z]-?$", before)) and low[mention.start].isdigit()


def _is_month_alone(text: str, low: str, match: re.Match[str], language: str) -> bool:
    """Tell whether a month's name after a preposition is a month: `may` and `mai` are other words as well."""
    month, lead = match["month"], match["lead"].strip()
    capital = text[match.start("month")].isupper()
    if language in ("en", "de"):
        return (
            capital and (month != "may" or lead in ("in", "since", "last", "early", "late", "mid")) and month != "march"
        ) or (capital and lead in ("in", "since", "last"))
    if re.match(r"\s?\d", low[match.end("month") :]):
        return False
    return month not in ("set", "mars") and not (language == "pl" and month in ("maj", "lis"))


def _is_day_month(low: str, match: re.Match[str], words: _DateWords) -> bool:
    """Tell whether `5/9` or `11.06` is a day: a preposition or bracket before it, a closing dot, a time after it."""
    before = low[max(0, match.start() - 24) : match.start()]
    if match["dot"] and match["sep"] == "." and len(match["d"] + match["m"]) >= 2:
        sentence_end = not re.match(r"[ ]*[,;)]|[ ]*\d|[ ]?(?:um|-|bis|und)", low[match.end() :])
        return not sentence_end or bool(words.before.search(before) or words.weekday.search(before))
    if words.weekday.search(before) or _TIME_AFTER.match(low, match.end()):
        return True
    if match["sep"] == "." and len(match["m"]) == 1:
        return False
    if _BRACKETED.search(before) and (match["sep"] != "/" or match["m"] != "5"):
        return low[match.end() : match.end() + 1] in (")", ";", ",", "]") and match["sep"] != "-"
    if match["sep"] == "-":
        return False
    found = words.before.search(before)
    if not found:
        return False
    # "grade of 2/6", "1/2": fractions of small numbers, unless zero-padded
    score = (
        match["sep"] == "/"
        and int(match["d"]) <= int(match["m"])
        and int(match["m"]) in (5, 10)
        and len(match["d"]) == 1
    )
    if score and re.search(r"(?:en|de|of|a|in|im|with|:)\s*$", before):
        return False
    return not (
        match["sep"] == "/" and int(match["d"]) < int(match["m"]) <= 6 and len(match["d"]) == 1 and "of" in found[0]
    )


def _is_year(low: str, match: re.Match[str], words: _DateWords) -> bool:
    before = low[max(0, match.start() - 24) : match.start()]
    if re.search(r"(?:(?<!\w)(?:nr|no|n|id|mrn|tel|fax|ref|rm|room|zimmer|bp|cap)|#)[.:]?\s?$", before):
        return False
    if re.search(r"\d\s$", before) and re.match(r"\s\d", low[match.end() :]):
        return False  # one of a row of figures
    return not re.search(r"(?:dose|dosis|anzahl|count|platelets|kcal)\s?[:=]?\s?$", before)
