"""The labeler's phrases per language: what names an observation, and what affirms, denies or doubts it.

Phrase syntax is described in `cxrforge.labels.patterns`; every table has the same keys, so a missing one is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from cxrforge.errors import TableError, UsageError
from cxrforge.tables.files import read_toml
from cxrforge.tables.observations import load as load_observations

LANGUAGES: tuple[str, ...] = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")

CUES: tuple[str, ...] = (
    "negated_before",  # "no": denies what follows, over a list
    "negated_adverb",  # "not": denies what follows up to the next comma
    "negated_after",  # "is not seen": denies what stands before
    "uncertain_before",
    "uncertain_after",
    "uncertain_list",  # "differential includes": doubts what follows, over commas
    "uncertain_between",  # "versus": doubts both sides
    "dropped_before",  # "history of", "recommend": what follows is no finding
    "dropped_after",
    "removed_before",  # "removal of": a device that is gone
    "removed_after",
    "neutral",  # swallows cues that deny nothing: "no increase in"
    "stop",  # ends every scope: "but"
    "restart",  # after a comma: what follows is stated anew: "small"
    "joiner",  # "and", "or"
    "barrier",  # keeps a cue behind it from reaching further back: "with", "is"
)


OPTIONAL_CUES: tuple[str, ...] = (
    "echo",  # "likewise": what was denied before is denied here too
    "consistent_before",  # "consistent with": affirms by the guideline; other schemes call it uncertain
    "weakly_negated_before",  # "no definite": denies by the guideline; other schemes call it uncertain
)


@dataclass(frozen=True, slots=True)
class PredicateRules:
    """What is said of a subject: phrases after or before it, and nouns that only stand before it."""

    groups: tuple[str, ...]
    normal: tuple[str, ...]
    abnormal: tuple[str, ...]
    borderline: tuple[str, ...]
    nominal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelRules:
    """All phrases of one language."""

    language: str
    digraphs: bool
    abbreviations: frozenset[str]
    opening: frozenset[str]
    linking: frozenset[str]
    macros: Mapping[str, str]
    spelling: tuple[str, ...]
    mentions: Mapping[str, tuple[str, ...]]
    weak: Mapping[str, tuple[str, ...]]
    denied: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...]
    ignored_for: Mapping[str, tuple[str, ...]]
    subjects: Mapping[str, tuple[str, ...]]
    predicates: Mapping[str, PredicateRules]
    cues: Mapping[str, tuple[str, ...]]


@cache
def load_language(language: str) -> LabelRules:
    """Return the phrases of one language; raise `TableError` when a key is missing or empty."""
    if language not in LANGUAGES:
        raise UsageError("no label rules for this language", expected=", ".join(LANGUAGES), found=language[:12])
    mentions = read_toml(f"lexicon/{language}/labels_mentions.toml")
    cues = read_toml(f"lexicon/{language}/labels_assertions.toml")
    return parse(language, mentions, cues)


@cache
def load() -> Mapping[str, LabelRules]:
    """Return the phrases of every language."""
    return MappingProxyType({language: load_language(language) for language in LANGUAGES})


def parse(language: str, mentions: Mapping[str, Any], cues: Mapping[str, Any]) -> LabelRules:
    """Build the rules of a language from its two tables and check that nothing is missing."""
    where = f"lexicon/{language}/labels_*.toml"
    policy = load_observations()
    named = _table(mentions, "mentions", where)
    if missing := [o for o in policy.pathologies_and_devices if not named.get(o)]:
        raise TableError(f"no phrases for {', '.join(missing)}", where=where)
    if unknown := [
        o for part in ("mentions", "weak", "denied", "ignored_for") for o in mentions.get(part, ()) if o not in named
    ]:
        raise TableError(f"unknown observation {unknown[0]}", where=where)
    subjects = _phrases(_table(mentions, "subjects", where), where)
    if missing := [g for g in (*policy.subjects, "other") if not subjects.get(g)]:
        raise TableError(f"no subject phrases for {', '.join(missing)}", where=where)
    cue_phrases = _phrases(_table(cues, "cues", where), where)
    if missing := [kind for kind in CUES if not cue_phrases.get(kind)]:
        raise TableError(f"no cues for {', '.join(missing)}", where=where)
    if unknown := sorted(set(cue_phrases) - {*CUES, *OPTIONAL_CUES}):
        raise TableError(f"unknown cue kind {unknown[0]}", where=where)
    return LabelRules(
        language=language,
        digraphs=bool(mentions.get("digraphs", False)),
        abbreviations=frozenset(_strings(cues, "abbreviations", where)),
        opening=frozenset(_strings(cues, "opening", where)),
        linking=frozenset(_strings(cues, "linking", where)),
        macros=MappingProxyType(dict(_table(mentions, "macros", where))),
        spelling=_strings(mentions, "spelling", where),
        mentions=_phrases(named, where),
        weak=_phrases(mentions.get("weak", {}), where),
        denied=_phrases(mentions.get("denied", {}), where),
        ignored=_strings(mentions, "ignored", where),
        ignored_for=_phrases(mentions.get("ignored_for", {}), where),
        subjects=subjects,
        predicates=_predicates(_table(mentions, "predicates", where), frozenset(subjects), where),
        cues=cue_phrases,
    )


def _predicates(table: Mapping[str, Any], groups: frozenset[str], where: str) -> Mapping[str, PredicateRules]:
    rows: dict[str, PredicateRules] = {}
    for name, row in table.items():
        over = _strings(row, "groups", where)
        if unknown := sorted(set(over) - groups):
            raise TableError(f"predicate {name} names unknown group {unknown[0]}", where=where)
        kinds = {kind: tuple(row.get(kind, ())) for kind in ("normal", "abnormal", "borderline", "nominal")}
        if not kinds["normal"] or not any(kinds.values()):
            raise TableError(f"predicate {name} has no phrases", where=where)
        rows[name] = PredicateRules(groups=over, **kinds)
    if uncovered := sorted(groups - {g for row in rows.values() for g in row.groups}):
        raise TableError(f"no predicate speaks of {', '.join(uncovered)}", where=where)
    return MappingProxyType(rows)


def _table(data: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = data.get(key)
    if not isinstance(value, Mapping) or not value:
        raise TableError(f"[{key}] is missing or empty", where=where)
    return value


def _strings(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = data.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
        raise TableError(f"{key} must be a list of phrases", where=where)
    return tuple(value)


def _phrases(table: Mapping[str, Any], where: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({key: _strings(table, key, where) for key in table})
