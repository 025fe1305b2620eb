"""Small words that tell a report's language, stems that tell a chest report, and the names of months."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables import report_identifiers
from cxrforge.tables.files import read_toml
from cxrforge.tables.report_fields import LANGUAGES


@dataclass(frozen=True, slots=True)
class LanguageWords:
    """Function words (whole) and radiology stems (beginnings of words), in lower case with their accents."""

    function: frozenset[str]
    radiology: tuple[str, ...]


@cache
def load() -> Mapping[str, LanguageWords]:
    """Return the words by language; raise `TableError` when a language has too few."""
    found = {}
    for language in LANGUAGES:
        where = f"lexicon/{language}/words.toml"
        rows = read_toml(where)
        if len(rows.get("function", ())) < 20 or len(rows.get("radiology", ())) < 20:
            raise TableError("table has fewer than 20 function words or radiology stems", where=where)
        found[language] = LanguageWords(frozenset(rows["function"]), tuple(rows["radiology"]))
    return MappingProxyType(found)


def plain(text: str) -> str:
    """Return `text` in lower case without the diacritics that Latin scripts put on letters."""
    return text.translate(_SHARP).casefold().translate(_PLAIN)


_FROM = "ßœæºªàáâãäåąāçćčèéêëęėìíîïłñńňòóôõöøőùúûüůýÿźżžśšğıđ"
_ONTO = "soaoaaaaaaaaaccceeeeeeiiiilnnnooooooouuuuuyyzzzssgid"
_PLAIN = str.maketrans(_FROM, _ONTO)
_SHARP = str.maketrans("ßẞ", "ss")


@cache
def month_numbers() -> Mapping[str, int]:
    """Return the month, 1 to 12, of every name and abbreviation in every language, without accents."""
    found: dict[str, int] = {}
    for words in report_identifiers.load().values():
        for number, names in enumerate(words.months, 1):
            for name in names:
                found.setdefault(plain(name), number)
    return MappingProxyType(found)


@cache
def _stems() -> re.Pattern[str]:
    stems = {plain(s) for words in load().values() for s in words.radiology}
    return re.compile(r"(?<!\w)(?:" + "|".join(sorted(map(re.escape, stems), key=len, reverse=True)) + ")")


def count_radiology_words(text: str) -> int:
    """Return how many distinct radiology stems start a word of `text`."""
    return len(set(_stems().findall(plain(text[:8000]))))
