"""Why a radiograph was asked for: phrases by class, in eight languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.report_fields import LANGUAGES
from cxrforge.tables.report_words import plain

CLASSES: tuple[str, ...] = ("pre-operative", "cardiac", "respiratory", "other", "routine")
"""Classes with phrases of their own, the one that decides first in front."""
UNKNOWN = "unknown"
INDICATIONS: Mapping[str, str] = MappingProxyType(
    {
        "routine": "routine check-up",
        "cardiac": "cardiac follow-up",
        "respiratory": "respiratory symptoms",
        "pre-operative": "pre-operative clearance",
        "other": "other",
        UNKNOWN: "unknown",
    }
)
"""Every class as people read it."""
_MARKS = ("background", "negation", "empty")


@dataclass(frozen=True, slots=True)
class IndicationWords:
    """One language's phrases by class, what marks a phrase as history or as absent, and what says nothing.

    All are folded; `*` at an end stands for any rest of the word.
    """

    phrases: Mapping[str, tuple[str, ...]]
    background: tuple[str, ...]
    negation: tuple[str, ...]
    empty: tuple[str, ...]


@cache
def load() -> Mapping[str, IndicationWords]:
    """Return the words by language; raise `TableError` when a language lacks a part or a phrase has two classes."""
    return MappingProxyType({language: _language(language) for language in LANGUAGES})


def _language(language: str) -> IndicationWords:
    where = f"indications/{language}.toml"
    rows = read_toml(where)
    lacking = [name for name in (*CLASSES, *_MARKS) if not rows.get(name)]
    if lacking:
        raise TableError(f"table lacks {', '.join(lacking)}", where=where)
    words = {name: tuple(plain(phrase.lower()) for phrase in rows[name]) for name in (*CLASSES, *_MARKS)}
    owner: dict[str, str] = {}
    for name in CLASSES:
        for phrase in words[name]:
            if owner.setdefault(phrase, name) != name:
                raise TableError(f"a phrase stands under {owner[phrase]} and {name}", where=where)
    phrases = MappingProxyType({name: words[name] for name in CLASSES})
    return IndicationWords(phrases, words["background"], words["negation"], words["empty"])
