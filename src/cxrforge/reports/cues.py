"""Names that the words around them give away: titles, roles, labels, greetings, sign-offs, given names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.identity.text import folded
from cxrforge.records import Category, Span
from cxrforge.reports.alternatives import words_pattern
from cxrforge.reports.name_shapes import find_given_names, find_initialled, find_name_fields
from cxrforge.reports.names import (
    PARTICLES,
    Word,
    is_eponym,
    is_given,
    is_ordinary,
    is_role,
    lexicon,
    name_run,
    name_span,
)
from cxrforge.reports.signatures import find_signatures
from cxrforge.tables import eponyms, gazetteers, name_words, report_identifiers


def find_cued_names(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names of patients, staff and relatives, each with the cue that gave it away."""
    yield from _titled(words, text, low, language)
    yield from _labelled(words, text, low, language)
    yield from _greeted(words, text, low, language)
    yield from find_signatures(words, text, low, language)
    yield from find_given_names(words, text, language)
    yield from find_initialled(text, low, language)
    yield from find_name_fields(words, text, low, language)


@cache
def _title_pattern(language: str) -> re.Pattern[str]:
    tables = report_identifiers.load()
    doctor = words_pattern(
        [*tables[language].doctor_titles, *tables["en"].doctor_titles, "dr. med", "dr. n. med", "prof. dr"]
    )
    person = words_pattern([*tables[language].person_titles, "mr", "mrs", "ms"])
    return re.compile(
        rf"(?<![\w@])(?:(?P<doctor>(?:{doctor})(?:\(a\)|[.]?ssa|in)?)|(?P<person>{person}))(?!\w)\.?(?:[ ]?(?:{doctor}|med|hab|n|h\.?c|rer|nat|phil|univ|ing|kollege|kollegin|collega|colega|confrere)(?!\w)\.?){{0,4}}[ \t]*(?:\n[ \t]{{0,3}}|:?[ \t]{{0,3}})"  # noqa: E501 (a pattern reads better whole)
    )


_LONE = name_words.load().weak_titles


def _titled(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names behind titles: `Dr P Marchetti`, `Frau Annegret Sommerfeld`, `p. Zofii Wysokiej`."""
    starts = {w.start: i for i, w in enumerate(words)}
    for match in _title_pattern(language).finditer(low):
        at = starts.get(match.end())
        if at is None:
            continue
        title = re.split(r"[\s.:,]", match[0].strip())[0]
        if not _title_fits(title, match, text, language, words[at]):
            continue
        doctor = match["doctor"] is not None
        first = words[at]
        weak = title in _LONE
        lower = doctor and not weak and text[match.end() - 1] != "\n"
        if lower and not first.capital and (is_ordinary(first.word, language) and not _ends(text, first.end)):
            lower = False
        run = name_run(words, text, at, language, loose=not weak or first.capital, limit=4, lower=False)
        if (
            run is None
            and lower
            and len(first.word) > 2
            and first.word not in lexicon(language).stop | lexicon(language).function | lexicon(language).calendar
        ):
            run = (at, at + 1)
        if run is None and doctor and not weak and first.capital and len(first.word) == 1:
            run = (at, at + 1)
        if run:
            run = _with_comma(words, text, run, language)
            if doctor:
                run = _with_second(words, text, run, language)
            category = Category.DOCTOR if doctor else Category.PATIENT
            yield name_span(words, run, text, category, "title")


def _ends(text: str, end: int) -> bool:
    return end >= len(text) or text[end] in ".,;)\n/"


def _title_fits(title: str, match: re.Match[str], text: str, language: str, first: Word) -> bool:
    """Tell whether a short title (`p.`, `d.`, `M`) is one here: its dot or case says so, and a capital follows."""
    start = match.start()
    if title in ("m", "mr", "d", "p", "fr", "h", "pr") and not first.capital:
        return False
    if title == "m":
        eponym = language != "fr" and first.word in eponyms.load().names
        return text[start] == "M" and match[0].startswith(("m.", "m ")) and not eponym
    if title == "p":
        return match[0].startswith("p.") and text[start] in "pP"
    if title == "d":
        return text[start] == "D" and match[0].startswith(("d.", "d "))
    if title in ("fr", "hr", "pr"):
        return text[start].isupper() and first.word != "en"
    if title in ("ca", "oa", "pd", "aa", "ide", "mir", "due"):
        return text[start : start + 2].isupper()
    if title in ("ms", "sr", "sra", "doc", "inf", "enf", "ob", "r", "seu", "kind", "don", "miss"):
        return first.capital and not is_ordinary(first.word, "en")
    if title == "sister" or title == "schwester" or title == "nurse":
        return first.capital
    return True


def _with_comma(words: Sequence[Word], text: str, run: tuple[int, int], language: str) -> tuple[int, int]:
    """Return a run grown over `, Given` behind a family name."""
    k = run[1]
    if k < len(words) and text[words[k - 1].end : words[k].start] in (", ", ",") and words[k].capital:
        follows = words[k]
        if is_given(follows.word) and not is_ordinary(follows.word, language):
            more = name_run(words, text, k, language, limit=2)
            if more:
                return run[0], more[1]
        if len(follows.word) == 1 and text[follows.end : follows.end + 1] == ".":
            return run[0], k + 1
    return run


_AND = frozenset(("und", "and", "y", "et", "e", "en", "i", "u"))


def _with_second(words: Sequence[Word], text: str, run: tuple[int, int], language: str) -> tuple[int, int]:
    """Return a run grown over `and Second` behind a titled name (`Drs. Seiler und Wantzer`)."""
    k = run[1]
    if k + 1 < len(words) and words[k].word in _AND and text[words[k].end : words[k + 1].start] in (" ", ". "):
        second = words[k + 1]
        usual = is_ordinary(second.word, language) or second.word in lexicon(language).stop or is_role(second.word)
        if second.capital and len(second.word) > 2 and not second.shout and not usual:
            return run[0], k + 2
    return run


@cache
def _label_pattern(language: str) -> re.Pattern[str]:
    words = report_identifiers.load()[language]
    english = report_identifiers.load()["en"]
    doctor = words_pattern([*words.doctor_cues, *english.doctor_cues])
    patient = words_pattern([*words.patient_cues, *english.patient_cues])
    relative = words_pattern([*words.relatives, *english.relatives])
    titles = words_pattern([*words.doctor_titles, *words.person_titles])
    return re.compile(
        rf"(?<![\w-])(?:(?P<doctor>{doctor})|(?P<patient>{patient})|(?P<relative>{relative}))(?!\w)\.?(?P<gap>[ \t]?[\"“„'(:=,]{{0,2}}[ \t]{{0,4}}(?:(?:{titles})(?!\w)\.?[ ]){{0,2}}[\"“„'(]?|[ \t]?:?[ \t]*\n)"  # noqa: E501 (a pattern reads better whole)
    )


def _labelled(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names behind roles, labels and kinship: `Radióloga: Redondo`, `Nombre: Pedro`, `wife Jean`."""
    cue_words = name_words.load()
    starts = {w.start: i for i, w in enumerate(words)}
    for match in _label_pattern(language).finditer(low):
        at = starts.get(match.end())
        if at is None:
            continue
        kind = next(g for g in ("doctor", "patient", "relative") if match[g])
        sure = ":" in match["gap"] or "=" in match["gap"]
        bracket = any(c in match["gap"] for c in '("“„')
        label = match[kind]
        first = words[at]
        if "\n" in match["gap"] and not sure:
            continue
        particle = first.word in PARTICLES and at + 1 < len(words) and words[at + 1].capital
        if not sure and first.shout and len(first.word) <= 4 and not label[-1].isdigit():
            continue
        if not sure and not particle and (not first.capital or match["gap"].strip(" ") == ","):
            lower_pair = (
                kind == "patient"
                and not first.capital
                and is_given(first.word)
                and not is_ordinary(first.word, language)
            )
            if not lower_pair or len(label) < 4:
                continue
        strong = len(label) > 2 and label not in cue_words.weak_cues
        if not sure and label in cue_words.doubtful_cues and not _surely_named(first, label, kind, language):
            continue
        lower = not first.capital and not sure and not particle
        dotted = len(first.word) == 1 and text[first.end : first.end + 1] == "."
        by = re.search(r"(?:\bby|\bvon|\bdoor|\bpar|\bpor|\bda|\bprzez)$", label) is not None and label != "by"
        run = name_run(
            words,
            text,
            at,
            language,
            loose=(sure and strong) or by or dotted or " " in label or (particle and kind == "doctor"),
            lower=lower or (sure and kind == "doctor" and strong and not first.capital),
            limit=4,
        )
        if run is None:
            continue
        particle = particle and kind == "doctor"
        if (
            not (sure or bracket or by or dotted or particle)
            and is_ordinary(first.word, language)
            and not is_given(first.word)
        ):
            continue
        solid = [w for w in words[run[0] : run[1]] if w.word not in PARTICLES]
        if not sure and solid and is_eponym(solid[0].word) and all(is_ordinary(w.word, language) for w in solid[1:]):
            continue
        run = _with_comma(words, text, run, language)
        category = {"doctor": Category.DOCTOR, "patient": Category.PATIENT, "relative": Category.OTHER}[kind]
        yield name_span(words, run, text, category, f"cue {kind}")


def _surely_named(first: Word, label: str, kind: str, language: str) -> bool:
    """Tell whether a word behind a doubtful cue (`for`, `man`, `née`) is a name by itself."""
    if is_ordinary(first.word, language):
        return False
    return kind == "relative" or label == "nee" or is_given(first.word) or first.word in gazetteers.load().surnames


@cache
def _greeting_pattern(language: str) -> re.Pattern[str]:
    words = report_identifiers.load()[language]
    greetings = words_pattern(list(words.greetings))
    titles = words_pattern(
        [
            *words.doctor_titles,
            *words.person_titles,
            "kollege",
            "kollegin",
            "confrere",
            "consoeur",
            "colega",
            "collega",
            "ami",
            "amie",
            "colleague",
        ]
    )
    return re.compile(rf"(?:^|\n)[ \t]*(?:{greetings})(?!\w)\.?,?[ ]{{1,2}}(?:(?:{titles})(?!\w)\.?[ ]{{1,2}}){{0,3}}")


def _greeted(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names in a salutation, small letters included: `hola juan luis,`."""
    starts = {w.start: i for i, w in enumerate(words)}
    lex = lexicon(language)
    for match in _greeting_pattern(language).finditer(low):
        at = starts.get(match.end())
        if at is None:
            continue
        k = at
        while (
            k < len(words) and k - at < 3 and (k == at or text[words[k - 1].end : words[k].start] in (" ", "-", ". "))
        ):
            word = words[k].word
            if (
                word in lex.stop
                or word in lex.function
                or word in ("kollege", "kollegin", "kollegen", "confrere", "colega", "collega")
            ):
                break
            k += 1
        closed = (
            k < len(words) + 1 and k > at and text[words[k - 1].end : words[k - 1].end + 1] in (",", "!", ":", "\n")
        )
        if k > at and closed:
            yield Span(words[at].start, words[k - 1].end, Category.DOCTOR, "greeting")


_NICKNAME = re.compile(r"[ ][(\"“„]{1,2}(?P<n>[A-ZÀ-ÖØ-Þ][^\W\d_]{2,14})[)\"”“]{1,2}")


def find_nicknames(text: str, spans: Sequence[Span], language: str) -> Iterator[Span]:
    """Yield a word in brackets or quotes right behind a patient's name: `Milagros Fuertes (Mila)`."""
    for span in spans:
        if span.category == Category.PATIENT:
            match = _NICKNAME.match(text, span.end)
            word = folded(match["n"]) if match else ""
            if match and not match["n"].isupper() and not is_role(word) and not is_ordinary(word, language):
                yield Span(match.start("n"), match.end("n"), Category.PATIENT, "nickname")
