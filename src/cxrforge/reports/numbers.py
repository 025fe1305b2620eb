"""Numbers that identify: behind a label, by the shape of a national number, or by their length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cxrforge.identity.text import digits_in
from cxrforge.records import Category, Span
from cxrforge.reports.alternatives import MEASURED, words_pattern
from cxrforge.reports.national import find_national
from cxrforge.tables import name_words, report_identifiers


@cache
def _id_label(language: str) -> re.Pattern[str]:
    tables = report_identifiers.load()
    labels = words_pattern([*tables[language].id_labels, *tables["en"].id_labels])
    filler = r"(?:[ ]?(?:nr|no|n[o°º]|num|number|nummer|id|is|of|der|del|do|code|has|est|ist|es|=|\(s\)|num\.)(?![a-z])\.?){0,2}"  # noqa: E501 (a pattern reads better whole)
    return re.compile(
        rf"(?<![\w-])(?P<label>{labels})(?![a-z])\.?{filler}[ ]?[:=#.)]{{0,2}}[ \t]{{0,4}}(?:le[ ]|est[ ]|#)?(?P<v>#?(?:[a-z]{{1,6}}[-/. ]{{0,1}})?\d[\w]*(?:[-/.][\w]+|[ ]\d[\d\w]*|[ ][a-z]{{1,4}}\d[\w]*){{0,7}})"  # noqa: E501 (a pattern reads better whole)
    )


_DURATION = re.compile(
    r"\s?(?:meses|mes|anos|dias|semanas|horas|months?|years?|days?|weeks?|mois|ans|jours|semaines|monate|jahre|tage|wochen|mesi|anni|giorni|settimane|maanden|jaar|dagen|weken|lat|miesiecy|dni|tygodni)(?!\w)"
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
    count = len(digits_in(low))
    if count < 2:
        return
    for match in _id_label(language).finditer(low):
        value, label = match["v"], match["label"].strip(" .")
        digits = sum(c.isdigit() for c in value)
        if digits < (4 if label in _WEAK_LABELS else 2):
            continue
        if MEASURED.match(low, match.end("v")) or re.fullmatch(r"\d{1,2}[./-]\d{1,2}", value):
            continue
        if _DURATION.match(low, match.end("v")):
            continue
        start = match.start("v")
        inner = re.match(r"(?:nhc|mrn|nr|no|id|pat|hc)[-/: ]", value)
        start += inner.end() if inner and any(c.isdigit() for c in value[inner.end() :]) else 0
        yield Span(start, _id_end(low, start, match.end("v")), Category.ID, "labelled")
    if count < 5:
        return
    yield from find_national(low)
    for match in _NATIONAL.finditer(low):
        if len(set(match[0]) - set(" ./")) == 1:
            continue  # 1 1 1 1 1 1 1: a ruler, not a number
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
