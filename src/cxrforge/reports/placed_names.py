"""Names and addresses by where they stand: before a birth date, alone in a bracket, in the lines of an address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cxrforge.identity.text import digits_in, vocabulary
from cxrforge.records import Category, Span
from cxrforge.reports.names import (
    PARTICLES,
    Word,
    is_eponym,
    is_given,
    is_ordinary,
    is_role,
    is_surname,
    lexicon,
)
from cxrforge.tables import gazetteers

_BIRTH = re.compile(
    r"[ ]?[,;(]?[ ]{0,3}(?:\(?\*[ ]?\d|\(?(?:geb\.?(?:oren)?|born|dob|d\.o\.b|nee?(?:\(e\))?[ ]le|nat[oa](?:[ ]il)?|nacid[oa]|f\.?[ ]?nac|nascid[oa]|ur\.|urodzon[ay]|geboren|gebdat|ddn)(?![a-z])[^\n]{0,12}\d)"  # noqa: E501 (a pattern reads better whole)
)
_BIRTH_WORDS = frozenset(
    (
        "geb",
        "geboren",
        "born",
        "dob",
        "nee",
        "ne",
        "nata",
        "nato",
        "nacida",
        "nacido",
        "nac",
        "nascida",
        "nascido",
        "ur",
    )
) | {"ur", "urodzona", "urodzony", "gebdat", "ddn", "d"}
_PARTICLE_LANGUAGES = frozenset(("nl", "de", "it", "pt", "es"))
_SURNAME_INITIAL = re.compile(
    r"(?<![\w.])(?P<n>[A-ZÀ-ÖØ-ÞŁŚŻ][^\W\d_]{2,}(?:-[A-ZÀ-Ö][^\W\d_]+)?), [A-ZÀ-ÖŁŚŻ]\.(?=[ ]?[,;)(\n]|[ ]?$)"
)
_BRACKETED = re.compile(r"\((?P<n>[^\W\d_]{3,}(?:[ ][^\W\d_]{2,}){0,2})(?=\)|, (?:letto|bed|bett|lit|cama|kamer|sala))")
_PARTICLE_LINE = re.compile(
    r"(?:^|(?<=\n))[ \t]*(?P<n>(?:Van|De|Ter|Ten|Von|Del|Di|La|Dos|Da)(?:[ ](?:der|den|de|het|la|'t))?[ ][A-ZÀ-Ö][^\W\d_]{2,})(?=[ ]?(?:[;,/]|\n|$))"  # noqa: E501 (a pattern reads better whole)
)
_POSTCODE_LINE = re.compile(
    r"\n[ \t]*(?P<line>[A-ZÀ-ÖØ-ÞŁŚŻ][^\n,;:]{3,38}?)[ \t]*,?\n[ \t]*(?=(?:[A-Z]{1,2}-)?(?:\d{4,5}|\d{2}-\d{3}|\d{4}-\d{3})[ ]+[A-ZÀ-ÖØ-ÞŁŚŻ][\w]+)"  # noqa: E501 (a pattern reads better whole)
)
_CAPITALS_LINE = re.compile(
    r"(?:^|(?<=\n))[ \t]*(?P<n>[A-ZÀ-Þ][A-ZÀ-Þ'’\- ]{1,30},[ ][A-ZÀ-Þ][A-ZÀ-Þ'’\- ]{1,30}?)[ \t]*(?=\n|$)"
)
_POLISH_HOSPITAL = re.compile(
    r"(?<!\w)(?P<a>[^\W\d_]{3,}(?:ck|sk|dzk)(?:im|iego|iemu|i|iej|a))[ ](?P<h>szpital\w*|klini\w+|przychodni\w*)"
)
_COMMON_ADJECTIVES = (
    "miejsk",
    "wojewodzk",
    "uniwersyteck",
    "kliniczn",
    "powiatow",
    "polsk",
    "wiejsk",
    "rejonow",
    "dzieciec",
)


def find_placed_names(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names and addresses that their place gives away."""
    starts = {w.start: i for i, w in enumerate(words)}
    if "*" in low or _BIRTH_WORDS & vocabulary(low):
        yield from _before_birth(words, text, low, language)
    for match in _SURNAME_INITIAL.finditer(text):
        word = low[match.start("n") : match.end("n")]
        if is_surname(word) and not is_ordinary(word, language):
            yield Span(match.start(), match.end(), Category.PATIENT, "surname and initial")
    for match in _BRACKETED.finditer(text) if "(" in text else ():
        i = starts.get(match.start("n"))
        if i is not None and _is_bracketed_name(words, i, match.end("n"), language, bed=text[match.end()] == ","):
            yield Span(match.start("n"), match.end("n"), Category.PATIENT, "name in brackets")
    for match in _PARTICLE_LINE.finditer(text) if language in _PARTICLE_LANGUAGES else ():
        last = low[match.start("n") : match.end("n")].split()[-1]
        if not is_ordinary(last, language):
            yield Span(match.start("n"), match.end("n"), Category.DOCTOR, "name with a particle")
    for match in _POSTCODE_LINE.finditer(text) if len(digits_in(low)) > 3 else ():
        first = low[match.start("line") : match.end("line")].split()
        if len(first) <= 5 and not any(is_role(w) for w in first) and not first[0].endswith(("arzt", "arztin")):
            yield Span(match.start("line"), match.end("line"), Category.LOCATION, "line before a postcode")
    for match in _CAPITALS_LINE.finditer(text):
        names = re.findall(r"[^\W\d_]{2,}", low[match.start("n") : match.end("n")])
        usual = any((is_ordinary(w, language) and not is_given(w)) or w in lexicon(language).stop for w in names)
        if not usual and any(is_given(w) for w in names):
            yield Span(match.start("n"), match.end("n"), Category.PATIENT, "name line")
    if language == "pl":
        for match in _POLISH_HOSPITAL.finditer(low):
            if not match["a"].startswith(_COMMON_ADJECTIVES):
                yield Span(match.start(), match.end(), Category.HOSPITAL, "adjective of a place")


def _before_birth(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield the capitalised words before a birth date: `Fuss, Flora, geb. 28.05.1998`, `Holger M. R. * 23.11.1979`."""
    lex = lexicon(language)
    ends = {w.end: i for i, w in enumerate(words)}
    for match in _BIRTH.finditer(low):
        i = ends.get(match.start(), ends.get(match.start() - 1))
        if i is None:
            continue
        k, solid = i + 1, 0
        while k > 0 and i - k < 4:
            word = words[k - 1]
            gap = text[word.end : words[k].start] if k <= i else ""
            if k <= i and gap not in (" ", ", ", ". ", "-", "  "):
                break
            stops = (
                word.word in lex.stop or word.word in lex.titles or word.word in lex.doctor_titles or is_role(word.word)
            )
            if stops or (not word.capital and word.word not in PARTICLES) or word.word in lex.function - PARTICLES:
                break
            solid += word.capital and len(word.word) > 1
            k -= 1
        while k <= i and not words[k].capital:
            k += 1
        odd = [w for w in words[k : i + 1] if len(w.word) > 1 and w.capital and not is_ordinary(w.word, language)]
        if solid >= 2 and odd:
            yield Span(words[k].start, words[i].end, Category.PATIENT, "name before birth")


def _is_bracketed_name(words: Sequence[Word], i: int, end: int, language: str, *, bed: bool) -> bool:
    """Tell whether a bracket holds a person and nothing else: all words are names, none is another word."""
    lex = lexicon(language)
    inside = []
    while i < len(words) and words[i].start < end:
        inside.append(words[i])
        i += 1
    solid = [w for w in inside if w.word not in PARTICLES]
    if not solid or not all(w.capital for w in solid) or any(w.shout and len(w.word) < 6 for w in solid):
        return False
    if any(w.word in lex.stop or w.word in lex.calendar or is_eponym(w.word) or is_role(w.word) for w in solid):
        return False
    if bed:
        return True
    named = [w for w in solid if is_given(w.word) or w.word in gazetteers.load().all_surnames or is_surname(w.word)]
    return len(named) == len(solid) and not any(is_ordinary(w.word, language) for w in solid)
