"""The papers a dataset rests on: roles, kinds of documents, requirements, rules for the key, legal bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

_SOURCE = "governance.toml"
_PARTS = ("article-6", "article-9", "national")
CLASSES: tuple[str, ...] = ("open", "controlled")
"""How a release may be given away."""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of document: what it is called, where it is asked for, and whether a site or a release needs it."""

    id: str
    title: str
    article: str
    scope: str  # site | release


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must be in force: any of some kinds, each as (kind, role that must have signed, or empty)."""

    id: str
    title: str
    any_of: tuple[tuple[str, str], ...]
    classes: tuple[str, ...] = ()  # of a release; empty for sites


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis; `country` is empty where it is of no one country."""

    id: str
    part: str  # article-6 | article-9 | national
    title: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Governance:
    """The whole table."""

    roles: Mapping[str, str]
    kinds: Mapping[str, DocumentKind]
    requirements: tuple[Requirement, ...]
    release: tuple[Requirement, ...]
    key_rules: Mapping[str, str]
    withdrawal_reasons: Mapping[str, str]
    bases: Mapping[str, Basis]
    register_words: Mapping[str, frozenset[str]]


_REGISTER_WORDS = ("objects", "consents", "yes", "no", "consent_columns", "objection_columns", "status_columns")
_PARTS_OF_TABLE = (
    "roles",
    "kinds",
    "requirements",
    "release",
    "key_rules",
    "withdrawal_reasons",
    "bases",
    "register_words",
)


@cache
def load() -> Governance:
    """Return the table; raise `TableError` when a part is empty or a row names what is not there."""
    table = read_toml(_SOURCE)
    empty = [part for part in _PARTS_OF_TABLE if not table.get(part)]
    if empty:
        raise TableError(f"table lacks {', '.join(empty)}", where=_SOURCE)
    try:
        roles, kinds = table["roles"], {name: _kind(name, row) for name, row in table["kinds"].items()}
        found = Governance(
            roles=MappingProxyType(roles),
            kinds=MappingProxyType(kinds),
            requirements=tuple(_requirement(n, row, kinds, roles) for n, row in table["requirements"].items()),
            release=tuple(_requirement(n, row, kinds, roles) for n, row in table["release"].items()),
            key_rules=MappingProxyType(table["key_rules"]),
            withdrawal_reasons=MappingProxyType(table["withdrawal_reasons"]),
            bases=MappingProxyType({name: _basis(name, row) for name, row in table["bases"].items()}),
            register_words=_register_words(table["register_words"]),
        )
    except (KeyError, TypeError) as error:
        raise TableError(f"a row is incomplete: {error}", where=_SOURCE) from error
    if {basis.part for basis in found.bases.values()} != set(_PARTS):
        raise TableError("legal bases of one part are missing", where=_SOURCE, expected=", ".join(_PARTS))
    return found


def _kind(name: str, row: Mapping[str, str]) -> DocumentKind:
    if row["scope"] not in ("site", "release"):
        raise TableError(f"kind {name} has no scope", where=_SOURCE)
    return DocumentKind(name, row["title"], row["article"], row["scope"])


def _requirement(name: str, row: Mapping[str, Any], kinds: Mapping[str, Any], roles: Mapping[str, Any]) -> Requirement:
    pairs = tuple((kind, role) for kind, _, role in (text.partition(":") for text in row["any_of"]))
    unknown = [kind for kind, role in pairs if kind not in kinds or (role and role not in roles)]
    classes = tuple(row.get("classes", ()))
    if not pairs or unknown or not set(classes) <= set(CLASSES):
        raise TableError(f"requirement {name} names what is not in the table", where=_SOURCE)
    return Requirement(name, row["title"], pairs, classes)


def _basis(name: str, row: Mapping[str, str]) -> Basis:
    return Basis(name, row["part"], row["title"], row.get("country", ""))


def _register_words(rows: Mapping[str, list[str]]) -> Mapping[str, frozenset[str]]:
    words = {name: frozenset(rows[name]) for name in _REGISTER_WORDS}
    answers = [word for name in ("objects", "consents", "yes", "no") for word in words[name]]
    if not all(words.values()) or len(answers) != len(set(answers)):
        raise TableError("a register's words are missing or say two things", where=_SOURCE)
    return MappingProxyType(words)
