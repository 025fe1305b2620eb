"""What reports say of a finding beyond its label (side, place, size, change), and which nodules are calcified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from cxrforge.errors import TableError, UsageError
from cxrforge.tables.files import read_toml
from cxrforge.tables.label_rules import LANGUAGES

ATTRIBUTES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "laterality": ("left", "right", "bilateral"),
        "location": ("upper", "middle", "lower", "apical", "hilar", "retrocardiac"),
        "severity": ("small", "moderate", "large"),
        "change": ("new", "increased", "decreased", "unchanged"),
    }
)
"""The attributes of a mention and the values each may take."""


@dataclass(frozen=True, slots=True)
class AttributeRules:
    """The phrases of one language, per attribute and value; `calcified` names nodules that are calcified."""

    phrases: Mapping[tuple[str, str], tuple[str, ...]]
    calcified: tuple[str, ...]


@cache
def load_language(language: str) -> AttributeRules:
    """Return the phrases of one language; raise `TableError` when a value has none."""
    if language not in LANGUAGES:
        raise UsageError("no label rules for this language", expected=", ".join(LANGUAGES), found=language[:12])
    return parse(read_toml(f"lexicon/{language}/labels_attributes.toml"), f"lexicon/{language}/labels_attributes.toml")


@cache
def load() -> Mapping[str, AttributeRules]:
    """Return the phrases of every language."""
    return MappingProxyType({language: load_language(language) for language in LANGUAGES})


def parse(data: Mapping[str, Any], where: str) -> AttributeRules:
    """Build a language's rules and check that every value of every attribute has phrases."""
    phrases: dict[tuple[str, str], tuple[str, ...]] = {}
    for attribute, values in ATTRIBUTES.items():
        table = data.get(attribute, {})
        if unknown := sorted(set(table) - set(values)):
            raise TableError(f"{attribute} has no value {unknown[0]}", where=where)
        for value in values:
            phrases[attribute, value] = _strings(table.get(value), f"{attribute} {value}", where)
    calcified = _strings(data.get("calcified", {}).get("nodules"), "calcified nodules", where)
    return AttributeRules(MappingProxyType(phrases), calcified)


def _strings(value: Any, name: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
        raise TableError(f"no phrases for {name}", where=where)
    return tuple(value)
