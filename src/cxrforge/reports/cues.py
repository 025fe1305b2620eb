"""Names that the words around them give away: titles, roles, labels, greetings, sign-offs, given names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.identity.text import folded
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
)
from cxrforge.reports.patterns import words_pattern
from cxrforge.tables import eponyms, gazetteers, name_words, report_identifiers, report_sections


def find_cued_names(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names of patients, staff and relatives, each with the cue that gave it away."""
    yield from _titled(words, text, low, language)
    yield from _labelled(words, text, low, language)
    yield from _greeted(words, text, low, language)
    yield from _signed(words, text, low, language)
    yield from _given_names(words, text, language)
    yield from _initialled(text, low, language)
    yield from _fields(words, text, low, language)


def _span(words: Sequence[Word], run: tuple[int, int], text: str, category: Category, evidence: str) -> Span:
    first = run[0]
    if run[1] - first > 1 and len(words[first].word) == 1 and _is_letter_title(words[first], text):
        first += 1
    start, end = words[first].start, words[run[1] - 1].end
    if len(words[run[1] - 1].word) == 1 and text[end : end + 1] == "." and run[1] - run[0] > 1:
        end += 1
    return Span(start, end, category, evidence)


def _is_letter_title(word: Word, text: str) -> bool:
    """Tell whether a lone letter is a title (`D. Fernanda`) or the end of `i.A.` and not an initial."""
    return word.word == "d" or text[max(0, word.start - 2) : word.start] in ("i.", "I.")


@cache
def _title_pattern(language: str) -> re.Pattern[str]:
    tables = report_identifiers.load()
    doctor = words_pattern(
        [*tables[language].doctor_titles, *tables["en"].doctor_titles, "dr. med", "dr. n. med", "prof. dr"]
    )
    person = words_pattern([*tables[language].person_titles, "mr", "mrs", "ms"])
    return re.compile(
        rf"(?<![\w@])(?:(?P<doctor>(?:{doctor})(?:\(a\)|[.]?ssa|in)?)|(?P<person>{person}))(?!\w)\.?(?:[ ]?(?:{doctor}|med|hab|n|h\.?c|rer|nat|phil|univ|ing|kollege|kollegin|collega|colega|confrere)(?!\w)\.?){{0,4}}[ \t]*(?::?[ \t]{{0,3}}|\n[ \t]{{0,3}})"  # noqa: E501 (a pattern reads better whole)
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
            category = Category.DOCTOR if doctor else Category.PATIENT
            yield _span(words, run, text, category, "title")


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
        if not sure and first.shout and len(first.word) <= 4:
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
        lower = not first.capital and not sure
        dotted = len(first.word) == 1 and text[first.end : first.end + 1] == "."
        by = re.search(r"(?:\bby|\bvon|\bdoor|\bpar|\bpor|\bda|\bprzez)$", label) is not None and label != "by"
        run = name_run(
            words,
            text,
            at,
            language,
            loose=(sure and strong) or by or dotted or " " in label,
            lower=lower or (sure and kind == "doctor" and strong and not first.capital),
            limit=4,
        )
        if run is None:
            continue
        if not (sure or bracket or by) and is_ordinary(first.word, language) and not is_given(first.word):
            continue
        if is_eponym(first.word) and not sure and run[1] - run[0] == 1:
            continue
        run = _with_comma(words, text, run, language)
        category = {"doctor": Category.DOCTOR, "patient": Category.PATIENT, "relative": Category.OTHER}[kind]
        yield _span(words, run, text, category, f"cue {kind}")


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


_NOT_INITIALS = name_words.load().abbreviations


def _signed(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names in the short lines that close a report: `R. Bürgi`, `TW`, `Galán/bermejo`."""
    if "\n" not in text.strip():
        last_words = range(max(0, len(words) - 3), len(words))
        yield from _farewell(words, last_words, text, low, (0, len(text)), language)
    for number, (start, end) in enumerate(_last_lines(text)):
        inside = [i for i, w in enumerate(words) if start <= w.start < end]
        line = low[start:end]
        if not inside:
            continue
        if _MEDICATION.search(line) or _label_of(line) in _heading_words(language):
            break
        yield from _farewell(words, inside, text, low, (start, end), language)
        if not _closing_line(words, inside, text, language, (start, end)):
            if number > 1:
                break
            continue
        yield from _sign_off(words, inside, text, language, number == 0)


_MEDICATION = re.compile(r"\d\s?(?:mg|ml|mcg|g/|mmol|mm\b|cm\b|%)|\d-\d-\d")


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


def _closing_line(
    words: Sequence[Word], inside: Sequence[int], text: str, language: str, line: tuple[int, int]
) -> bool:
    """Tell whether a line is no sentence: hardly a word in small letters, no full stop behind a word."""
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
    return few and not sentence and len(inside) <= 14 and line[1] - line[0] <= 140


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
            yield _span(words, (run[0], run[-1] + 1), text, Category.DOCTOR, "sign-off")
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
            return last and word.word not in _NOT_INITIALS
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


def _given_names(words: Sequence[Word], text: str, language: str) -> Iterator[Span]:
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
            yield _span(words, run, text, Category.PATIENT, "given name")
        yield from _family_before(words, i, text, language)
        if run and run[1] - run[0] == 1 and _lone_given(words, i, text, language):
            yield _span(words, run, text, Category.PATIENT, "given name")


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
    if (
        gap == " "
        and before.shout
        and not word.shout
        and not ordinary
        and language != "en"
        and before.word not in _NOT_INITIALS
    ):
        yield Span(before.start, word.end, Category.PATIENT, "family and given name")
    if gap != ", ":
        return
    if before.word in table.all_surnames and not (before.shout and len(before.word) < 5):
        yield Span(before.start, word.end, Category.PATIENT, "family and given name")
        return
    k = i - 1
    while k > 0 and words[k - 1].capital and text[words[k - 1].end : words[k].start] == " " and i - k < 3:
        k -= 1
    if _starts_line(text, words[k].start) and _closes_field(text, word.end):
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
    r"(?<![\w.])(?P<i>[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ]\.(?:[ªa]\.?)?(?:[ \-]?[A-Z]\.)?)[ ]?(?P<s>(?:(?:van|von|de|der|den|di|da|du|del|la|ter|v\.d\.)[ ])*[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ][^\W\d_]+(?:['’\-][^\W\d_]+)*)(?![\w])"  # noqa: E501 (a pattern reads better whole)
)
_SHORTENED = re.compile(
    r"(?<![\w.\-])(?P<g>[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ][^\W\d_]{2,})[ ](?P<i>[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ]\.)(?=\s*(?:$|\n|[,;)(]|[a-ząćęłńóśźż]|[A-Z][a-z]))"  # noqa: E501 (a pattern reads better whole)
)


def _initialled(text: str, low: str, language: str) -> Iterator[Span]:
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
        if len(text) - match.end() < 120 and not is_ordinary(
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


def _fields(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
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


_NICKNAME = re.compile(r"[ ][(\"“„]{1,2}(?P<n>[A-ZÀ-ÖØ-Þ][^\W\d_]{2,14})[)\"”“]{1,2}")


def find_nicknames(text: str, spans: Sequence[Span], language: str) -> Iterator[Span]:
    """Yield a word in brackets or quotes right behind a patient's name: `Milagros Fuertes (Mila)`."""
    for span in spans:
        if span.category == Category.PATIENT:
            match = _NICKNAME.match(text, span.end)
            word = folded(match["n"]) if match else ""
            if match and not match["n"].isupper() and not is_role(word) and not is_ordinary(word, language):
                yield Span(match.start("n"), match.end("n"), Category.PATIENT, "nickname")
