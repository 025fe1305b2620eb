"""Known identifiers written the way people write them: the forms that `find_known` must see through."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from cxrforge.identity.variants import inflections
from cxrforge.records import KnownIdentifiers
from cxrforge.tables import gazetteers, report_identifiers
from cxrforge.tables.report_words import plain

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
FRAMES = {
    "en": "The heart is normal. {} No effusion.", "de": "Das Herz ist normal. {} Kein Erguss.",
    "fr": "Le coeur est normal. {} Pas d'épanchement.", "es": "El corazón es normal. {} Sin derrame.",
    "it": "Il cuore è nella norma. {} Non versamento.", "nl": "Het hart is normaal. {} Geen pleuravocht.",
    "pt": "O coração é normal. {} Sem derrame.", "pl": "Serce prawidłowe. {} Bez płynu.",
}  # fmt: skip
TITLES = {
    "en": "Mrs",
    "de": "Frau",
    "fr": "Mme",
    "es": "Sra.",
    "it": "Sig.ra",
    "nl": "mevr.",
    "pt": "Sra.",
    "pl": "Pani",
}
CUES = {
    "en": "Seen by Dr {} today.", "de": "Besprochen mit Frau Dr. {} heute.", "fr": "Vu avec le Dr {} ce jour.",
    "es": "Comentado con la Dra. {} hoy.", "it": "Discusso con la dott.ssa {} oggi.", "nl": "Besproken met dr. {} vandaag.",
    "pt": "Discutido com a Dra. {} hoje.", "pl": "Omówiono z dr {} dziś.",
}  # fmt: skip


@dataclass(frozen=True)
class Injection:
    """A text, where its identifier stands, what is known, and how the identifier was written."""

    text: str
    start: int
    end: int
    known: KnownIdentifiers
    language: str
    form: str


def injections(count: int, seed: int = 7) -> Iterator[Injection]:
    """Yield `count` injections over all languages and forms, the same ones for the same seed."""
    rng = random.Random(seed)
    for number in range(count):
        language = LANGUAGES[number % len(LANGUAGES)]
        yield (_name if rng.random() < 0.7 else _date if rng.random() < 0.5 else _identifier)(rng, language)


def _frame(rng: random.Random, language: str, written: str, known: KnownIdentifiers, form: str, cue: bool) -> Injection:
    frame = FRAMES[language]
    if cue:
        frame = frame.replace("{}", CUES[language])
    start = frame.index("{}")
    return Injection(
        frame.replace("{}", written + ("" if cue else ".")), start, start + len(written), known, language, form
    )


def _name(rng: random.Random, language: str) -> Injection:
    table = gazetteers.load()
    given = rng.choice(table.spelt[language][rng.choice("mf")])
    family = rng.choice(table.spelt_surnames.get(language) or POLISH)
    form = rng.choice(
        ("plain", "swapped", "accents", "case", "typo", "typo in given", "initial", "inflected", "break", "broken word",
         "joined", "surname", "hyphen", "double", "initials", "accents and typo", "capitals and break", "title")
    )  # fmt: skip
    cue = form in ("typo", "surname", "inflected", "initial", "accents and typo") and rng.random() < 0.5
    written = f"{given} {family}"
    if form == "swapped":
        written = rng.choice((f"{family}, {given}", f"{family} {given}"))
    elif form == "accents":
        written = _without_accents(rng, written)
    elif form == "case":
        written = rng.choice((written.upper(), written.lower(), f"{given} {family.upper()}"))
    elif form == "typo":
        written = f"{given} {_typo(rng, family)}" if len(family) > 3 else written
    elif form == "typo in given":
        written = f"{_typo(rng, given)} {family}" if len(given) > 3 else written
    elif form == "accents and typo":
        bare = _without_accents(rng, family)
        written = f"{_without_accents(rng, given)} {_typo(rng, bare) if len(bare) > 5 else bare}"
    elif form == "capitals and break":
        written = f"{given.upper()}\n{family.upper()}"
    elif form == "broken word":
        at = len(family) // 2
        written = f"{given} {family[:at]}-\n{family[at:]}" if len(family) > 6 and "-" not in family else written
    elif form == "double":
        second = rng.choice(table.spelt_surnames.get(language) or POLISH)
        family = f"{family}-{second}"
        written = rng.choice((f"{given} {family}", f"{given} {family.replace('-', ' ')}", f"{family.upper()}, {given}"))
    elif form == "initials":
        cue = True
        written = f"{given[0]}.{family[0]}."
    elif form == "title":
        written = f"{TITLES[language]} {family}"
    elif form == "initial":
        written = rng.choice((f"{given[0]}. {family}", f"{family}, {given[0]}.", f"{given[0]}.{family}"))
    elif form == "inflected":
        written = f"{given} {_inflected(rng, family, language)}"
    elif form == "break":
        written = f"{given}\n{family}"
    elif form == "joined":
        written = f"{given}{family}"
    elif form == "surname":
        cue = True
        written = family
    elif form == "hyphen":
        written = f"{given}-{family}"
    known = KnownIdentifiers(patient_names=(f"{family}^{given}",))
    return _frame(rng, language, written, known, form, cue)


POLISH = ("Kowalski", "Nowak", "Wiśniewska", "Wójcik", "Kamiński", "Lewandowska", "Zieliński", "Szymański", "Woźniak",
          "Dąbrowski", "Kozłowska", "Jankowski", "Mazurek", "Kwiatkowski", "Krawczyk", "Piotrowska", "Grabowski",
          "Pawłowska", "Michalski", "Zając", "Król", "Wieczorek", "Jabłoński", "Wróbel", "Nowakowski", "Majewska",
          "Olszewski", "Stępień", "Malinowski", "Jaworska", "Adamczyk", "Dudek", "Nowicki", "Pawlak", "Górska")  # fmt: skip


def _without_accents(rng: random.Random, text: str) -> str:
    if rng.random() < 0.5:
        for a, b in (
            ("ä", "ae"),
            ("ö", "oe"),
            ("ü", "ue"),
            ("ß", "ss"),
            ("ø", "oe"),
            ("Ä", "Ae"),
            ("Ö", "Oe"),
            ("Ü", "Ue"),
        ):
            text = text.replace(a, b)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.replace("ł", "l").replace("Ł", "L").replace("ß", "ss").replace("ø", "o").replace("æ", "ae")


def _typo(rng: random.Random, word: str) -> str:
    i = rng.randrange(1, len(word) - 1)
    kind = rng.choice("dist")
    if kind == "d":
        return word[:i] + word[i + 1 :]
    if kind == "i":
        return word[:i] + rng.choice("aeinrst") + word[i:]
    if kind == "s":
        return word[:i] + rng.choice("aeinrst") + word[i + 1 :]
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def _inflected(rng: random.Random, family: str, language: str) -> str:
    if language == "pl":
        forms = sorted(f for f in inflections(plain(family)) if f[:3] == plain(family)[:3] and not f.endswith("s"))
        return rng.choice(forms).capitalize()
    return family + rng.choice({"en": ("'s", "’s"), "de": ("s", "s"), "nl": ("s", "'s")}.get(language, ("",)))


def _date(rng: random.Random, language: str) -> Injection:
    year, month, day = rng.randint(1931, 2025), rng.randint(1, 12), rng.randint(1, 28)
    names = report_identifiers.load()[language].months[month - 1]
    word = names[min(1, len(names) - 1)] if language == "pl" else names[0]
    word = word.capitalize() if language in ("en", "de") else word
    of = " de " if language in ("es", "pt") else " "
    form, written = rng.choice(
        (
            ("dd.mm.yyyy", f"{day:02d}.{month:02d}.{year}"), ("d.m.yy", f"{day}.{month}.{year % 100:02d}"),
            ("dd/mm/yyyy", f"{day:02d}/{month:02d}/{year}"), ("mm/dd/yyyy", f"{month:02d}/{day:02d}/{year}"),
            ("iso", f"{year}-{month:02d}-{day:02d}"), ("compact", f"{year}{month:02d}{day:02d}"),
            ("dd-mm-yyyy", f"{day:02d}-{month:02d}-{year}"), ("words", f"{day}{'.' if language == 'de' else ''}{of}{word}{of}{year}"),
            ("day and month", f"{day}{'.' if language == 'de' else ''}{of}{word}"), ("yyyy/mm/dd", f"{year}/{month:02d}/{day:02d}"),
            ("time", f"{day:02d}.{month:02d}.{year} 14:35"),
        )
    )  # fmt: skip
    return _frame(rng, language, written, KnownIdentifiers(dates=(f"{year:04d}{month:02d}{day:02d}",)), form, False)


def _identifier(rng: random.Random, language: str) -> Injection:
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(6, 11)))
    prefix = rng.choice(("", "", "AC", "MRN-", "A"))
    known = KnownIdentifiers(ids=(prefix + digits,))
    form = rng.choice(("as is", "blanks", "dots", "hyphens", "lower", "label"))
    written = prefix + digits
    if form in ("blanks", "dots", "hyphens"):
        separator = {"blanks": " ", "dots": ".", "hyphens": "-"}[form]
        written = prefix + separator.join((digits[:3], digits[3:6], digits[6:])).strip(separator)
    elif form == "lower":
        written = written.lower()
    return _frame(rng, language, written, known, form, False)
