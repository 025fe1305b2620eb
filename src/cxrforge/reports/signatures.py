"""Names in the short lines that close a report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.identity.text import folded
from cxrforge.records import Category, Span
from cxrforge.reports.alternatives import words_pattern
from cxrforge.reports.names import (
    PARTICLES,
    Word,
    is_eponym,
    is_given,
    is_ordinary,
    is_role,
    lexicon,
    name_span,
)
from cxrforge.tables import gazetteers, name_words, ordinary_words, report_sections

ABBREVIATIONS = name_words.load().abbreviations


_SLASHED = re.compile(r"\n[ \t]*(?P<n>[^\W\d_]{3,20}[ ]?/[ ]?[^\W\d_]{3,20})\s*$")
_DATED = re.compile(r"\d[./-]\d{2,4},?[ ](?P<n>[a-zà-ÿ]{4,20})\s*$")
_REACHED = re.compile(r"(?:^|(?<=\n))[ \t]*(?P<n>(?:[a-z]\.[ ]?)?[a-zà-ÿ]{4,20}),?[ ](?=(?:tel|bip|dect|fax|ext)\b)")


def find_lower_signatures(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield signatures in small letters: `galán/bermejo` and `14/09/23 wendt` at the end, `yilmaz, tel.` in a line."""
    lex = lexicon(language)
    for pattern in (_SLASHED, _DATED, _REACHED):
        for match in pattern.finditer(text):
            words = re.findall(r"[^\W\d_]{2,}", low[match.start("n") : match.end("n")])
            initial = re.match(r"[a-z]\.", match["n"]) is not None
            usual = any(w in lex.stop or w in lex.function or is_role(w) for w in words)
            ordinary = all(is_ordinary(w, language) for w in words) and not initial
            if not usual and not ordinary:
                yield Span(match.start("n"), match.end("n"), Category.DOCTOR, "signature in small letters")


def find_signatures(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names in the short lines that close a report: `R. Bürgi`, `TW`, `Galán/bermejo`."""
    yield from find_lower_signatures(text, low, language)
    if "\n" not in text.strip():
        last_words = range(max(0, len(words) - 3), len(words))
        yield from _farewell(words, last_words, text, low, (0, len(text)), language)
    for number, (start, end) in enumerate(_last_lines(text)):
        inside = [i for i, w in enumerate(words) if start <= w.start < end]
        line = low[start:end]
        if not inside:
            continue
        if _TABLE_ROW.search(line) or _MEDICATION.search(line) or _label_of(line) in _heading_words(language):
            break
        yield from _farewell(words, inside, text, low, (start, end), language)
        if _says_something(words, inside, line) or not _closing_line(words, inside, text, language, (start, end)):
            if number > 1:
                break
            continue
        yield from _sign_off(words, inside, text, language, number == 0)


_MEDICATION = re.compile(r"\d\s?(?:mg|ml|mcg|g/|mmol|mm\b|cm\b|%)|\d-\d-\d")


_TABLE_ROW = re.compile(r"[│┃|¦±].*[│┃|¦±]|-?\d+\.\d+\s+-?\d+\.\d+")
"""A row of figures or of a drawn table: no sign-off."""


_FIGURE = re.compile(
    r"(?<![\d.])\d[.,]\d{1,2}(?![\d.])|(?<![\w])(?:bwk|lwk|hwk|brust|th|t|l|d|c|s|crp|ctr|ef|nyha|gold|stad\w+)[ ]?\d"
)
_DISEASE = frozenset(
    (
        "morbus",
        "maladie",
        "doenca",
        "morbo",
        "ziekte",
        "choroba",
        "enfermedad",
        "syndrom",
        "syndrome",
        "sindrome",
        "zespol",
    )
)


def _says_something(words: Sequence[Word], inside: Sequence[int], line: str) -> bool:
    """Tell whether a short last line is a finding: a measurement, a disease, a clinical word beside no name."""
    found = [words[i] for i in inside]
    if any(w.word in _DISEASE or (is_eponym(w.word) and not w.shout and len(found) > 3) for w in found):
        return True
    if any(is_given(w.word) and w.capital for w in found) or any(len(w.word) == 1 and w.capital for w in found[:2]):
        return False
    table = ordinary_words.load()
    return _FIGURE.search(line) is not None or any(len(w.word) > 3 and table.is_clinical(w.word) for w in found)


def _label_of(line: str) -> str:
    """Return the label before a line's colon, or the whole of a short line."""
    return line.split(":", 1)[0].strip(" \t*-.\\d") if ":" in line else line.strip(" \t*-.")


@cache
def _heading_words(language: str) -> frozenset[str]:
    tables = report_sections.load()
    return frozenset(folded(h) for code in (language, "en") for hs in tables[code].headings.values() for h in hs) - {
        "dotyczy", "cc", "reported by", "signed by", "dictated by", "verified by", "electronically signed by"
    }  # fmt: skip


def _last_lines(text: str) -> list[tuple[int, int]]:
    """Return up to four last non-blank lines, the last one first; the first line of a text is no sign-off."""
    found: list[tuple[int, int]] = []
    end = len(text)
    while end > 0 and len(found) < 4:
        start = text.rfind("\n", 0, end) + 1
        if start == 0:
            break
        if text[start:end].strip():
            found.append((start, end))
        end = start - 1
    return found


@cache
def _farewell_pattern(language: str) -> re.Pattern[str]:
    words = [*report_sections.load()[language].signature, "abs", "saludo", "groet", "regards", "cheers"]
    return re.compile(rf"(?:^|[\s.,])(?:{words_pattern(words)})(?!\w)[ ]?[,.:]?[ ]{{1,2}}$")


def _farewell(
    words: Sequence[Word], inside: Sequence[int], text: str, low: str, line: tuple[int, int], language: str
) -> Iterator[Span]:
    """Yield the name behind a farewell at the end of a line, in small letters too: `un saludo, diego`."""
    for k in (1, 2):
        if len(inside) <= k:
            return
        first = words[inside[-k]]
        if low[words[inside[-1]].end : line[1]].strip(" .\t"):
            return
        no_name = first.word in lexicon(language).stop | lexicon(language).function or is_ordinary(first.word, language)
        if not no_name and _farewell_pattern(language).search(low[line[0] : first.start]):
            yield Span(first.start, words[inside[-1]].end, Category.DOCTOR, "sign-off")
            return


def _is_filler(word: Word, language: str) -> bool:
    """Tell whether a word may stand beside names in a closing line: titles, roles, months, small words."""
    if len(word.word) == 1:
        return not word.capital
    lex = lexicon(language)
    known = word.word in lex.titles or word.word in lex.doctor_titles or word.word in lex.stop
    return known or word.word in lex.calendar or word.word in lex.function or is_role(word.word) or word.word in _SMALL


_SMALL = frozenset(
    ("med", "habil", "univ", "uhr", "spec", "op", "om", "na", "hab", "fa", "st", "chir", "rad", "res", "dra")
)


_LONGEST_SIGNATURE = 140
"""Characters; beyond it no pattern is tried, for a hostile line may be as long as a file."""


def _closing_line(
    words: Sequence[Word], inside: Sequence[int], text: str, language: str, line: tuple[int, int]
) -> bool:
    """Tell whether a line is no sentence: hardly a word in small letters, no full stop behind a word."""
    if line[1] - line[0] > _LONGEST_SIGNATURE:
        return False
    low_words = [
        words[i]
        for i in inside
        if not words[i].capital and not _is_filler(words[i], language) and words[i].word not in PARTICLES
    ]
    full_stop = text[line[0] : line[1]].rstrip().endswith(".") and len(low_words) > 0
    sentence = full_stop or (
        len(inside) > 1
        and re.search(
            r"[^\W\d_]{3,}\.(?:\s*$|\s+[A-Z][a-z]+\s[a-z])|[a-zäöüß]{4,}\.\s[A-Z][a-zäöü]+\s[A-Z]?[a-z]+\s[a-z]",
            text[line[0] : line[1]],
        )
        is not None
    )
    few = len(low_words) <= (1 if len(inside) > 2 else 0) or (
        len(inside) <= 2 and not _ordinary_among(low_words, language)
    )
    return few and not sentence and len(inside) <= 14


def _ordinary_among(found: Sequence[Word], language: str) -> bool:
    return any(is_ordinary(w.word, language) for w in found)


def _sign_off(words: Sequence[Word], inside: Sequence[int], text: str, language: str, last: bool) -> Iterator[Span]:
    """Yield the names of one closing line."""
    names = [i for i in inside if words[i].capital and not _is_filler(words[i], language)]
    if len(inside) <= 2 and last and not names:
        names = [i for i in inside if not _is_filler(words[i], language) and not is_ordinary(words[i].word, language)]
    slashed = [
        i for i in inside if text[words[i].start - 1 : words[i].start] == "/" and i not in names and len(inside) <= 4
    ]
    names = sorted([*names, *slashed])
    run: list[int] = []
    for i in [*names, -1]:
        if run and i >= 0 and _same_name(words, run[-1], i, text):
            run.append(i)
            continue
        if run and _is_signature(words, run, text, language, last):
            yield name_span(words, (run[0], run[-1] + 1), text, Category.DOCTOR, "sign-off")
        run = [i] if i >= 0 else []


def _same_name(words: Sequence[Word], a: int, b: int, text: str) -> bool:
    gap = text[words[a].end : words[b].start]
    if b == a + 1:
        return re.fullmatch(r"\.?[oªa]?\.?[ \-]?|, |['’]", gap) is not None
    between = words[a + 1 : b]
    return all(w.word in PARTICLES for w in between) and re.fullmatch(r"[\w \-'’.]+", gap) is not None


def _is_signature(words: Sequence[Word], run: Sequence[int], text: str, language: str, last: bool) -> bool:
    """Tell whether a run of capitalised words in a closing line is a person."""
    solid = [words[i] for i in run if len(words[i].word) > 1]
    initials = [words[i] for i in run if len(words[i].word) == 1]
    if not solid:
        return len(initials) in (2, 3) and last
    if any(is_eponym(w.word) for w in solid) and len(run) == 1:
        return False
    if len(run) == 1:
        word = solid[0]
        if word.shout and len(word.word) <= 3:
            return last and word.word not in ABBREVIATIONS
        slash = "/" in text[max(0, word.start - 1) : word.end + 1]
        if is_ordinary(word.word, language):
            return slash and last
        known = is_given(word.word) or word.word in gazetteers.load().all_surnames
        return known or slash or (last and _stands_apart(word, text))
    if initials and len(solid) <= 2:
        return True
    ordinary = sum(is_ordinary(w.word, language) and not is_given(w.word) for w in solid)
    return ordinary < len(solid)


def _stands_apart(word: Word, text: str) -> bool:
    """Tell whether a lone last word stands in a line of its own, without a full stop."""
    start = text.rfind("\n", 0, word.start) + 1
    before = text[start : word.start].strip()
    return not before and not text[word.end : word.end + 1].startswith(".")
