"""Reading a slip of the keys as the word it stands for: one letter dropped, doubled, changed or swapped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SHORTEST = 7
"""Shorter words have too many neighbours."""


class Speller:
    """Known long words, indexed by what is left of them when one letter is taken out."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(w for w in words if len(w) >= SHORTEST)
        index: dict[str, list[str]] = {}
        for word in sorted(self._words):
            for shorter in _without_one(word):
                index.setdefault(shorter, []).append(word)
        self._index = {shorter: tuple(words) for shorter, words in index.items()}

    def mend(self, word: str) -> str | None:
        """Return the known word that `word` is one slip away from (same first letter), or None."""
        if len(word) < SHORTEST - 1 or len(word) > 40 or word in self._words:
            return None
        for candidate in self._candidates(word):
            if candidate[0] == word[0] and len(candidate) >= SHORTEST and one_slip(word, candidate):
                return candidate
        return None

    def _candidates(self, word: str) -> Iterator[str]:
        yield from self._index.get(word, ())
        for shorter in _without_one(word):
            if shorter in self._words:
                yield shorter
            yield from self._index.get(shorter, ())


def _without_one(word: str) -> Iterator[str]:
    return (word[:i] + word[i + 1 :] for i in range(len(word)))


def one_slip(a: str, b: str) -> bool:
    """Tell whether `a` and `b` differ by one insertion, deletion, substitution or swap of neighbours."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1 or a == b:
        return False
    i = next((k for k in range(len(a)) if a[k] != b[k]), len(a))
    if len(a) < len(b):
        return a[i:] == b[i + 1 :]
    return a[i + 1 :] == b[i + 1 :] or (a[i + 2 :] == b[i + 2 :] and a[i : i + 2] == b[i : i + 2][::-1])
