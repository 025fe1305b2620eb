"""Side, place, size and change of each mention where its clause states them; none of it touches a label."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from cxrforge.labels.patterns import Match, Matcher
from cxrforge.labels.tokens import Kind, Token, fold, tokenize
from cxrforge.records import Mention
from cxrforge.tables import label_attributes, label_rules

_CALCIFIED = ("calcified", "nodules")
WINDOW = 4
"""How many mentions to either side of a word it may belong to; bounds the work on an endless sentence."""

_Value = tuple[str, str]
"""An attribute and its value."""


@cache
def _matcher(language: str) -> Matcher[_Value]:
    rules = label_attributes.load_language(language)
    phrases = [(phrase, key) for key, own in rules.phrases.items() for phrase in own]
    phrases += [(phrase, _CALCIFIED) for phrase in rules.calcified]
    return Matcher(phrases, {}, (), label_rules.load_language(language).digraphs)


def describe(text: str, language: str, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return `mentions` with laterality, location, severity and change where their clause states them.

    A word belongs to the mention nearest to it in its clause, and to the one behind it where two are as near.
    """
    tokens, matches = _read(text, language)
    places = [_tokens_of(tokens, m) for m in mentions]
    clauses = _clauses(tokens, {start for start, _ in places})
    order = sorted(range(len(mentions)), key=lambda i: places[i])
    said: list[dict[str, tuple[int, str]]] = [{} for _ in mentions]
    for match in matches:
        if match.payload == _CALCIFIED:
            continue
        at = bisect_left(order, match.start, key=lambda i: places[i][0])
        near = [i for i in order[max(0, at - WINDOW) : at + WINDOW] if clauses[places[i][0]] == clauses[match.start]]
        distances = {i: _distance(match, places[i]) for i in near}
        for i in near:
            if distances[i] == min(distances.values()):
                _note(said[i], *match.payload, distances[i][0])
    return tuple(
        _with(m, {name: value for name, (_, value) in own.items()}) for m, own in zip(mentions, said, strict=True)
    )


def _with(mention: Mention, said: Mapping[str, str]) -> Mention:
    return replace(
        mention,
        laterality=said.get("laterality"),
        location=said.get("location"),
        severity=said.get("severity"),
        change=said.get("change"),
    )


def calcified(text: str, language: str, mentions: Sequence[Mention]) -> frozenset[Mention]:
    """Return those of `mentions` that name a nodule as calcified, or a granuloma."""
    tokens, matches = _read(text, language)
    spans = [(tokens[m.start].start, tokens[m.end - 1].end) for m in matches if m.payload == _CALCIFIED]
    return frozenset(m for m in mentions if any(a < m.end and m.start < b for a, b in spans))


def _read(text: str, language: str) -> tuple[Sequence[Token], list[Match[_Value]]]:
    matcher = _matcher(language)
    abbreviations = frozenset(fold(a) for a in label_rules.load_language(language).abbreviations)
    tokens = tokenize(text, abbreviations, matcher.knows)
    return tokens, matcher.find(tokens)


def _clauses(tokens: Sequence[Token], mentioned: set[int]) -> list[int]:
    """Return the number of the clause of each token; one that names nothing goes with the one before it.

    A sentence's end closes a clause, and a comma or colon does, once the stretch behind it names something.
    """
    numbers, at, opened = [0] * (len(tokens) + 1), 0, 0
    for i, token in enumerate(tokens):
        if i in mentioned and opened < i:
            at += 1
            numbers[opened:i] = [at] * (i - opened)
            opened = len(tokens)
        numbers[i] = at
        if token.kind is Kind.END:
            at, opened = at + 1, len(tokens)
        elif token.kind in (Kind.COMMA, Kind.COLON):
            opened = i + 1
    return numbers


def _tokens_of(tokens: Sequence[Token], mention: Mention) -> tuple[int, int]:
    start = bisect_left(tokens, mention.start, key=lambda t: t.start)
    end = start
    while end < len(tokens) and tokens[end].start < mention.end:
        end += 1
    return start, max(end, start + 1)


def _distance(match: Match[_Value], place: tuple[int, int]) -> tuple[int, int]:
    """Return how many tokens lie between, and 0 where the match stands before the mention or within it."""
    start, end = place
    if match.end <= start:
        return start - match.end, 0
    return max(0, match.start - end), int(match.start >= end)


def _note(said: dict[str, tuple[int, str]], attribute: str, value: str, distance: int) -> None:
    """Keep the nearest value of an attribute; left and right together are both sides."""
    old = said.get(attribute)
    if attribute == "laterality" and old and {old[1], value} == {"left", "right"}:
        said[attribute] = (min(distance, old[0]), "bilateral")
    elif old is None or distance < old[0]:
        said[attribute] = (distance, value)
