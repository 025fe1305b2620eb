"""Words and codes that tell which part of whom is imaged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml
from cxrforge.tables.words import fold


@dataclass(frozen=True, slots=True)
class BodyParts:
    """Folded words for the chest, for other parts and for animals, and the codes of chest and of human beings."""

    chest: tuple[str, ...]
    chest_codes: frozenset[str]
    elsewhere: tuple[str, ...]
    animal: tuple[str, ...]
    human: tuple[str, ...]
    human_codes: frozenset[str]


@cache
def load() -> BodyParts:
    """Return the body part table, longer words first."""
    raw = read_toml("bodyparts.toml")
    try:
        parts = BodyParts(
            chest=_words(raw["chest"]["words"]),
            chest_codes=frozenset(raw["chest"]["codes"]),
            elsewhere=_words(raw["elsewhere"]["words"]),
            animal=_words(raw["animal"]["words"]),
            human=_words(raw["animal"]["human-words"]),
            human_codes=frozenset(raw["animal"]["human-codes"]),
        )
    except KeyError as error:
        raise TableError(f"a part is missing: {error}", where="bodyparts.toml") from error
    if not parts.chest_codes or not parts.human_codes:
        raise TableError("a part is empty", where="bodyparts.toml")
    return parts


def _words(words: list[str]) -> tuple[str, ...]:
    if not words or any(word != fold(word) for word in words):
        raise TableError("a part is empty or not folded", where="bodyparts.toml")
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
