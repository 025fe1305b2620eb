"""The fields that GDPR Art. 30(1) and 30(2) ask of a record of processing activities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

_SOURCE = "processing_record.toml"
_LETTERS = {"controller": "abcdefg", "processor": "abcd"}


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of the record: where the regulation asks for it, and what a person must declare for it."""

    id: str
    article: str
    title: str
    declare: Mapping[str, str]  # key of the declarations file to the question it answers
    optional: Mapping[str, str]


@cache
def load() -> Mapping[str, tuple[RecordField, ...]]:
    """Return the fields of `controller` and `processor`; every letter of the article must be there, in order."""
    table = read_toml(_SOURCE)
    found = {role: tuple(_field(row) for row in table.get(role, ())) for role in _LETTERS}
    for role, letters in _LETTERS.items():
        if [row.article[-2] for row in found[role]] != list(letters):
            raise TableError(f"fields of the {role}'s record are missing", where=_SOURCE, expected=", ".join(letters))
    return MappingProxyType(found)


def _field(row: Mapping[str, Any]) -> RecordField:
    try:
        declare, optional = row.get("declare", {}), row.get("optional", {})
        return RecordField(row["id"], row["article"], row["title"], declare, optional)
    except KeyError as error:
        raise TableError(f"a field is incomplete: {error}", where=_SOURCE) from error
