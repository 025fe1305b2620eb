"""Identifiers that their own shape gives away: dates, contacts, numbers, addresses, ages over 89."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cxrforge.identity.dates import DateMention, find_dates, weekday_words
from cxrforge.identity.text import folded
from cxrforge.records import Category, Span
from cxrforge.tables import name_words, report_identifiers


def words_pattern(words: tuple[str, ...] | list[str] | frozenset[str]) -> str:
    """Return alternatives for plain words and phrases, longest first; a blank or dot may be doubled or left out."""
    out = []
    for word in sorted({folded(w) for w in words}, key=len, reverse=True):
        body = re.escape(word).replace(r"\ ", r"[ ]{1,2}").replace(r"\.", r"\.[ ]?")
        out.append(body)
    return "|".join(out)


def find_patterns(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield every span whose shape, with the words around it, makes it an identifier."""
    yield from find_date_spans(text, low, language)
    yield from find_contacts(text, low, language)
    yield from find_numbers(text, low, language)
    yield from find_old_ages(text, low, language)


# ---------------------------------------------------------------------------------------------------------- dates


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
    mentions = find_dates(text, low)
    for mention in mentions:
        if not _false_date(mention, low):
            yield _widened(mention.start, mention.end, low, words, "date")
    for match in _in_words(language).finditer(low):
        yield Span(match.start(), match.end(), Category.DATE, "date in words")
    for match in words.season.finditer(low):
        yield Span(match.start(), match.end(), Category.DATE, "season")
    for match in words.month_alone.finditer(low):
        if _is_month_alone(text, low, match, language):
            start = match.start("month")
            lead = words.lead.search(low[max(0, start - 20) : start])
            yield Span(start - (len(lead[0]) if lead else 0), match.end("month"), Category.DATE, "month")
    for match in words.day_month.finditer(low):
        day, month = int(match["d"]), int(match["m"])
        if language == "en" and month > 12 >= day and match["sep"] == "/":
            day, month = month, day
        if 1 <= day <= 31 and 1 <= month <= 12 and _is_day_month(low, match, words):
            yield _widened(match.start(), match.end(), low, words, "day-month")
    for match in _MONTH_YEAR.finditer(low):
        if _is_month_year(low, match, words, language):
            yield Span(match.start(), match.end(), Category.DATE, "month-year")
    for match in words.year.finditer(low):
        if _is_year(low, match, words):
            yield Span(match.start(), match.end(), Category.DATE, "year")


_MONTH_YEAR = re.compile(
    r"(?<![\w.,/+:-])(?:(?P<r>\d{1,2})\s?-\s?)?(?P<m>0?[1-9]|1[0-2])[/.-](?P<y>(?:19|20)\d\d|['’]?\d\d)(?:\s?[-–]\s?(?P<m2>\d{1,2})/(?P<y2>\d{4}|\d\d))?(?![\w/%]|[.,]\d|-\d)"
)


def _is_month_year(low: str, match: re.Match[str], words: _DateWords, language: str) -> bool:
    """Tell whether `03/2024`, `01/24`, `6-9/19` or `09/63-11/63` is a month and a year."""
    year = match["y"].lstrip("'’")
    if len(year) == 4:
        return 1930 <= int(year) <= 2035
    separator = low[match.end("m")]
    if separator != "/" or _MEASURED.match(low, match.end()):
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
    ranged = _RANGE_BEFORE.search(low[max(0, start - 14) : start])
    if ranged and low[start].isdigit():
        start -= len(ranged[0])
    after = words.after.match(low, end)
    if after:
        end = after.end()
    time = _TIME_AFTER.match(low, end)
    if time:
        end = time.end()
    return Span(start, end, Category.DATE, evidence)


_RANGE_BEFORE = re.compile(r"(?<![\d.,])\d{1,2}[./](?:\d{1,2}[./]?)?(?:\d{2,4})?\s?[-–]\s?$")
_MEASURED = re.compile(r"\s?(?:mm|cm|ml|mg|kg|%|mmhg|fr\b|french|cc\b)")


def _false_date(mention: DateMention, low: str) -> bool:
    """Tell whether what looks like a date is a measurement or a vertebral level."""
    if mention.kind == "day-month" and _MEASURED.match(low, mention.end):
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
    if _BRACKETED.search(before):
        return low[match.end() : match.end() + 1] in (")", ";", ",", "]") and match["sep"] != "-"
    if match["sep"] == "-":
        return False
    found = words.before.search(before)
    if not found:
        return False
    # "grade of 2/6", "1/2": fractions of small numbers, unless zero-padded
    return not (
        match["sep"] == "/" and int(match["d"]) < int(match["m"]) <= 6 and len(match["d"]) == 1 and "of" in found[0]
    )


def _is_year(low: str, match: re.Match[str], words: _DateWords) -> bool:
    before = low[max(0, match.start() - 24) : match.start()]
    if re.search(r"(?:nr|no|n|#|id|mrn|tel|fax|ref|rm|room|zimmer|bp|cap)[.:]?\s?$", before):
        return False
    return not re.search(r"(?:dose|dosis|anzahl|count|platelets|kcal)\s?[:=]?\s?$", before)


# ------------------------------------------------------------------------------------------------------- contacts

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64} ?@ ?[\w-]{1,63}(?: ?\. ?[\w-]{1,63}){1,4}")
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]{3,200}|(?<![\w@.])[a-z0-9-]{2,40}\.(?:com|org|net|de|fr|es|it|nl|pt|pl|eu|uk|ch|at|be|br|health|example)(?![\w.])(?:/[^\s)]*)?"
)
_PHONE_BODY = r"\(?\+?\(?\d[\d \-./()–]{2,22}\d"
_PHONE = re.compile(
    r"(?<![\w.,+/-])(?:"
    r"(?:\+|00)[1-9]\d{0,2}[ \-./]?(?:\(0\)[ \-./]?)?\(?\d{1,4}\)?(?:[ \-./]?\d{2,5}){2,5}"  # international
    r"|\(0?\d{1,4}\)[ \-./]{0,2}\d{2,5}(?:[ \-./]?\d{2,5}){0,4}"  # (area) number
    r"|0\d{1,4}[ ]?/[ ]?\d{2,4}(?:[ ]?\d{2,4}){1,3}"  # 0551 / 23 01 40
    r"|0[1-9](?:[ .\-]?\d\d){4}"  # French
    r"|0\d{2,4}[ \-/]\d{2,4}[ \-/]?\d{3,8}"  # British, German
    r"|\d{3}[-. ]\d{3}[-. ]\d{4}"  # American
    r"|[69]\d{2}[ .\-]\d{3}[ .\-]\d{3}|[69]\d{2}[ .\-]\d{2}[ .\-]\d{2}[ .\-]\d{2}"  # Iberian
    r"|\d{2}[ \-]\d{3}[ \-]\d{2}[ \-]\d{2}"  # Polish landline
    r"|3\d{2}[ .\-]?\d{6,7}|3\d{2} \d{2} \d{2} \d{3}"  # Italian mobile
    r")(?![\w/]|[.,]\d)"
)


@cache
def _contact_label(language: str) -> re.Pattern[str]:
    tables = report_identifiers.load()
    labels = words_pattern([*tables[language].contact_labels, *tables["en"].contact_labels[:12]])
    return re.compile(
        rf"(?<!\w)(?:{labels})(?!\w)[ ]?(?:nr|no|n[o°º])?[ ]?[.:]?[ ]{{0,2}}(?:(?:at|to|on|via|is|an|au|a|al|le|op|nr|no|no\.|n[o°º]\.?)[ ]{{1,2}})?[:#(]?[ ]?(?P<v>[-+(]?\d[\d \-./()–]{{2,22}}\d)"  # noqa: E501 (a pattern reads better whole)
    )


def find_contacts(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield e-mail and web addresses, phones by their shape, and short numbers behind a label (`ext. 4471`)."""
    if "@" in low:
        for match in _EMAIL.finditer(low):
            yield Span(match.start(), match.end(), Category.CONTACT, "e-mail")
    for match in _URL.finditer(low):
        yield Span(match.start(), match.end() - (match[0][-1] in ".,;"), Category.CONTACT, "web")
    for match in _PHONE.finditer(low):
        if sum(c.isdigit() for c in match[0]) >= 8:
            yield Span(match.start(), match.end(), Category.CONTACT, "phone")
    for match in _contact_label(language).finditer(low):
        start, end = match.span("v")
        value = match["v"]
        cut = re.search(r"[ ]{2,}|[ ]?[–]|\.[ ]| \((?!\d)|[ ]/[ ]?(?=\D)", value)
        if cut:
            end = start + cut.start()
        digits = sum(c.isdigit() for c in low[start:end])
        if digits >= 3 and not _MEASURED.match(low, end):
            while end > start and low[end - 1] in " -./(–":
                end -= 1
            while end < len(low) and low[end].isdigit():
                end += 1
            yield Span(start, end, Category.CONTACT, "labelled")


# -------------------------------------------------------------------------------------------------------- numbers

_ID_TOKEN = r"(?:[a-z]{0,5}[-/.#]?)?(?=[\w\-/.# ]{0,14}\d)[a-z0-9]+(?:[-/.][a-z0-9]+){0,5}"


@cache
def _id_label(language: str) -> re.Pattern[str]:
    tables = report_identifiers.load()
    labels = words_pattern([*tables[language].id_labels, *tables["en"].id_labels])
    filler = r"(?:[ ]?(?:nr|no|n[o°º]|num|number|nummer|id|is|of|der|del|do|code|has|est|ist|es|=|\(s\)|num\.)(?![a-z])\.?){0,2}"  # noqa: E501 (a pattern reads better whole)
    return re.compile(
        rf"(?<![\w-])(?P<label>{labels})(?![a-z])\.?{filler}[ ]?[:=#.)]{{0,2}}[ \t]{{0,4}}(?:le[ ]|est[ ]|#)?(?P<v>#?(?:[a-z]{{1,6}}[-/. ]{{0,1}})?\d[\w]*(?:[-/.][\w]+|[ ]\d[\d\w]*|[ ][a-z]{{1,4}}\d[\w]*){{0,7}})"  # noqa: E501 (a pattern reads better whole)
    )


_WEAK_LABELS = name_words.load().weak_id_labels

_NATIONAL = re.compile(
    r"(?<![\w.,/-])(?:"
    r"\d{3}-\d{2}-\d{4}"  # SSN
    r"|[a-z]{6}\d\d[a-ehlmprst]\d\d[a-z]\d{3}[a-z]"  # codice fiscale
    r"|756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d"  # AHV
    r"|[12][ ]?\d\d[ ]?(?:0[1-9]|1[0-2]|[2-9]\d)[ ]?(?:\d\d|2[ab])[ ]?\d{3}[ ]?\d{3}(?:[ ]?\d\d)?"  # NIR
    r"|\d\d\.\d\d\.\d\d-\d{3}\.\d\d"  # NISS
    r"|[xyz]?\d{7,8}-?[a-hj-np-tv-z]"  # DNI, NIE
    r"|\d{3}\.\d{3}\.\d{3}-\d\d"  # CPF
    r"|[a-z]{4}\d{10}"  # CIP
    r"|\d{8} \d [a-z\d]{2}\d"  # cartao de cidadao
    r"|[a-z]{3} ?\d{6}(?!\d)"  # dowod osobisty
    r"|[a-z]{1,5}[-/]\d{5,}(?:[-/]\d+)*"
    r"|\d{4,}-[a-z]{2,5}"
    r"|\d(?:[ ]\d){6,30}(?![ ]?\d)"  # digits one by one
    r"|\d(?: ?[./] ?\d| \d){7,12}(?!\d)"
    r"|\d{9,16}"
    r")(?![\w/]|[.,-]\d)"
)


def find_numbers(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield numbers that a label announces, national numbers by their shape, and long bare numbers."""
    for match in _id_label(language).finditer(low):
        value, label = match["v"], match["label"].strip(" .")
        digits = sum(c.isdigit() for c in value)
        if digits < (4 if label in _WEAK_LABELS else 2):
            continue
        if _MEASURED.match(low, match.end("v")) or re.fullmatch(r"\d{1,2}[./-]\d{1,2}", value):
            continue
        start = match.start("v")
        inner = re.match(r"(?:nhc|mrn|nr|no|id|pat|hc)[-/: ]", value)
        start += inner.end() if inner and any(c.isdigit() for c in value[inner.end() :]) else 0
        yield Span(start, _id_end(low, start, match.end("v")), Category.ID, "labelled")
    for match in _NATIONAL.finditer(low):
        if re.fullmatch(r"[a-z]{3} ?\d{6}", match[0]) and not text[match.start() : match.start() + 3].isupper():
            continue
        yield Span(match.start(), match.end(), Category.ID, "shape")


def _id_end(low: str, start: int, end: int) -> int:
    """Return an identifier's end: groups of digits may follow a blank, words and dates may not."""
    groups = list(re.finditer(r"[ ]", low[start:end]))
    for gap in groups:
        rest = low[start + gap.end() : end]
        head = re.match(r"\w+", rest)
        if head and (
            not any(c.isdigit() for c in head[0]) or re.match(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:19|20)\d\d\b", rest)
        ):
            return start + gap.start()
    while end > start and low[end - 1] in ".-/":
        end -= 1
    return end


# ----------------------------------------------------------------------------------------------------------- ages


@cache
def _age(language: str) -> re.Pattern[str]:
    words = report_identifiers.load()[language]
    units = words_pattern(list(words.age_words))
    return re.compile(
        rf"(?<![\w.,/-])(?P<n>9\d|1[0-2]\d)(?:[ \-]{{0,2}}(?:{units})(?!\w))|(?<!\w)(?:aged?|edad|eta|alter|lat|lftd|anni|idade|wiek|leeftijd)[ :]{{1,3}}(?P<m>9\d|1[0-2]\d)(?![\w%.,]\d|\d|[ ]?(?:mm|cm|%))"  # noqa: E501 (a pattern reads better whole)
    )


def find_old_ages(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield ages over 89 as the number alone; younger ages are no identifiers (GUIDELINE)."""
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


def is_weekday(word: str) -> bool:
    """Tell whether a plain word names a weekday in any language."""
    return word in weekday_words()


def fold_text(text: str) -> str:
    """Return the folded text that every detector reads."""
    return folded(text)
