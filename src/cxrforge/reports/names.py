"""Words that are shaped like names: tokens with their case, and sequences of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from cxrforge.identity.text import folded
from cxrforge.records import Category, Span
from cxrforge.tables import (
    eponyms,
    gazetteers,
    name_words,
    ordinary_words,
    report_identifiers,
    report_sections,
    report_words,
)

_WORD = re.compile(r"[^\W\d_]+(?:['’](?=[^\W\d_]{2})[^\W\d_]+)?")
PARTICLES = name_words.load().particles
_GAP = re.compile(r"\.?[ \t]{1,2}|\.?-|[ \t]?\.[ \t]?|['’]")


class Word(NamedTuple):
    """A word of a text with its plain form and how it is written."""

    start: int
    end: int
    word: str
    capital: bool
    shout: bool  # all capitals, two letters and more


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What words are to names in one language: `stop` words end a name, `calendar` words do unless a title precedes."""

    stop: frozenset[str]
    calendar: frozenset[str]
    function: frozenset[str]
    titles: frozenset[str]
    doctor_titles: frozenset[str]


@cache
def lexicon(language: str) -> Lexicon:
    """Return the words that no name holds, in one language and English."""
    identifiers = report_identifiers.load()
    stop: set[str] = set()
    calendar: set[str] = set()
    titles: set[str] = set()
    doctors: set[str] = set()
    for code in {language, "en"}:
        words = identifiers[code]
        groups = (
            *(words.doctor_cues, words.institution_words, words.id_labels, words.contact_labels, words.relatives),
            *(words.age_words, words.patient_cues, words.person_titles, words.doctor_titles),
        )
        for group in groups:
            stop.update(w for phrase in group for w in re.findall(r"\w+", folded(phrase)) if len(w) > 2)
        for phrase in words.place_before:
            stop.update(w for w in re.findall(r"\w+", folded(phrase)) if len(w) > 5)
        calendar.update(folded(w) for w in (*words.weekdays, *words.seasons))
        calendar.update(folded(m) for row in words.months for m in row if len(m) > 2)
        for headings in report_sections.load()[code].headings.values():
            stop.update(w for phrase in headings for w in re.findall(r"\w+", folded(phrase)) if len(w) > 3)
        titles.update(re.sub(r"[\W_]", "", folded(t)) for t in words.person_titles)
        doctors.update(re.sub(r"[\W_]", "", folded(t)) for t in words.doctor_titles)
    function = {folded(w) for code in (language, "en") for w in report_words.load()[code].function}
    stop |= name_words.load().name_stops
    stop -= {w for w in stop if w in PARTICLES} | calendar
    return Lexicon(*(frozenset(x) for x in (stop, calendar, function, titles, doctors)))


def words_of(text: str, low: str) -> list[Word]:
    """Return the words of `text` in order; `low` is the folded text. A word beside a digit counts as no capital."""
    found = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        raw = match[0]
        digit = text[end : end + 1].isdigit() or (start > 0 and text[start - 1].isdigit())
        capital = raw[0].isupper() and not digit
        found.append(Word(start, end, low[start:end], capital, capital and len(raw) > 1 and raw.isupper()))
    return found


def is_given(word: str) -> bool:
    """Tell whether a plain word is a given name, Polish cases included."""
    given = gazetteers.load().given
    if word in given:
        return True
    if len(word) < 5:
        return False
    return any(word.endswith(ending) and word[: -len(ending)] + instead in given for ending, instead in _CASES)


_CASES = (("ii", "ia"), ("ie", "a"), ("y", "a"), ("e", "a"), ("a", ""), ("owi", ""), ("em", ""), ("iem", ""))
"""Polish endings of given names, and what the nominative has in their place."""

_ROLE = re.compile(
    r"(?:logi|logia|logie|logy|logo|loga|loog|log|logue|logist|medizin|medicina|medycyna|chirurgi[ea]|chirurg|cirugia|cirurgia|arzt|arztin|direktor|direktorin|"
    r"direttore|directeur|director|pathie|atrie|atria|pediatri[ae]?|grafi[ea]|graphie|grafia|therapie|terapia|iatrist|iater|geneeskunde|kunde|padie|pedie|"
    r"intensivos?|urgencias?|urgences|enfermeria|anestesia|reanimacion|interna|rehabilitation|neonatales|digestivo|general)$"
)


def is_role(word: str) -> bool:
    """Tell whether a plain word is a specialty or a role by its ending (Kardiologie, urología, Assistenzarzt)."""
    return len(word) > 5 and _ROLE.search(word) is not None


@lru_cache(maxsize=50_000)
def is_ordinary(word: str, language: str) -> bool:
    """Tell whether a plain word is an everyday or clinical word of the language or of English, or a placeholder."""
    table = ordinary_words.load()
    known = word in table.by_language[language] or word in table.by_language["en"]
    return known or table.is_clinical(word) or len(set(word)) == 1 or is_role(word)


_SURNAME = re.compile(
    r"(?:ova?|eva?|oglu|idis|akis|yan|sk[ia]|ck[ia]|dzk[ia]|skiego|skiej|wicz|czyk|czak|siewicz|iak|ovic|poulos|escu|"
    r"sson|enko)$"
)


def is_surname(word: str) -> bool:
    """Tell whether a plain word is a family name of the gazetteer, or ends as Slavic and Nordic ones do."""
    return word in gazetteers.load().all_surnames or (len(word) > 5 and _SURNAME.search(word) is not None)


def is_eponym(word: str) -> bool:
    """Tell whether a plain word is a known eponym."""
    return word in eponyms.load().names


def name_run(
    words: Sequence[Word],
    text: str,
    at: int,
    language: str,
    *,
    limit: int = 4,
    loose: bool = False,
    lower: bool = False,
) -> tuple[int, int] | None:
    """Return the index range of the name that starts at word `at`, or None.

    `loose`: the place says that a name follows, so everyday words in capitals are names too. `lower`: names in small
    letters count as well.
    """
    k = end = at
    solid, given, initial_first = 0, False, False
    while k < len(words) and solid < limit and k - at < limit + 3:
        word = words[k]
        gap = text[words[k - 1].end : word.start] if k > at else ""
        if k > at and not _GAP.fullmatch(gap):
            break
        if k > at and gap.startswith(".") and len(words[k - 1].word) > 3:
            break
        if word.word in ("v", "d") and not word.capital and text[word.end : word.end + 1] == "." and (solid or loose):
            k += 1
            continue
        if word.word == "e" and text[word.end : word.end + 5] in ("-mail", "-Mail", "-MAIL"):
            break
        if len(word.word) == 1 or (
            word.capital and len(word.word) == 2 and text[word.end : word.end + 1] == "." and k == at
        ):
            if not word.capital or (k == at and not loose):
                break
            dotted = text[word.end : word.end + 1] in (".", "-")
            closes = _closes(text, word.end)
            if not dotted and not closes and (solid or k > at):
                break
            initial_first = initial_first or solid == 0
            k += 1
            if solid or dotted or closes:
                end = k
            ends = solid and dotted and not text[word.end + 1 : word.end + 2].strip("- ")
            if ends and not _initial_goes_on(words, text, k, language):
                break
            continue
        if word.word in PARTICLES and (solid or loose or k == at) and _capital_follows(words, k):
            k += 1
            continue
        if gap.endswith("-") and word.capital and solid:
            k += 1
            end = k
            continue
        if not _may_be_name(
            word, text, language, solid=solid, given=given, initial=initial_first, loose=loose, lower=lower
        ):
            break
        given = given or is_given(word.word)
        solid += 1
        k += 1
        end = k
    return (at, end) if solid or (loose and end > at) else None


def _initial_goes_on(words: Sequence[Word], text: str, k: int, language: str) -> bool:
    """Tell whether a name goes on behind `Given X.`: a surname follows that is no everyday word."""
    if k >= len(words) or "\n" in text[words[k - 1].end : words[k].start]:
        return False
    word = words[k]
    if word.word in PARTICLES and _capital_follows(words, k):
        word = words[k + 1]
    if not word.capital or is_ordinary(word.word, language):
        return False
    closes = re.match(r"[ ]*(?:[*,(;\n]|$)", text[word.end :]) is not None
    return word.word in gazetteers.load().all_surnames or closes


def _capital_follows(words: Sequence[Word], k: int) -> bool:
    return k + 1 < len(words) and (
        words[k + 1].capital or (words[k + 1].word in PARTICLES and k + 2 < len(words) and words[k + 2].capital)
    )


def _may_be_name(
    word: Word, text: str, language: str, *, solid: int, given: bool, initial: bool, loose: bool, lower: bool
) -> bool:
    """Tell whether a word can go on (or start) a name, given what came before it."""
    lex = lexicon(language)
    if word.word in lex.stop or is_role(word.word) or len(set(word.word)) == 1:
        return False
    if word.word in lex.function and not (solid == 0 and loose and word.capital and len(word.word) > 3):
        return False
    if not word.capital and not lower:
        return False
    if word.word in lex.calendar:
        return word.capital and (loose or given) and not solid > 1
    if not is_ordinary(word.word, language):
        return True
    if lower and not word.capital:
        return given and word.word in gazetteers.load().all_surnames
    if solid == 0:
        return loose or initial
    return given or initial or (loose and word.shout) or (loose and solid == 1 and _closes(text, word.end))


def _closes(text: str, end: int) -> bool:
    """Tell whether a word ends a name: punctuation or the line's end follows."""
    return end >= len(text) or text[end] in ".,;:)?!/\n" or not text[end : end + 2].strip()


def name_span(words: Sequence[Word], run: tuple[int, int], text: str, category: Category, evidence: str) -> Span:
    first = run[0]
    if (
        run[1] - first > 1
        and len(words[first].word) == 1
        and _is_letter_title(words[first], text, is_given(words[first + 1].word))
    ):
        first += 1
    start, end = words[first].start, words[run[1] - 1].end
    if len(words[run[1] - 1].word) == 1 and text[end : end + 1] == "." and run[1] - run[0] > 1:
        end += 1
    return Span(start, end, category, evidence)


def _is_letter_title(word: Word, text: str, follows_given: bool) -> bool:
    """Tell whether a lone letter is a title (`D. Fernanda`) or the end of `i.A.` and not an initial."""
    return (word.word == "d" and follows_given) or text[max(0, word.start - 2) : word.start] in ("i.", "I.")
