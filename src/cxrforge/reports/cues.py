"""Names that the words around them give away: titles, roles, labels, greetings, sign-offs, given names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.records import Category, Span
from cxrforge.reports.names import Word, is_eponym, is_given, is_ordinary, lexicon, name_run, words_of
from cxrforge.reports.patterns import words_pattern
from cxrforge.tables import eponyms, gazetteers, name_words, report_identifiers
from cxrforge.tables.report_words import plain


def find_cued_names(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield names of patients, staff and relatives, each with the cue that gave it away."""
    words = words_of(text, low)
    yield from _titled(words, text, low, language)
    yield from _labelled(words, text, low, language)
    yield from _greeted(words, text, low, language)
    yield from _signed(words, text, low, language)
    yield from _given_names(words, text, language)


def _span(words: Sequence[Word], run: tuple[int, int], text: str, category: Category, evidence: str) -> Span:
    start, end = words[run[0]].start, words[run[1] - 1].end
    if len(words[run[1] - 1].word) == 1 and text[end : end + 1] == "." and run[1] - run[0] > 1:
        end += 1
    return Span(start, end, category, evidence)


@cache
def _title_pattern(language: str) -> re.Pattern[str]:
    tables = report_identifiers.load()
    doctor = words_pattern(
        [*tables[language].doctor_titles, *tables["en"].doctor_titles, "dr. med", "dr. n. med", "prof. dr", "med"]
    )
    person = words_pattern([*tables[language].person_titles, "mr", "mrs", "ms"])
    return re.compile(
        rf"(?<![\w@])(?:(?P<doctor>(?:{doctor})(?:\(a\)|[.]?ssa|in)?)|(?P<person>{person}))(?!\w)\.?(?:[ ]?(?:{doctor}|med|hab|n|h\.?c|rer|nat|phil|univ|ing|kollege|kollegin|collega|colega|confrere)(?!\w)\.?){{0,4}}[ \t]*[:,]?[ \t\n]{{0,2}}"  # noqa: E501 (a pattern reads better whole)
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
        if not _title_fits(title, match, text, low, words[at]):
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
            and first.word not in lexicon(language).stop | lexicon(language).function
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


def _title_fits(title: str, match: re.Match[str], text: str, low: str, first: Word) -> bool:
    """Tell whether a short title (`p.`, `d.`, `M`) is one here: its dot or case says so, and a capital follows."""
    start = match.start()
    if title in ("m", "mr", "d", "p", "fr", "h", "pr") and not first.capital:
        return False
    if title == "m":
        return text[start] == "M" and (match[0].startswith(("m.", "m ")) and first.word not in eponyms.load().names)
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
        if not sure and (not first.capital or match["gap"].strip(" ") == ","):
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
        run = name_run(
            words,
            text,
            at,
            language,
            loose=sure and strong,
            lower=lower or (sure and kind == "doctor" and strong and not first.capital),
            limit=4,
        )
        if run is None:
            continue
        if not sure and not bracket and is_ordinary(first.word, language) and not is_given(first.word):
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
    lines = _last_lines(text)
    for number, (start, end) in enumerate(lines):
        inside = [i for i, w in enumerate(words) if start <= w.start < end]
        if not inside:
            continue
        last = number == 0
        yield from _sign_off(words, inside, text, low, language, last)


def _last_lines(text: str) -> list[tuple[int, int]]:
    """Return up to four last non-blank lines, the last one first; a lone line is no sign-off."""
    found: list[tuple[int, int]] = []
    end = len(text)
    while end > 0 and len(found) < 4:
        start = text.rfind("\n", 0, end) + 1
        if text[start:end].strip():
            found.append((start, end))
        end = start - 1
    return (
        found[:-1] if found and found[-1][0] == 0 and len(found) > 1 else (found if found and found[-1][0] > 0 else [])
    )


def _sign_off(
    words: Sequence[Word], inside: Sequence[int], text: str, low: str, language: str, last: bool
) -> Iterator[Span]:
    """Yield the names of one closing line, when the line holds little but names, titles, roles, dates and numbers."""
    lex = lexicon(language)
    names: list[int] = []
    other = 0
    months = {plain(m) for row in report_identifiers.load()[language].months for m in row}
    for i in inside:
        word = words[i]
        if word.word in lex.titles or word.word in lex.doctor_titles or word.word in lex.stop or word.word in months:
            continue
        if word.word in lex.function or word.word in (
            "m",
            "med",
            "habil",
            "univ",
            "h",
            "uhr",
            "der",
            "n",
            "spec",
            "op",
            "om",
            "na",
        ):
            continue
        if word.capital or (len(inside) <= 2 and not is_ordinary(word.word, language) and last):
            names.append(i)
        else:
            other += 1
    if not names or other > 1 or len(names) > 9 or len(text[words[inside[0]].start : words[inside[-1]].end]) > 110:
        return
    if text[words[inside[-1]].end : words[inside[-1]].end + 1] == "." and other and len(words[inside[-1]].word) > 2:
        return
    run: list[int] = []
    for i in [*names, -1]:
        if (
            run
            and i >= 0
            and i == run[-1] + 1
            and re.fullmatch(r"\.?[ \-]{0,1}|,? |['’]", text[words[run[-1]].end : words[i].start])
        ):
            run.append(i)
            continue
        if run and _is_signature(words, run, text, language, last, alone=len(names) == len(run)):
            yield _span(words, (run[0], run[-1] + 1), text, Category.DOCTOR, "sign-off")
        run = [i] if i >= 0 else []


def _is_signature(words: Sequence[Word], run: Sequence[int], text: str, language: str, last: bool, alone: bool) -> bool:
    """Tell whether a run of capitalised words in a closing line is a person."""
    solid = [words[i] for i in run if len(words[i].word) > 1]
    initials = [words[i] for i in run if len(words[i].word) == 1]
    if not solid:
        return len(initials) in (2, 3) and last
    if len(run) == 1:
        word = solid[0]
        if word.shout and len(word.word) <= 3:
            return last and word.word not in _NOT_INITIALS
        if is_ordinary(word.word, language):
            return False
        return last or is_given(word.word) or word.word in gazetteers.load().all_surnames
    clinical = sum(is_ordinary(w.word, language) and not is_given(w.word) for w in solid)
    if initials and len(solid) <= 2:
        return not any(w.word in lexicon(language).stop for w in solid)
    if clinical == 0:
        return True
    return clinical < len(solid) and is_given(solid[0].word)


def _given_names(words: Sequence[Word], text: str, language: str) -> Iterator[Span]:
    """Yield names by their given name: `Lisa Wong`, `John D.`, `HADDAD Nour`, and lone given names."""
    table = gazetteers.load()
    lex = lexicon(language)
    for i, word in enumerate(words):
        if not word.capital or word.word not in table.given or len(word.word) < 3:
            continue
        if word.word in lex.stop or word.word in lex.function:
            continue
        doubtful = is_ordinary(word.word, language) or is_eponym(word.word)
        before = words[i - 1] if i else None
        gap = text[before.end : word.start] if before else ""
        run: tuple[int, int] | None = None if doubtful else name_run(words, text, i, language, limit=4)
        if run and run[1] - run[0] > 1:
            if _plain_prose(words, run, text, language):
                run = None
            else:
                yield _span(words, run, text, Category.PATIENT, "given name")
        if (
            before
            and before.capital
            and len(before.word) > 2
            and before.word not in lex.stop
            and before.word not in lex.function
        ):
            family = (
                not is_ordinary(before.word, language)
                and not is_eponym(before.word)
                and before.word not in lex.doctor_titles
            )
            shape = (gap == " " and before.shout and not word.shout) or (
                gap == ", " and (not doubtful or before.word in table.all_surnames)
            )
            if family and shape:
                yield Span(before.start, word.end, Category.PATIENT, "family and given name")
        if run and run[1] - run[0] == 1 and _lone_given(words, i, text, language):
            yield _span(words, run, text, Category.PATIENT, "given name")


def _plain_prose(words: Sequence[Word], run: tuple[int, int], text: str, language: str) -> bool:
    """Tell whether a run is a heading or a term in capitals rather than a person."""
    rest = [w for w in words[run[0] + 1 : run[1]] if len(w.word) > 1]
    return (
        bool(rest)
        and all(is_ordinary(w.word, language) or is_eponym(w.word) for w in rest)
        and not is_given(rest[-1].word)
        and len(rest) > 1
    )


def _lone_given(words: Sequence[Word], i: int, text: str, language: str) -> bool:
    """Tell whether a given name on its own is one: unmistakable, inside a sentence, no eponym beside it."""
    word = words[i]
    if len(word.word) < 4 or word.shout or is_eponym(word.word):
        return False
    if i + 1 < len(words) and eponyms.load().makes_eponym(words[i + 1].word):
        return False
    gap = text[words[i - 1].end : word.start] if i else "."
    return not any(c in gap for c in ".!?:\n-*(") and language in ("en", "fr", "es", "it", "pt", "nl", "pl")
