"""Professions tied to one place: `organist of St James's`, `violinista de la orquesta municipal`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.records import Category, Span
from cxrforge.tables import name_words

_JOIN = (
    r"(?:de la|de las|de los|del|de|da|do|das|dos|della|dell'|del|di|der|des|auf der|auf dem|an der|am|im|in der|bei der|"  # noqa: E501 (a pattern reads better whole)
    r"at the|at|of the|of|with the|on the|van de|van het|van|bij de|bij|du|de l'|d'|a l'|w|przy|na)"
)
_APPOSITION = re.compile(
    rf",[ ](?P<j>[a-z][a-z\-]{{3,20}}(?:[ ][a-z\-]{{3,20}}){{0,2}}[ ]{_JOIN}[ ](?P<p>[^,.;:\n()]{{3,60}}))"
)
_IS = re.compile(
    rf"(?<!\w)(?:is|was|latterly|works as|jest|est|es|ist|als)[ ](?:an?[ ]|een[ ]|un[ea]?[ ])?(?P<j>[a-z][a-z\-]{{3,20}}(?:[ ][a-z\-]{{3,20}}){{0,2}}[ ]{_JOIN}[ ](?P<p>[^,.;:\n()]{{3,60}}))"  # noqa: E501 (a pattern reads better whole)
)


@cache
def _unique() -> re.Pattern[str]:
    stems = "|".join(sorted(name_words.load().unique_places, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{stems})\w*")


_NO_WORK = name_words.load().no_professions


_WORK = re.compile(
    r"(?:ist|ista|iste|istka|isti|eur|euse|ier|ière|iere|ario|aria|ante|ent|or|ora|oor|er|ero|era|eira|eiro|ete|arz|arka|ca|tor|smutje|cura|chef|leiter|koch|smid|mester|deken)$"
)


def find_professions(text: str, low: str, patients: Sequence[Span]) -> Iterator[Span]:
    """Yield a profession and its place: behind a patient's name with a proper name in it, or at a place of its kind."""
    unique_place = _unique().search(low) is not None
    ends = {s.end for s in patients if s.category in (Category.PATIENT, Category.ID)}
    for pattern in (_APPOSITION, _IS):
        for match in pattern.finditer(low):
            start, end = match.span("j")
            place = text[match.start("p") : match.end("p")]
            unique = _unique().search(low[match.start("p") : match.end("p")])
            named = re.search(r"(?:^|[ '’])[A-ZÀ-ÖØ-ÞŁŚŻ][a-zà-ÿ]{2,}|\bM[STV] [A-Z]", place)
            behind = any(match.start() - 3 <= e <= match.start() for e in ends)
            first = match["j"].split()[0]
            work = _WORK.search(first) is not None and first not in _NO_WORK
            if unique or (named and work and (behind or pattern is _IS)):
                yield Span(start, start + len(text[start:end].rstrip()), Category.OTHER, "profession")
    for match in _GENITIVE.finditer(low) if unique_place else ():
        if unique_place and _unique().match(match["p"]) and _WORK.search(match["j"]):
            tail = re.match(r"[^,;:\n()]{3,60}", low[match.start("p") :])
            yield Span(match.start(), match.start("p") + (tail.end() if tail else 0), Category.OTHER, "profession")
    for match in _SHIP.finditer(text) if " M" in text or " S" in text or " H" in text else ():
        yield Span(match.start(), match.end(), Category.OTHER, "profession")


_GENITIVE = re.compile(r"(?<!\w)(?P<j>[a-z]{5,20}) (?P<p>[a-z]{5,20})")
_SHIP = re.compile(
    r"(?<!\w)[^\W\d_]{4,20}[ ](?:auf der|on the|on|a bordo del?|sur le|op de|op het|na)[ ](?:MS|SS|MV|HMS|MT)[ ][A-Z][\w\-]+"  # noqa: E501 (a pattern reads better whole)
)
