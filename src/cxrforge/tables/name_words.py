"""Small word lists that the name and number detectors share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml


@dataclass(frozen=True, slots=True)
class NameWords:
    """Plain words of every language, by what they are to a name."""

    particles: frozenset[str]  # small words inside family names
    titles: frozenset[str]  # titles and suffixes that stand in name fields and are no name
    name_stops: frozenset[str]  # words that end a name before them
    weak_titles: frozenset[str]  # titles that are other words as well: what follows must look like a name
    abbreviations: frozenset[str]  # capitals that close a report and are no initials
    generic_institutions: frozenset[str]  # institution words that need a capitalised proper name beside them
    weak_id_labels: frozenset[str]  # labels after which only four digits and more make an identifier
    weak_cues: frozenset[str]  # cues whose name needs its capital
    doubtful_cues: frozenset[str]  # cues that are everyday words
    address_labels: frozenset[str]  # labels of address fields
    no_professions: frozenset[str]  # words that end as professions do and are none
    place_particles: frozenset[str]  # small words inside the name of a place
    place_words: frozenset[str]  # everyday words that can be the name of a hospital
    unique_places: frozenset[str]  # beginnings of words for places of which a town has one


@cache
def load() -> NameWords:
    """Return the lists; raise `TableError` when one is missing or empty."""
    rows = read_toml("name_words.toml")
    lacking = [f.name for f in fields(NameWords) if not rows.get(f.name)]
    if lacking:
        raise TableError(f"table lacks {', '.join(lacking)}", where="name_words.toml")
    return NameWords(**{f.name: frozenset(rows[f.name]) for f in fields(NameWords)})
