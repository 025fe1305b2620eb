"""How header values tell a view and a posture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.words import fold

TELLS = ("PA", "AP", "LATERAL", "FRONTAL", "OTHER")
"""What a value can tell; FRONTAL is PA or AP without saying which."""


@dataclass(frozen=True, slots=True)
class ViewTable:
    """`position` and `words` map folded spellings to one of `TELLS`, `code` maps code values to the same.

    `letters` count only beside words that name the chest; `posture` and `posture_code` tell recumbent (True) or erect.
    """

    position: Mapping[str, str]
    code: Mapping[str, str]
    words: Mapping[str, str]
    letters: Mapping[str, str]
    posture: Mapping[str, bool]
    posture_code: Mapping[str, bool]


@cache
def load() -> ViewTable:
    """Return the view table."""
    raw = read_toml("views.toml")
    try:
        words = {word: view for view, words in raw["words"].items() for word in words}
        posture = {word: kind == "recumbent" for kind, words in raw["posture"].items() for word in words}
        table = ViewTable(
            position=_checked(raw["view-position"]),
            code=MappingProxyType(dict(raw["view-code"])),
            words=_checked(words),
            letters=_checked(raw["letters"]),
            posture=MappingProxyType(posture),
            posture_code=MappingProxyType({code: kind == "recumbent" for code, kind in raw["posture-code"].items()}),
        )
    except KeyError as error:
        raise TableError(f"a part is missing: {error}", where="views.toml") from error
    if not all((table.posture, table.code, table.posture_code)) or not set(table.code.values()) <= set(TELLS):
        raise TableError("a part is empty or tells an unknown view", where="views.toml")
    if not all(set(raw["words"].get(view, ())) for view in TELLS):
        raise TableError("a view has no words", where="views.toml")
    return table


def _checked(rows: Mapping[str, str]) -> Mapping[str, str]:
    wrong = [word for word, view in rows.items() if word != fold(word) or view not in TELLS]
    if wrong or not rows:
        raise TableError("a part is empty, not folded or tells an unknown view", where="views.toml", found=str(wrong))
    return MappingProxyType(dict(rows))
