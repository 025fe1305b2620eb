"""Side, projection and position markers in eight languages: text on a radiograph that must survive."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

_LANGUAGES = ("any", "en", "de", "fr", "es", "it", "nl", "pt", "pl")
_KINDS = ("side", "projection", "position", "other", "joining")
_UNDECOMPOSED = str.maketrans({"ł": "l", "ß": "ss", "ø": "o"})


@dataclass(frozen=True, slots=True)
class Markers:
    """Folded marker words to their kind: side, projection, position, other or joining."""

    kinds: Mapping[str, str]

    def kind(self, word: str) -> str | None:
        """Return what kind of marker a word is, None when it is none."""
        return self.kinds.get(fold_marker(word))


def fold_marker(word: str) -> str:
    """Return letters and digits alone, lower case, without diacritics."""
    decomposed = unicodedata.normalize("NFKD", word.casefold().translate(_UNDECOMPOSED))
    return "".join(c for c in decomposed if c.isalnum())


@cache
def load() -> Markers:
    """Return every marker of `markers.toml`."""
    table = read_toml("markers.toml")
    kinds: dict[str, str] = {}
    for language in _LANGUAGES:
        for kind in _KINDS:
            words = table.get(language, {}).get(kind)
            if not words:
                raise TableError(f"no {kind} markers for {language}", where="markers.toml")
            for word in words:
                folded = fold_marker(word)
                if not folded:
                    raise TableError(f"a {kind} marker of {language} has no letters", where="markers.toml")
                kinds.setdefault(folded, kind)
    if unknown := set(table) - set(_LANGUAGES):
        raise TableError(f"unknown languages {sorted(unknown)}", where="markers.toml")
    return Markers(MappingProxyType(kinds))
