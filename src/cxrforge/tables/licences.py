"""The terms under which a release can be given away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

_SOURCE = "licences.toml"


@dataclass(frozen=True, slots=True)
class Licence:
    """One row; `text` has places for `{title}` and `{version}` of the release, `url` is empty where there is none."""

    id: str
    title: str
    url: str
    text: str

    def fill(self, title: str, version: str) -> str:
        """Return the text for one release."""
        return self.text.strip().replace("{title}", title).replace("{version}", version) + "\n"


@cache
def load() -> Mapping[str, Licence]:
    """Return every licence by id."""
    try:
        rows = {k: Licence(k, row["title"], row["url"], row["text"]) for k, row in read_toml(_SOURCE).items()}
    except (KeyError, TypeError) as error:
        raise TableError(f"a licence is incomplete: {error}", where=_SOURCE) from error
    if "undecided" not in rows or not all(row.title and row.text.strip() for row in rows.values()):
        raise TableError("licences are incomplete", where=_SOURCE)
    return MappingProxyType(rows)
