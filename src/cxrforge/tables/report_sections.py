"""Headings of report sections, sign-offs, summing-up phrases and words that deny, in eight languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.report_fields import LANGUAGES

SECTIONS: tuple[str, ...] = ("findings", "impression", "indication", "technique", "comparison", "addendum", "other")
"""Section names as `records.Section` knows them."""


@dataclass(frozen=True, slots=True)
class SectionWords:
    """One language's headings by section, sign-off phrases, phrases that open a summary, and words that deny."""

    headings: Mapping[str, tuple[str, ...]]
    signature: tuple[str, ...]
    summary_cues: tuple[str, ...]
    denials: tuple[str, ...]


@cache
def load() -> Mapping[str, SectionWords]:
    """Return the words by language; raise `TableError` when a language lacks a part."""
    found = {}
    for language in LANGUAGES:
        where = f"lexicon/{language}/sections.toml"
        rows = read_toml(where)
        lacking = [name for name in (*SECTIONS, "signature", "summary_cues", "denials") if not rows.get(name)]
        if lacking:
            raise TableError(f"table lacks {', '.join(lacking)}", where=where)
        _check_distinct(rows, where)
        found[language] = SectionWords(
            MappingProxyType({name: tuple(rows[name]) for name in SECTIONS}),
            tuple(rows["signature"]),
            tuple(rows["summary_cues"]),
            tuple(rows["denials"]),
        )
    return MappingProxyType(found)


def _check_distinct(rows: Mapping[str, list[str]], where: str) -> None:
    owner: dict[str, str] = {}
    for name in SECTIONS:
        for heading in rows[name]:
            if owner.setdefault(heading, name) != name:
                raise TableError(f"a heading stands under {owner[heading]} and {name}", where=where)
