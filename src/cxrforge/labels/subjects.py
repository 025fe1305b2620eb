"""Linking what is said ("normal", "enlarged") to whom it is said of (heart, mediastinum, costophrenic angles)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cxrforge.labels.lexicon import Parsed, RuleMatch
from cxrforge.labels.tokens import Kind

ATTRIBUTE_REACH = 5
"""How many tokens an adjective or noun may stand before its subject ("normal size and shape of the heart")."""


MOST_JOINED = 8
"""How many subjects may share a predicate; also what bounds the work on an endless sentence."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A predicate said of a subject."""

    subject: RuleMatch
    predicate: RuleMatch


def link(parsed: Parsed) -> list[Statement]:
    """Return which predicate speaks of which subject, within sentences; joined subjects share one."""
    statements: dict[tuple[int, str], Statement] = {}
    state = _Sentence()
    for at, _order, event in _events(parsed):
        if event is None:
            if parsed.tokens[at].kind is Kind.END:
                state = _Sentence()
            else:
                state.comma()
        elif event.payload.kind == "cue":
            state.stop()
        elif event.payload.kind == "subject":
            for statement in state.subject(event):
                statements[(statement.subject.start, statement.subject.payload.target)] = statement
        else:
            for statement in state.predicate(event):
                key = (statement.subject.start, statement.subject.payload.target)
                if key not in statements or _outranks(statement, statements[key]):
                    statements[key] = statement
    return sorted(statements.values(), key=lambda s: (s.subject.start, s.predicate.start))


def _outranks(new: Statement, old: Statement) -> bool:
    """A predicate that follows its subject beats one carried over from before; else abnormal beats normal."""
    carried = old.predicate.start < old.subject.start and new.predicate.start > new.subject.start
    return carried or (old.predicate.payload.state == "normal" and new.predicate.payload.state != "normal")


class _Sentence:
    """The subjects and the predicate that are open at a place in a sentence."""

    def __init__(self) -> None:
        self.open: list[RuleMatch] = []  # subjects that wait for a predicate, or share the last one
        self.answered = False  # the open subjects have their predicate
        self.parted = False  # a comma or stop stands after the answer
        self.attribute: list[RuleMatch] = []  # predicates at one place that wait for a subject
        self.carried = False  # the attribute has reached a subject and goes on over "and"
        self.attributed = -1  # where the subject stands that has its own attribute

    def comma(self) -> None:
        self.parted = True
        if not self.carried and self.attribute:
            self.attribute = []

    def stop(self) -> None:
        self.attribute, self.carried, self.parted = [], False, True

    def subject(self, match: RuleMatch) -> Iterator[Statement]:
        if self.answered:
            self.open, self.answered = [], False
        self.open = [*self.open[1 - MOST_JOINED :], match]
        self.parted = False
        near = self.attribute and (self.carried or match.start - self.attribute[0].end <= ATTRIBUTE_REACH)
        if not near:
            self.attribute = []
            return
        if not self.carried:
            self.attributed = match.start
        self.carried = True
        for predicate in self.attribute:
            if match.payload.target in predicate.payload.groups:
                yield Statement(match, predicate)

    def predicate(self, match: RuleMatch) -> Iterator[Statement]:
        nominal = match.payload.state == "nominal"
        fitting = [s for s in self.open if s.payload.target in match.payload.groups and s.start != self.attributed]
        if self.open and not nominal and not (self.answered and self.parted):
            self.answered = True
            self.attribute = [] if not self.carried else self.attribute
            yield from (Statement(s, match) for s in fitting)
        elif self.open and not nominal and fitting:  # "the heart is normal in shape, but enlarged"
            yield from (Statement(s, match) for s in fitting)
            self._expect(match)
        else:
            self._expect(match)

    def _expect(self, match: RuleMatch) -> None:
        same = self.attribute and self.attribute[0].start == match.start and not self.carried
        self.attribute = [*self.attribute, match] if same else [match]
        self.carried = False


def _events(parsed: Parsed) -> list[tuple[int, int, RuleMatch | None]]:
    """Return subjects, predicates, stops, commas and ends in order of place."""
    events: list[tuple[int, int, RuleMatch | None]] = [
        (i, 0, None) for i, t in enumerate(parsed.tokens) if t.kind in (Kind.END, Kind.COMMA)
    ]
    events += [(m.start, 1, m) for m in parsed.cues if m.payload.target == "stop"]
    events += [(m.start, 2, m) for m in parsed.subjects]
    events += [(m.start, 3, m) for m in parsed.predicates]
    return sorted(events, key=lambda e: e[:2])
