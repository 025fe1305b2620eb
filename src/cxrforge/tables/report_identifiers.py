"""Words around identifiers in reports (titles, roles, labels, months, institutions …), in eight languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.report_fields import LANGUAGES


@dataclass(frozen=True, slots=True)
class IdentifierWords:
    """One language's words; all in lower case, without a final dot."""

    months: tuple[tuple[str, ...], ...]
    weekdays: tuple[str, ...]
    seasons: tuple[str, ...]
    date_before: tuple[str, ...]
    date_after: tuple[str, ...]
    person_titles: tuple[str, ...]
    doctor_titles: tuple[str, ...]
    doctor_cues: tuple[str, ...]
    patient_cues: tuple[str, ...]
    relatives: tuple[str, ...]
    greetings: tuple[str, ...]
    id_labels: tuple[str, ...]
    contact_labels: tuple[str, ...]
    institution_words: tuple[str, ...]
    institution_tails: tuple[str, ...]
    street_words: tuple[str, ...]
    house_words: tuple[str, ...]
    place_before: tuple[str, ...]
    place_admitted: tuple[str, ...]
    age_words: tuple[str, ...]
    number_words: tuple[str, ...]


@cache
def load() -> Mapping[str, IdentifierWords]:
    """Return the words by language; raise `TableError` when a language lacks a list or a month."""
    found = {}
    for language in LANGUAGES:
        where = f"lexicon/{language}/identifiers.toml"
        rows = read_toml(where)
        names = [f.name for f in fields(IdentifierWords)]
        lacking = [n for n in names if n not in rows or (not rows[n] and n != "house_words")]
        if lacking or len(rows["months"]) != 12:
            raise TableError(f"table lacks {', '.join(lacking) or 'a month'}", where=where)
        unknown = set(rows) - set(names)
        if unknown:
            raise TableError(f"table has unused lists {', '.join(sorted(unknown))}", where=where)
        months = tuple(tuple(m) for m in rows["months"])
        lists = {n: tuple(rows[n]) for n in names if n != "months"}
        found[language] = IdentifierWords(months=months, **lists)
    return MappingProxyType(found)
