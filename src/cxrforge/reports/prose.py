"""What a line of a report is: prose of the radiologist, a list item, letterhead, or the start of the sign-off."""

from __future__ import annotations

import re
from functools import cache

from cxrforge.identity.text import folded as fold
from cxrforge.tables import ordinary_words, report_sections
from cxrforge.tables.report_words import plain

_WORD = re.compile(r"[^\W\d_]{2,}")
_BULLET = re.compile(r"[ \t]*(?:[-*•·–—+>]|\(?\d{1,2}[.)])[ \t]+(?=\S)")
_LABEL_LINE = re.compile(r"^[^\n:]{2,40}:\s?\S|\b(?:mrn|dob|accession|tel|fax)\b", re.IGNORECASE)
_PERSON_LABEL = re.compile(r"\s*(?:patient|name)\s*:", re.IGNORECASE)


@cache
def _denials() -> frozenset[str]:
    return frozenset(plain(w) for words in report_sections.load().values() for w in words.denials)


def count_clinical(line: str) -> int:
    """Return how many words of a line are clinical ones or deny something."""
    table, denials = ordinary_words.load(), _denials()
    return sum(w in denials or (len(w) > 3 and table.is_clinical(w)) for w in _WORD.findall(fold(line)))


def is_prose(line: str) -> bool:
    """Tell whether a line is prose or a list item, and not letterhead, a labelled field or a salutation."""
    words = _WORD.findall(line)
    if not words:
        return False
    lower = sum(w[0].islower() for w in words)
    if len(words) >= 4 and lower >= 0.45 * len(words) and not _PERSON_LABEL.match(line):
        return True
    if len(words) >= 2 and line.rstrip().endswith(".") and lower and not _LABEL_LINE.search(line):
        return True
    if plain(words[0]) in _denials() and len(words) > 1:
        return True
    return lower > 0 and _BULLET.match(line) is not None and count_clinical(line) > 0


def is_clinical_sentence(line: str) -> bool:
    """Tell whether a line says something of the images: words in small letters, some of them clinical."""
    words = _WORD.findall(line)
    lower = sum(w[0].islower() for w in words)
    return lower >= max(2, len(words) // 2) and count_clinical(line) > 0


def header_end(text: str, start: int, limit: int) -> int:
    """Return where the first prose line starts: the lines before it are letterhead, labels and salutation."""
    at = start
    for line in text[start:limit].split("\n"):
        if is_prose(line):
            return at
        at += len(line) + 1
    return start


# ------------------------------------------------------------------------------------------------------ sign-off


@cache
def _signature_pattern(language: str) -> re.Pattern[str]:
    words = report_sections.load()[language].signature
    body = "|".join(sorted((re.escape(plain(w)).replace(r"\ ", r"\s+") for w in words), key=len, reverse=True))
    return re.compile(rf"^[ \t(\-–—*]*(?:{body})(?!\w)")


_TITLE_LINE = re.compile(
    r"^[ \t(\-–—]*(?:(?:consultant|spec)[^\n]{0,20})?(?:Dr|Dra|DR|DRA|Drs|Prof|PROF|Pr|Dott|Dott\.ssa|dott|dr|dra|lek|PD|OA|OÄ|Docteur|Doctor|Doctora|Doutor|Doutora|Dottor|Dottoressa)\.?(?:ssa)?\.?\s",  # noqa: E501 (a pattern reads better whole)
)


def signature_start(text: str, start: int, end: int, language: str) -> int:
    """Return where the sign-off at the end of a stretch begins, `end` when there is none.

    A line that starts with a sign-off phrase or a title, and every line after it, is signature; unless that line or
    one after it says something of the images: what the radiologist adds below a name is not lost.
    """
    patterns = (_signature_pattern(language), _signature_pattern("en"))
    low = fold(text)[start:end]
    found = None
    offset = start
    for number, line in enumerate(text[start:end].split("\n")):
        at = offset
        offset += len(line) + 1
        opening = low[at - start : at - start + len(line)]
        opens = any(p.match(opening) for p in patterns) and count_clinical(line) < 2
        if opens or _is_title_line(line):
            if number and found is None:
                found = at
        elif found is not None and is_clinical_sentence(line):
            found = None
    return end if found is None else found


def _is_title_line(line: str) -> bool:
    """Tell whether a line is a titled name and little else (`Dr P Marchetti, Consultant Radiologist`)."""
    if not _TITLE_LINE.match(line):
        return False
    words = _WORD.findall(line)
    lower = sum(w[0].islower() for w in words[1:])
    few = len(words) <= 12 and lower <= max(2, len(words) // 2) and not line.rstrip().endswith("..")
    return few and not (line.rstrip().endswith(".") and lower > 2 and count_clinical(line) > 1)
