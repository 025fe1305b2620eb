"""The forms in which a known name is written: parts, joined forms, inflections, nicknames."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cxrforge.identity.text import folded, key_of
from cxrforge.tables import name_words, nicknames

PARTICLES = name_words.load().particles
"""Small words inside family names; never searched for on their own."""

_TITLES = name_words.load().titles
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class NameParts:
    """Tokens of one person's name, folded: family and given names apart where the source tells them."""

    family: tuple[str, ...]
    given: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Return every token."""
        return self.family + self.given


def name_parts(name: str) -> list[NameParts]:
    """Return the parts of a DICOM PN string (each component group) or of a plain name."""
    found = []
    for group in name.split("=")[:3]:
        if "^" in group:
            components = group.split("^")
            family, given = _tokens(components[0]), _tokens(" ".join(components[1:3]))
        elif "," in group:
            first, rest = group.split(",", 1)
            family, given = _tokens(first), _tokens(rest)
        else:
            words = _tokens(group)
            family, given = words[-1:], words[:-1]
        if family or given:
            found.append(NameParts(tuple(family), tuple(given)))
    return found


def _tokens(text: str) -> list[str]:
    words = _WORD.findall(folded(text.replace("'", " ").replace("’", " ")))
    return [w for w in words if w not in _TITLES]


def inflections(word: str) -> set[str]:
    """Return inflected forms of a folded name part: genitive -s, Polish cases, feminine and masculine -ski/-ska."""
    forms = {word + "s", word + "es", word + "ens", word + "n", word + "en"} if len(word) > 2 else set()
    if len(word) < 3:
        return forms
    stem = word[:-1]
    if word.endswith("a"):
        forms |= {stem + e for e in ("y", "i", "ie", "e", "o", "ej", "u", "om", "ami", "ach", "ow", "ii", "ii", "ich")}
        soft = {"k": "c", "g": "dz", "r": "rz", "t": "ci", "d": "dzi", "l": "l", "n": "ni", "s": "si", "z": "zi"}
        if stem[-1] in soft:
            forms.add(stem[:-1] + soft[stem[-1]] + "e")
    elif word[-1] in "iy":
        forms |= {
            stem + e
            for e in (
                "iego",
                "iemu",
                "im",
                "iej",
                "a",
                "ich",
                "ie",
                "imi",
                "ego",
                "emu",
                "ym",
                "ej",
                "ych",
                "y",
                "i",
                "e",
            )
        }
    elif word[-1] in "oe":
        forms |= {stem + e for e in ("a", "owi", "em", "ie", "u", "i", "ki", "ce", "ke", "ka", "ego", "emu")}
    else:
        forms |= {
            word + e for e in ("a", "owi", "em", "ie", "u", "iem", "y", "i", "e", "om", "ow", "ami", "iowi", "ia", "iu")
        }
        if word[-2] == "e" and len(word) > 3:  # fleeting e: Marek, Marka; Wróbel, Wróbla
            short = word[:-2] + word[-1]
            forms |= {short + e for e in ("a", "owi", "em", "iem", "u", "ie", "i", "y", "om")}
        if word[-1] == "r":
            forms.add(word + "ze")
        if word[-1] == "t":
            forms.add(stem + "cie")
        if word[-1] == "l":
            forms.add(word + "le")
    return forms


def nicknames_of(word: str) -> frozenset[str]:
    """Return folded nicknames of a given name, in every language."""
    return nicknames.load().get(word, frozenset())


@lru_cache(maxsize=8192)
def deletes(key: str, distance: int) -> frozenset[str]:
    """Return `key` with up to `distance` characters taken out (symmetric-delete index for typos)."""
    found = {key}
    layer = {key}
    for _ in range(distance):
        layer = {w[:i] + w[i + 1 :] for w in layer for i in range(len(w))}
        found |= layer
    return frozenset(found)


def typo_distance(length: int) -> int:
    """Return how many typos a name of this length may have and still be it."""
    return 0 if length < 5 else 1 if length < 10 else 2


def joined(parts: tuple[str, ...]) -> str:
    """Return name parts written as one word, as a key."""
    return key_of("".join(parts))
