"""One combined matcher for all phrases of a language: a trie over word classes, walked once along the tokens.

A phrase is words with spaces. A word may be `prefix*`, `*suffix` or `*infix*`; `a|b` is a choice, `a?` may be left
out, `~2` stands for up to two words of any kind. No regular expressions: the work per token is bounded by the trie.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

from cxrforge.labels.spelling import Speller
from cxrforge.labels.tokens import Kind, Token, fold

Payload = TypeVar("Payload")

_ROUND = re.compile(r"(?<![aeoq])ue|oe")
_READ = (Kind.WORD, Kind.NUMBER)
_CACHE_LIMIT = 100_000


@dataclass(slots=True)
class _Node:
    next: dict[int, _Node] = field(default_factory=dict)
    gaps: dict[int, _Node] = field(default_factory=dict)
    payloads: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Match(Generic[Payload]):
    """Tokens `start` to `end` (half-open) are an occurrence of what `payload` stands for."""

    start: int
    end: int
    payload: Payload


def expand(phrase: str, macros: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield the element sequences of a phrase: macros replaced, optional elements with and without."""
    for name, choice in macros.items():
        phrase = phrase.replace("{" + name + "}", choice)
    variants: list[tuple[str, ...]] = [()]
    for element in phrase.split():
        if element.endswith("?"):
            variants = [v + extra for v in variants for extra in ((element.replace("?", ""),), ())]
        else:
            variants = [(*v, element.replace("?", "")) for v in variants]
    yield from dict.fromkeys(v for v in map(_without_idle_gaps, variants) if v)


def _without_idle_gaps(elements: tuple[str, ...]) -> tuple[str, ...]:
    """Drop gaps at the ends and all but the last of neighbouring ones, which an optional element left behind."""
    kept = tuple(e for e, after in zip(elements, [*elements[1:], "~"], strict=False) if not (e[0] == after[0] == "~"))
    return kept[1:] if kept and kept[0][0] == "~" else kept


class Matcher(Generic[Payload]):
    """All phrases of one language, compiled."""

    def __init__(
        self,
        phrases: Iterable[tuple[str, Payload]],
        macros: Mapping[str, str],
        spelling: Iterable[str] = (),
        digraphs: bool = False,
    ) -> None:
        self._digraphs = digraphs
        self._root = _Node()
        self._payloads: list[Payload] = []
        self._classes: dict[str, int] = {}
        self._literal: dict[str, list[int]] = {}
        self._prefix: dict[str, list[int]] = {}
        self._suffix: dict[str, list[int]] = {}
        self._infix: dict[str, list[int]] = {}
        for phrase, payload in phrases:
            self._payloads.append(payload)
            for elements in expand(phrase, macros):
                self._insert(elements, len(self._payloads) - 1)
        self._speller = Speller([*(fold(w) for w in spelling), *self._literal])
        self._known: dict[str, tuple[int, ...]] = {}

    def _insert(self, elements: tuple[str, ...], payload: int) -> None:
        node = self._root
        for element in elements:
            if element[0] == "~":
                node = node.gaps.setdefault(int(element[1:]), _Node())
            else:
                node = node.next.setdefault(self._class_of(element), _Node())
        if payload not in node.payloads:
            node.payloads.append(payload)

    def _class_of(self, element: str) -> int:
        if element in self._classes:
            return self._classes[element]
        number = self._classes[element] = len(self._classes)
        for choice in element.split("|"):
            stem = fold(choice.strip("*"))
            heads, tails = choice.startswith("*"), choice.endswith("*")
            kind = (self._literal, self._prefix, self._suffix, self._infix)[2 * heads + tails]
            kind.setdefault(stem, []).append(number)
        return number

    def classes(self, word: str) -> tuple[int, ...]:
        """Return the word classes that a folded word belongs to, mended if it is one slip away from a known word."""
        found = self._known.get(word)
        if found is None:
            found = tuple(dict.fromkeys(chain.from_iterable(map(self._exact, self._spellings(word)))))
            if not found and (mended := self._speller.mend(word)):
                found = self._exact(mended)
            if len(self._known) < _CACHE_LIMIT:
                self._known[word] = found
        return found

    def _spellings(self, word: str) -> Iterator[str]:
        """Yield a word as it stands, then with oe and ue, then also ae, read as umlauts ("Pleuraerguesse")."""
        yield word
        if self._digraphs:
            yield (rounded := _ROUND.sub(lambda m: m[0][0], word))
            yield rounded.replace("ae", "a")

    def _exact(self, word: str) -> tuple[int, ...]:
        found = dict.fromkeys(self._literal.get(word, ()))
        for i in range(1, min(len(word), 40) + 1):
            found.update(dict.fromkeys(self._prefix.get(word[:i], ())))
            found.update(dict.fromkeys(self._suffix.get(word[-i:], ())))
        short = word[:64]
        for stem, numbers in self._infix.items():
            if stem in short:
                found.update(dict.fromkeys(numbers))
        return tuple(found)

    def knows(self, word: str) -> bool:
        """Tell whether a folded word is written in the lexicon, slips not mended."""
        return any(map(self._exact, self._spellings(word)))

    def find(self, tokens: Sequence[Token]) -> list[Match[Payload]]:
        """Return every occurrence of every phrase, in order of start; phrases do not cross punctuation."""
        classes = [self.classes(t.text) if t.kind in _READ else () for t in tokens]
        openers = self._root.next
        matches: list[Match[Payload]] = []
        for i, own in enumerate(classes):
            for c in own:
                if c in openers:
                    self._walk(openers[c], i, i + 1, tokens, classes, matches)
        return matches

    def _walk(
        self,
        node: _Node,
        start: int,
        at: int,
        tokens: Sequence[Token],
        classes: list[tuple[int, ...]],
        matches: list[Match[Payload]],
    ) -> None:
        stack = [(node, at)]
        while stack:
            node, at = stack.pop()
            matches.extend(Match(start, at, self._payloads[p]) for p in node.payloads)
            if at >= len(tokens):
                continue
            if node.next:
                stack.extend((node.next[c], at + 1) for c in classes[at] if c in node.next)
            for width, after in node.gaps.items():
                for k in range(min(width, len(tokens) - at) + 1):
                    if k and tokens[at + k - 1].kind not in (Kind.WORD, Kind.NUMBER):
                        break
                    if at + k < len(tokens):
                        stack.extend((after.next[c], at + k + 1) for c in classes[at + k] if c in after.next)
