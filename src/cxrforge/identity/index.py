"""Known identifiers made ready for looking up: names with their forms, identifiers without separators, dates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise

from cxrforge.identity.text import folded, key_of, tokens
from cxrforge.identity.variants import (
    PARTICLES,
    NameParts,
    deletes,
    inflections,
    joined,
    name_parts,
    nicknames_of,
    typo_distance,
)
from cxrforge.records import Category, KnownIdentifiers
from cxrforge.tables import ordinary_words, report_identifiers
from cxrforge.tables.report_words import plain

ID_PARTS = 7
_ALNUM = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class Index:
    """Look-up tables for one set of known identifiers; built once, then only read."""

    names: dict[str, Category] = field(default_factory=dict)  # key of a name part, as written
    forms: dict[str, Category] = field(default_factory=dict)  # key of an inflected form or nickname
    joins: dict[str, Category] = field(default_factory=dict)  # key of parts written as one word
    typos: dict[str, list[str]] = field(default_factory=dict)  # a part less characters to parts: keys, and as folded
    initials: dict[str, Category] = field(default_factory=dict)  # "je" and "ej" of Jude Ellison
    first_letters: dict[Category, set[str]] = field(default_factory=dict)
    abbreviations: dict[str, Category] = field(default_factory=dict)  # "th" of Thomas
    phrases: dict[str, list[tuple[tuple[str, ...], Category]]] = field(default_factory=dict)  # first key to whole
    ids: dict[str, Category] = field(default_factory=dict)  # letters and digits alone, folded
    id_starts: set[str] = field(default_factory=set)
    particles: set[str] = field(default_factory=set)  # small words inside the known names
    short_ids: dict[str, Category] = field(default_factory=dict)
    emails: dict[str, Category] = field(default_factory=dict)
    dates: set[tuple[int, int, int]] = field(default_factory=set)


@lru_cache(maxsize=256)
def index_of(known: KnownIdentifiers, language: str | None) -> Index:
    """Return the look-up tables for `known`; inflected forms are those of `language`, or of all."""
    index = Index()
    for names, category in ((known.patient_names, Category.PATIENT), (known.staff_names, Category.DOCTOR)):
        for name in names:
            for parts in name_parts(name):
                _add_person(index, parts, category, language)
    for phrases, category in (
        (known.institutions, Category.HOSPITAL),
        (known.locations, Category.LOCATION),
        (known.other, Category.OTHER),
    ):
        for phrase in phrases:
            _add_phrase(index, phrase, category)
    for values, category in ((known.ids, Category.ID), (known.contacts, Category.CONTACT)):
        for value in values:
            _add_id(index, value, category)
    for value in known.dates:
        digits = re.sub(r"\D", "", value)[:8]
        if len(digits) == 8:
            index.dates.add((int(digits[:4]), int(digits[4:6]), int(digits[6:])))
    return index


def _add_person(index: Index, parts: NameParts, category: Category, language: str | None) -> None:
    index.particles.update(w for w in parts.family if w in PARTICLES)
    for word in parts.all:
        if len(word) < 2 or word in PARTICLES:
            continue
        key = key_of(word)
        index.names.setdefault(key, category)
        for form in {key, word}:
            for shorter in deletes(form, typo_distance(len(form)) or (len(form) > 2)):
                bucket = index.typos.setdefault(shorter, [])
                if form not in bucket:
                    bucket.append(form)
    for word in parts.all:
        if word not in PARTICLES and len(word) > 2:
            for form in _inflected(word, language):
                index.forms.setdefault(form, category)
    for word in parts.given:
        for nick in nicknames_of(word):
            if len(nick) > 1:
                index.forms.setdefault(key_of(nick), category)
                if language in ("pl", None):
                    for form in inflections(nick):
                        index.forms.setdefault(key_of(form), category)
        for size in (2, 3):
            if len(word) > size:
                index.abbreviations.setdefault(word[:size], category)
    for group in (parts.family, parts.given, parts.family + parts.given, parts.given + parts.family):
        if len(group) > 1 and len("".join(group)) > 4:
            index.joins.setdefault(joined(group), category)
    for order in (parts.given + parts.family, parts.family + parts.given):
        for two in pairwise(order):
            if len("".join(two)) > 6:
                index.joins.setdefault(joined(two), category)
    solid = [w for w in parts.family if w not in PARTICLES]
    letters = index.first_letters.setdefault(category, set())
    letters.update(w[0] for w in parts.all)
    if parts.given and solid:
        first, last = parts.given[0][0], solid[0][0]
        every = "".join(w[0] for w in parts.given) + "".join(w[0] for w in solid)
        whole = parts.family[0][0]  # O'Flaherty signs P.O. or P.F.
        for pair in (first + last, last + first, first + whole, every):
            if len(pair) > 1:
                index.initials.setdefault(pair, category)


@lru_cache(maxsize=8192)  # staff and given names come again and again
def _inflected(word: str, language: str | None) -> frozenset[str]:
    """Return the keys of a word's forms in one language, or in all."""
    forms = inflections(word)
    if language in ("pl", None):
        return frozenset(map(key_of, forms))
    return frozenset(
        key_of(f)
        for f in forms
        if f.endswith(("s", "es", "ens") if language != "de" else ("s", "es", "ens", "n", "en")) and f.startswith(word)
    )


@cache
def _generic_words() -> frozenset[str]:
    """Return the words that institutions and addresses share, as keys."""
    words: set[str] = set()
    for table in report_identifiers.load().values():
        for group in (table.institution_words, table.institution_tails, table.street_words, table.house_words):
            for phrase in group:
                words.update(key_of(w) for w in _ALNUM.findall(plain(phrase)))
    return frozenset(words)


def _add_phrase(index: Index, phrase: str, category: Category) -> None:
    """Add a place's name as a whole, and each word of it that tells this place from others."""
    keys = tuple(t.key for t in tokens(phrase))
    if not keys:
        return
    ordinary = ordinary_words.load()
    generic = _generic_words()
    if len(keys) > 1 or (len(keys[0]) > 3 and keys[0] not in generic):
        index.phrases.setdefault(keys[0], []).append((keys, category))
    for token in tokens(phrase):
        telling = (
            len(token.word) > 3
            and token.word.isalpha()
            and token.key not in generic
            and token.word not in PARTICLES
            and not ordinary.is_ordinary(token.word)
        )
        if telling:
            index.phrases.setdefault(token.key, []).append(((token.key,), category))
    for bucket in index.phrases.values():
        bucket.sort(key=lambda row: -len(row[0]))


def _add_id(index: Index, value: str, category: Category) -> None:
    if "@" in value:
        index.emails.setdefault(value.strip().casefold(), category)
        return
    core = "".join(_ALNUM.findall(folded(value)))
    if not any(c.isdigit() for c in core):
        if len(core) >= 5:
            index.ids.setdefault(core, category)
            index.id_starts.add(core[:1])
        return
    for form in {core, core.lstrip("0")}:
        if len(form) >= 5 or (len(form) == 4 and form == core):
            index.ids.setdefault(form, category)
            index.id_starts.add(form[:1])
        elif form == core:
            index.short_ids.setdefault(form, category)
