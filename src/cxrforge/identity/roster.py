"""The names of a whole export, and which of them concern one text: those of which a word stands in it.

A text is searched for the few names that its words can mean, however many patients the site has; and a new name makes
only those texts another input in which a word of it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cxrforge.identity.text import key_of, tokens
from cxrforge.identity.variants import PARTICLES, inflections, joined, name_parts, nicknames_of
from cxrforge.records import KnownIdentifiers
from cxrforge.tables import ordinary_words

_SHORTEST = 3
_ENDING = 2
"""Letters that an inflection may take from a name's end before it adds its own."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One name of the roster: where it belongs, and the plain words it is made of."""

    field: str
    name: str
    words: tuple[str, ...]


class Roster:
    """All names of an export, indexed by the beginnings of their words."""

    __slots__ = ("_entries", "_found", "_joined", "_of_word", "_stems")

    def __init__(self, known: Iterable[KnownIdentifiers]) -> None:
        self._entries: list[_Entry] = []
        self._of_word: dict[str, list[int]] = {}
        self._stems: dict[str, list[str]] = {}
        self._joined: dict[str, list[int]] = {}
        self._found: dict[str, tuple[str, ...]] = {}
        wanted: dict[str, set[str]] = {"patient_names": set(), "staff_names": set(), "institutions": set()}
        for one in known:
            for field, names in wanted.items():
                names.update(getattr(one, field))
        for field, names in wanted.items():
            for name in sorted(names):
                self._add(field, name)

    def __repr__(self) -> str:
        return f"Roster({len(self._entries)} names)"

    def _add(self, field: str, name: str) -> None:
        number = len(self._entries)
        words: list[str] = []
        if field == "institutions":
            words = [t.word for t in tokens(name) if t.word.isalpha()]
        else:
            for parts in name_parts(name):
                words.extend(parts.all)
                for both in (parts.family, parts.given, parts.given + parts.family, parts.family + parts.given):
                    if len(both) > 1 and len("".join(both)) > 6:
                        self._joined.setdefault(joined(both), []).append(number)
        solid = tuple(dict.fromkeys(w for w in words if len(w) >= _SHORTEST and w not in PARTICLES))
        self._entries.append(_Entry(field, name, solid))
        for word in solid:
            if word not in self._of_word:
                key = key_of(word)
                self._stems.setdefault(key[: max(_SHORTEST, len(key) - _ENDING)], []).append(word)
            self._of_word.setdefault(word, []).append(number)

    def about(self, text: str, common: Collection[str] = frozenset()) -> KnownIdentifiers:
        """Return the names of which a word stands in `text`.

        A word that is an everyday or clinical one, or stands in `common`, counts only beside another word of the name.
        """
        ordinary = ordinary_words.load()
        certain: set[int] = set()
        seen: dict[int, set[str]] = {}
        for token in {t.word: t for t in tokens(text)}.values():
            certain.update(self._joined.get(token.key, ()))
            for word in self._words_of(token.word):
                usual = ordinary.is_ordinary(word) or word in common
                for number in self._of_word[word]:
                    if usual:
                        seen.setdefault(number, set()).add(word)
                    else:
                        certain.add(number)
        certain.update(number for number, words in seen.items() if len(words) > 1)
        found: dict[str, list[str]] = {}
        for number in sorted(certain):
            found.setdefault(self._entries[number].field, []).append(self._entries[number].name)
        return KnownIdentifiers(**{field: tuple(names) for field, names in found.items()})

    def _words_of(self, token: str) -> tuple[str, ...]:
        """Return the roster's words that `token` is, or is a form of."""
        known = self._found.get(token)
        if known is None:
            key = key_of(token)
            near = (w for k in range(_SHORTEST, len(key) + 1) for w in self._stems.get(key[:k], ()))
            known = tuple(w for w in near if key_of(w) == key or _is_form(key, w))
            self._found[token] = known
        return known


def _is_form(key: str, word: str) -> bool:
    """Tell whether a key is an inflected form or a nickname of a name's word."""
    if len(key) > len(word) + 5:
        return False
    return any(key_of(f) == key for f in inflections(word)) or any(key_of(n) == key for n in nicknames_of(word))
