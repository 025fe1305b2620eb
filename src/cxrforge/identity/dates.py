"""Calendar dates in text: numeric in every order and separator, with month words of eight languages, with times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from cxrforge.identity.text import digits_in, folded, vocabulary
from cxrforge.tables import report_identifiers, report_words
from cxrforge.tables.report_words import plain

PIVOT = 69
"""Two-digit years up to this one are of the 21st century (POSIX %y)."""

_TIME = r"(?:[ ,]{0,3}(?:(?:at|um|om|a las|alle|as|godz\.?|kl\.?|ore|h|-|t|ab|vers|o)[ ]{0,2})?(?:[01]?\d|2[0-4])(?:(?:[:.h]|[ ]h[ ]?)[0-5]\d(?:[:.][0-5]\d)?)(?:[ ]?(?:uhr|hrs?|h|am|pm)\b)?)?"  # noqa: E501 (a pattern reads better whole)
_DAY_END = r"(?:st|nd|rd|th|er|re|o|a|°|\.)?"
_YEAR = r"(?:(?:1[89]|20|21)\d\d|['’´]?\d\d)"


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in a text; `readings` are the (year, month, day) it can mean, None for what it does not say."""

    start: int
    end: int
    kind: str  # full | day-month | month-year
    readings: tuple[tuple[int | None, int | None, int | None], ...]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return numeric, compact, day-first and month-first patterns over folded text."""
    names = sorted(report_words.month_numbers(), key=len, reverse=True)
    month = "(?P<month>" + "|".join(map(re.escape, names)) + r")(?![^\W\d_])"
    numeric = re.compile(
        rf"(?<![\w,/+])(?<!\d[.-])(?<!\w-)(?P<a>\d{{4}}|\d{{1,2}})(?P<sep>[ ]?[-./][ ]?|[ ])(?P<b>\d{{1,2}})(?P=sep)(?P<c>\d{{4}}|['’]?\d{{2}})(?![\d]|[.,/]\d|%|[ ]?(?:mm|cm|x)\b){_TIME}"  # noqa: E501 (a pattern reads better whole)
    )
    compact = re.compile(r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)")
    day_first = re.compile(
        rf"(?<![\w/,])(?:(?P<day>\d{{1,2}}){_DAY_END}[ \-./]{{0,2}}(?:(?:de|del|of|d'|di)[ ])?)(?P<first>{month})\.?(?:[ \-./,]{{0,3}}(?:(?:de|del|of|do|roku|rok)[ ])?(?P<year>{_YEAR})(?![\d]|[.,]\d|[ ]?(?:mm|cm|ml|mg|%)))?{_TIME}"  # noqa: E501 (a pattern reads better whole)
    )
    month_first = re.compile(
        rf"(?<![^\W_])(?P<first>{month})\.?(?:[ \-]{{1,2}}(?P<day>\d{{1,2}}){_DAY_END}(?:,?[ ]{{1,2}}(?P<year>{_YEAR}))?(?![\d]|[.,:/]\d|[ ]?(?:mm|cm|ml|mg|%))|[ \-./,']{{0,3}}(?:(?:de|del|of|do|d'|di)[ ])?(?P<only>(?:19|20)\d\d|['’´]\d\d)(?!\d)){_TIME}"  # noqa: E501 (a pattern reads better whole)
    )
    return numeric, compact, day_first, month_first


@cache
def _month_words() -> frozenset[str]:
    return frozenset(w for name in report_words.month_numbers() for w in re.findall(r"[^\W\d_]+", name))


@lru_cache(maxsize=16)
def find_dates(text: str) -> tuple[DateMention, ...]:
    """Return every date that names a day and a month, or a month and a year."""
    low = folded(text)
    found: list[DateMention] = []
    taken = bytearray(len(low))
    for mention in _candidates(text, low):
        if not any(taken[mention.start : mention.end]):
            taken[mention.start : mention.end] = b"\x01" * (mention.end - mention.start)
            found.append(mention)
    return tuple(sorted(found, key=lambda m: m.start))


def _candidates(text: str, low: str) -> Iterator[DateMention]:
    numeric, compact, day_first, month_first = _patterns()
    if not digits_in(low):
        return
    for m in numeric.finditer(low) if len(digits_in(low)) > 3 else ():
        readings = numeric_readings(m["a"], m["b"], m["c"], m["sep"])
        if readings:
            yield DateMention(m.start(), m.end(), "full", readings)
    for m in compact.finditer(low):
        reading = _day(int(m["y"]), int(m["m"]), int(m["d"]))
        if reading:
            yield DateMention(m.start(), m.end(), "full", (reading,))
    months = report_words.month_numbers()
    if not _month_words() & vocabulary(low):
        return
    for m in day_first.finditer(low):
        year = full_year(m["year"]) if m["year"] else None
        reading = _day(year, months[m["month"]], int(m["day"]))
        if reading:
            both = [reading]
            if year and len(m["year"].lstrip("'’´")) == 2:
                both.append((other_century(year), reading[1], reading[2]))
            yield DateMention(m.start(), m.end(), "full" if year else "day-month", tuple(both))
    for m in month_first.finditer(low):
        if m["only"]:
            yield DateMention(m.start(), m.end(), "month-year", ((full_year(m["only"]), months[m["month"]], None),))
            continue
        year = full_year(m["year"]) if m["year"] else None
        reading = _day(year, months[m["month"]], int(m["day"]))
        if year is None and not text[m.start()].isupper():
            continue  # "may 5" is a verb, "May 5" a date
        meant = [reading] if reading else []
        if year is None and len(m["day"]) == 2:
            meant.append((full_year(m["day"]), months[m["month"]], None))  # November 20: the day or the year
        if meant:
            yield DateMention(m.start(), m.end(), "full" if year else "day-month", tuple(meant))


def numeric_readings(a: str, b: str, c: str, sep: str) -> tuple[tuple[int | None, int | None, int | None], ...]:
    """Return what three numbers can mean as a date: year first, day first, month first."""
    if len(a) == 4:
        found = [_day(int(a), int(b), int(c))] if len(c) <= 2 else []
    elif sep == " " and len(c) != 4:
        found = []  # three short numbers in a row are seldom a date
    else:
        year = full_year(c)
        years = (year,) if len(c) == 4 else (year, other_century(year))
        found = [r for y in years for r in (_day(y, int(b), int(a)), _day(y, int(a), int(b)))]
        if len(c) == 2 and len(a) == 2:
            found.append(_day(full_year(a), int(b), int(c)))
    return tuple(dict.fromkeys(f for f in found if f))


def full_year(digits: str) -> int:
    """Return the year meant by two or four digits."""
    year = int(digits.lstrip("'’´"))
    return year if year > 99 else year + (2000 if year <= PIVOT else 1900)


def other_century(year: int) -> int:
    """Return the year of the other century that the same two digits can mean."""
    return year - 100 if year >= 2000 else year + 100


def _day(year: int | None, month: int, day: int) -> tuple[int | None, int | None, int | None] | None:
    try:
        date(year if year is not None else 2000, month, day)
    except ValueError:
        return None
    return (year, month, day) if year is None or 1800 <= year <= 2199 else None


def parse_date(text: str) -> str | None:
    """Return the first whole date in `text` as YYYYMMDD: ISO first, then day before month, then month before day."""
    for mention in find_dates(text[:120]):
        for year, month, day in mention.readings:
            if year and month and day:
                return f"{year:04d}{month:02d}{day:02d}"
    return None


def month_of(word: str) -> int | None:
    """Return the number of the month that `word` names in any of the languages."""
    return report_words.month_numbers().get(plain(word))


@cache
def weekday_words() -> frozenset[str]:
    """Return the names of weekdays in every language, without accents."""
    return frozenset(plain(w) for words in report_identifiers.load().values() for w in words.weekdays)
