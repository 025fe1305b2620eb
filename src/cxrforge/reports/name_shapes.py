"""Names by their own shape: given names, initials, header fields that are a person and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
    name_run,
    name_span,
)
from cxrforge.tables import eponyms, gazetteers, name_words

ABBREVIATIONS = name_words.load().abbreviations


def find_given_names(words: Sequence[Word], text: str, language: str) -> Iterator[Span]:
    """Yield names by their given name: `Lisa Wong`, `John D.`, `HADDAD Nour`, `Albrecht, Finn`, lone given names."""
    table = gazetteers.load()
    lex = lexicon(language)
    for i, word in enumerate(words):
        if not word.capital or len(word.word) < 3 or word.word not in table.given:
            continue
        if word.word in lex.stop or word.word in lex.function:
            continue
        run = _run_from_given(words, i, text, language)
        if run and run[1] - run[0] > 1:
            yield name_span(words, run, text, Category.PATIENT, "given name")
        yield from _family_before(words, i, text, language)
        if run and run[1] - run[0] == 1 and _lone_given(words, i, text, language):
            yield name_span(words, run, text, Category.PATIENT, "given name")


def _run_from_given(words: Sequence[Word], i: int, text: str, language: str) -> tuple[int, int] | None:
    """Return the name that starts with a given name; one that is an everyday word needs a surname behind it."""
    table = gazetteers.load()
    word = words[i]
    if i + 1 < len(words) and eponyms.load().makes_eponym(words[i + 1].word) and not words[i + 1].capital:
        return None
    if not is_ordinary(word.word, language):
        run = name_run(words, text, i, language, limit=4)
        rest = [w for w in words[run[0] + 1 : run[1]] if len(w.word) > 1] if run else []
        terms = rest and all(is_ordinary(w.word, language) for w in rest) and len(rest) > 1
        return (i, i + 1) if terms and not is_given(rest[-1].word) else run
    if i + 1 >= len(words) or text[word.end : words[i + 1].start] != " " or not words[i + 1].capital:
        return None
    after = words[i + 1]
    if len(after.word) == 1 and text[after.end : after.end + 1] == "." and not _starts_line(text, word.start):
        return i, i + 2
    if after.word in table.all_surnames and not is_ordinary(after.word, language):
        return i, i + 2
    return None


def _family_before(words: Sequence[Word], i: int, text: str, language: str) -> Iterator[Span]:
    """Yield `HADDAD Nour`, `Albrecht, Finn`, `GRANDE MAYOR, ANTONIO`: the family name stands before the given name."""
    if i == 0:
        return
    word, before, table, lex = words[i], words[i - 1], gazetteers.load(), lexicon(language)
    gap = text[before.end : word.start]
    if not before.capital or len(before.word) < 3 or before.word in lex.stop or before.word in lex.function:
        return
    if before.word in lex.doctor_titles or before.word in lex.titles or is_eponym(before.word):
        return
    ordinary = is_ordinary(before.word, language)
    k = i - 1
    while k > 0 and words[k - 1].capital and text[words[k - 1].end : words[k].start] == " " and i - k < 3:
        k -= 1
    whole = _starts_line(text, words[k].start) and _closes_field(text, word.end)
    if (
        gap == " "
        and before.shout
        and not word.shout
        and not ordinary
        and language != "en"
        and before.word not in ABBREVIATIONS
    ):
        yield Span(before.start, word.end, Category.PATIENT, "family and given name")
    if gap != ", ":
        return
    if before.word in table.all_surnames and not whole and not (before.shout and len(before.word) < 5):
        yield Span(before.start, word.end, Category.PATIENT, "family and given name")
        return
    if whole:
        yield Span(words[k].start, word.end, Category.PATIENT, "family and given name")


def _starts_line(text: str, start: int) -> bool:
    return not text[text.rfind("\n", 0, start) + 1 : start].strip(" \t-*")


def _closes_field(text: str, end: int) -> bool:
    """Tell whether a field ends here: line end, bracket, bullet, bar, or two blanks."""
    return re.match(r"\s*(?:$|\n|[·|(;*]|\s-\s|[ ]{2}|,\s*\d)", text[end : end + 8]) is not None


def _lone_given(words: Sequence[Word], i: int, text: str, language: str) -> bool:
    """Tell whether a given name on its own is one: unmistakable, inside a sentence, no eponym beside it."""
    word = words[i]
    if len(word.word) < 4 or word.shout or is_eponym(word.word) or language == "de":
        return False
    gap = text[words[i - 1].end : word.start] if i else "."
    return not any(c in gap for c in ".!?:\n-*(")


_INITIAL = re.compile(
    r"(?<![\w.])(?P<i>(?:[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ]|Th|Ch|Ph|Jo|Wo|Fr)\.(?:[ªa]\.?)?(?:[ \-]?[A-Z]\.)?)[ ]?(?P<s>(?:(?:van|von|de|der|den|di|da|du|del|la|ter|v\.d\.)[ ])*[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ][^\W\d_]+(?:['’\-][^\W\d_]+)*)(?![\w])"  # noqa: E501 (a pattern reads better whole)
)
_SHORTENED = re.compile(
    r"(?<![\w.\-])(?P<g>[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ][^\W\d_]{2,})[ ](?P<i>[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ]\.)(?=\s*(?:$|\n|[,;)(]|[a-ząćęłńóśźż]|[A-Z][a-z]))"  # noqa: E501 (a pattern reads better whole)
)


def find_initialled(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield `R. Bürgi` where a field starts, and `Kinga W.`: a word and a dotted initial that are no medical term."""
    lex = lexicon(language)
    for match in _INITIAL.finditer(text):
        surname = low[match.start("s") : match.end("s")].split()[-1]
        before = text[: match.start()].rstrip(" \t(")
        lone = not text[match.end() :].strip() or text[: match.start()].endswith(("\n", "  "))
        field = lone or not before or before[-1] in "\n/,·|;:>"
        tail = len(text) - match.end() < 120
        if surname in lex.stop or surname in lex.function or (is_eponym(surname) and not tail):
            continue
        if is_ordinary(surname, language) and not (field and tail):
            continue
        known = is_surname(surname)
        if (field and (tail or known or not is_ordinary(surname, language))) or (
            known and not is_ordinary(surname, language)
        ):
            yield Span(match.start(), match.end(), Category.DOCTOR, "initial and surname")
    for match in _LOWER_SIGN.finditer(text):
        start = match.start() == 0 or text[match.start() - 1] == "\n"
        if (start or len(text) - match.end() < 120) and not is_ordinary(
            low[match.start("n") + 2 : match.end("n")].strip(), language
        ):
            yield Span(match.start("n"), match.end("n"), Category.DOCTOR, "initial and surname")
    for match in _SHORTENED.finditer(text):
        word = low[match.start("g") : match.end("g")]
        usual = (
            is_ordinary(word, language)
            or is_eponym(word)
            or word in lex.stop
            or word in lex.function
            or word in lex.calendar
        )
        if (
            not usual
            and word not in lex.doctor_titles
            and word not in lex.titles
            and not word.endswith(("sch", "ische"))
        ):
            alone = match["g"].isupper() or not text[: match.start()].strip()
            if alone and not (is_given(word) or is_surname(word)):
                continue
            yield Span(match.start(), match.end(), Category.PATIENT, "name and initial")


_LOWER_SIGN = re.compile(r"(?:(?<=\n)|(?<=[.!?][ ]))(?P<n>[a-z]\.[ ]?[a-zà-ÿ]{3,20})(?=[ ]*(?:\n|$|bip|tel|pour|\())")


_FIELD = re.compile(
    r"(?:^|\n|[ ]-[ ]|[ ]–[ ]|[|·;][ ]|[ ]{3})[ \t]*(?P<n>[^\W\d_][^\n|·;,\d()/:]{2,40}?)[ \t]*(?=$|\n|[ ]-[ ]|[ ]–[ ]|[ ]?[|·;(]|[ ]{3}|,[ ]?\d)"  # noqa: E501 (a pattern reads better whole)
)


def find_name_fields(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield header fields that are a person and nothing else: ` - MANOEL ROCHA - `, `Rosette Moreau`."""
    starts = {w.start: i for i, w in enumerate(words)}
    lex = lexicon(language)
    for match in _FIELD.finditer(text):
        at = starts.get(match.start("n"))
        if at is None:
            continue
        inside = []
        k = at
        while k < len(words) and words[k].start < match.end("n"):
            inside.append(words[k])
            k += 1
        while inside and (inside[0].word in lex.doctor_titles or inside[0].word in lex.titles):
            inside = inside[1:]
        if not inside:
            continue
        solid = [w for w in inside if w.word not in PARTICLES]
        if not 2 <= len(solid) <= 4 or not all(w.capital for w in solid):
            continue
        if any(w.word in lex.stop or w.word in lex.function or is_eponym(w.word) or is_role(w.word) for w in solid):
            continue
        names = sum(is_given(w.word) for w in solid)
        odd = sum(is_ordinary(w.word, language) and not is_given(w.word) for w in solid)
        surname = any(w.word in gazetteers.load().all_surnames for w in solid)
        if names and odd <= 1 and (surname or names > 1 or odd == 0):
            yield Span(inside[0].start, match.end("n"), Category.PATIENT, "name field")
