"""Deciding what a sentence says of each mention: present, absent, uncertain, or nothing (history, advice, gone).

The method is NegEx's and ConText's (Chapman 2001, Harkema 2009) with cues before, after and between. Two sweeps over
the tokens, one in each direction, each with a constant amount of state, so the work grows with the text alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxrforge.labels.lexicon import Parsed, RuleMatch
from cxrforge.labels.tokens import Kind, Token
from cxrforge.records import Assertion


@dataclass(frozen=True, slots=True)
class Target:
    """Tokens whose assertion is asked for; `device` lets removal cues act, `predicate` stands behind its subject,
    so that a denial of it goes no further than the next comma; `attribute` stands before it."""

    start: int
    end: int
    device: bool = False
    predicate: bool = False
    attribute: bool = False
    subject: bool = False  # not asked for: it only ends scopes that would run on over a comma


@dataclass(frozen=True, slots=True)
class Verdict:
    """The assertion (None: the mention does not count) and the rule that decided."""

    assertion: Assertion | None
    rule: str = ""


PLAIN = Verdict(Assertion.PRESENT)

_KINDS = ("negated", "uncertain", "dropped", "removed")


@dataclass(slots=True)
class _Scope:
    """A cue whose scope is open."""

    cue: RuleMatch
    kind: str
    adverb: bool = False
    wide: bool = False  # goes on over commas
    comma: bool = False  # a comma stands between the cue and here
    reached: int = 0  # how many targets it has reached

    def rule(self, side: str) -> str:
        return f"{self.kind} {side}: {self.cue.payload.phrase}"


def decide(parsed: Parsed, targets: Sequence[Target], cautious: bool = False) -> list[Verdict]:
    """Return a verdict for each of `targets` (in order of start, subjects included).

    The guideline takes "consistent with" for present and "no definite" for absent; `cautious` calls both uncertain.
    """
    events = _events(parsed.tokens, parsed.cues, targets)
    before = _forward(events, targets, cautious)
    after = _backward(events, targets)
    asked = _asked(parsed.tokens, targets)
    return [_combine(b, a, q) for b, a, q in zip(before, after, asked, strict=True)]


def _combine(before: _Scope | None, after: _Scope | None, asked: bool) -> Verdict:
    """Weigh the cue before a mention against the one behind it."""
    scopes = [(s, side) for s, side in ((before, "before"), (after, "after")) if s]
    by_kind = {s.kind: s.rule(side) for s, side in scopes}
    for kind in ("removed", "dropped"):
        if kind in by_kind:
            return Verdict(None, by_kind[kind])
    if after and after.kind == "uncertain":
        return Verdict(Assertion.UNCERTAIN, by_kind["uncertain"])
    if "negated" in by_kind:
        return Verdict(Assertion.ABSENT, by_kind["negated"])
    if "uncertain" in by_kind:
        return Verdict(Assertion.UNCERTAIN, by_kind["uncertain"])
    return Verdict(Assertion.UNCERTAIN, "uncertain: question mark") if asked else PLAIN


_Event = tuple[int, int, str, int]
"""Place, end, what (cue kind, mark or target), index into targets or cues."""


def _events(tokens: Sequence[Token], cues: Sequence[RuleMatch], targets: Sequence[Target]) -> list[tuple]:
    marks = {Kind.COLON: "colon", Kind.COMMA: "comma", Kind.END: "end", Kind.QUESTION: "question", Kind.SLASH: "joiner"}
    events: list[tuple] = [(i, 1, marks[t.kind], t) for i, t in enumerate(tokens) if t.kind in marks]
    joiners = {m.start for m in cues if m.payload.target == "joiner"}
    forward = {(m.start, m.end) for m in cues if m.payload.target.startswith("negated_b")}
    both_ways = {(m.start, m.end) for m in cues if m.payload.target == "negated_after"} & forward
    for cue in cues:
        kind = _acts_as(cue, tokens)
        if (cue.start, cue.end) in both_ways and kind.startswith("negated"):
            closes = cue.end >= len(tokens) or tokens[cue.end].kind in (Kind.END, Kind.COMMA)
            if closes != (kind == "negated_after"):
                continue  # "not seen" denies what follows, or what stands before when nothing follows
        both = kind == "negated_before" and cue.start in joiners and cue.end - cue.start == 1
        events.append((cue.start, 0, "negated_joiner" if both else kind, cue))
    events += [(t.start, 2, "target", i) for i, t in enumerate(targets)]
    return sorted(events, key=lambda e: e[:2])


def _acts_as(cue: RuleMatch, tokens: Sequence[Token]) -> str:
    """Return the kind that a cue has at its place, "" for none.

    A one-word denial with nothing left to deny ("pneumothorax: no") speaks of what stands before it; a one-word
    doubt behind its mention ("effusion possible.") must close the phrase, else it speaks of what follows.
    """
    kind = cue.payload.target
    if cue.end - cue.start > 1:
        return kind
    following = tokens[cue.end].kind if cue.end < len(tokens) else Kind.END
    colon = cue.start > 0 and tokens[cue.start - 1].kind is Kind.COLON
    if tokens[cue.start].kind is Kind.NUMBER:  # "infiltrate: 0"
        return kind if colon else ""
    closes = following is Kind.END or (colon and following is Kind.COMMA)
    if kind in ("negated_before", "negated_adverb") and closes:
        return "negated_after"
    if kind == "uncertain_after" and following in (Kind.WORD, Kind.NUMBER):
        return ""
    return kind


class _Forward:
    """What the cues passed so far say of the next mention."""

    def __init__(self) -> None:
        self.deny: _Scope | None = None
        self.doubt: _Scope | None = None
        self.drop: _Scope | None = None
        self.gone: _Scope | None = None
        self.neutral = False  # the denial so far denies a change, not a finding
        self.device = False  # a device was named since the last comma

    def clear(self) -> None:
        self.deny = self.doubt = self.drop = self.gone = None
        self.neutral = self.device = False

    def comma(self) -> None:
        if self.deny:
            if self.deny.adverb and self.deny.reached:
                self.deny = None
            else:
                self.deny.comma = True
        if self.doubt and self.doubt.reached and not self.doubt.wide:
            self.doubt = None
        if self.drop and (self.drop.reached or self.drop.comma):
            self.drop = None
        elif self.drop:
            self.drop.comma = True
        self.gone, self.device = None, False

    def restart(self) -> None:
        if self.deny and self.deny.comma:
            self.deny = None

    def barrier(self) -> None:
        if self.doubt and self.doubt.reached:
            self.doubt = None

    def cue(self, target: str, match: RuleMatch) -> None:
        if target == "removed_after" and self.device:
            return  # "the drain has been removed and …" speaks of the drain alone
        if target == "negated_joiner" and self.neutral and not self.deny:
            return  # "no increase in the effusion nor in the atelectasis"
        kind = target.split("_")[0]
        scope = _Scope(match, kind, adverb=target == "negated_adverb", wide=target == "uncertain_list")
        if scope.kind == "negated":
            self.deny, self.doubt, self.drop = scope, None, None
        elif scope.kind == "uncertain":
            if self.deny and not self.deny.comma and target == "uncertain_before":
                return  # "no opacity suggestive of pneumonia" denies both
            self.deny, self.doubt = None, scope
        elif scope.kind == "dropped":
            self.drop = scope
        else:
            self.gone = scope

    def of(self, target: Target) -> _Scope | None:
        """Return the scope that holds for `target` and note that it was reached."""
        if target.subject:
            if self.deny and (self.deny.comma or self.deny.reached) and not target.predicate:
                self.deny = self.deny if not self.deny.comma else None
            return None
        self.device = self.device or target.device
        chosen = (self.gone if target.device else None) or self.drop or self.deny or self.doubt
        for scope in (self.deny, self.doubt, self.drop, self.gone):
            if scope:
                scope.reached += 1
        if target.predicate and self.deny:
            self.deny.adverb = True
        return chosen


def _forward(events: list[tuple], targets: Sequence[Target], cautious: bool) -> list[_Scope | None]:
    verdicts: list[_Scope | None] = [None] * len(targets)
    state = _Forward()
    previous, denial = -1, None  # the mention since the last comma, and the last denial of this sentence
    joined = -1  # the place behind the last joiner
    for at, _order, what, item in events:
        if what in ("comma", "end"):
            previous = -1
        if what == "joiner":
            joined = at + 1
        if what == "end":
            denial = None
        elif what.startswith("negated"):
            denial = _Scope(item, "negated")
        if what == "target":
            verdicts[item] = state.of(targets[item])
            previous = item
        elif what in ("end", "stop"):
            state.clear()
        elif what == "comma":
            state.comma()
        elif what == "restart":
            state.restart()
        elif what == "barrier":
            if at != joined:  # "ou à une pneumonie" goes on where "à une atélectasie" began
                state.barrier()
        elif what == "question":
            state.clear()
        elif what == "neutral":
            state.neutral = True
        elif what == "echo":
            if denial and previous >= 0 and verdicts[previous] is None:
                verdicts[previous] = denial  # "the consolidation likewise"
            elif denial:
                state.deny = denial  # "likewise the effusion"
        elif what == "weakly_negated_before":
            state.cue("uncertain_between" if cautious else "negated_before", item)
        elif what == "consistent_before":
            if cautious:
                state.cue("uncertain_before", item)
        elif what == "removed_after" or what.endswith(("_before", "_adverb", "_between", "_list", "_joiner")):
            state.cue(what, item)
    return verdicts


class _Backward:
    """What the cues further right say of the mention to their left."""

    def __init__(self) -> None:
        self.scope: _Scope | None = None
        self.gone: _Scope | None = None  # a removal, which holds for devices only
        self.joined = False  # a joiner stands between here and the mention reached last
        self.listed = False  # the mentions reached so far are a list with a joiner: commas continue it
        self.edge = -1  # where the mention reached last begins

    def clear(self) -> None:
        self.scope, self.gone, self.joined, self.listed = None, None, False, False

    def cue(self, target: str, match: RuleMatch) -> None:
        scope = _Scope(match, target.split("_")[0])
        if scope.kind == "removed":
            self.gone = scope
        elif not (self.scope and not self.scope.reached and self.scope.kind == "uncertain"):
            self.scope = scope  # a doubt further right, still unspent, is the last word
            self.joined = self.listed = False

    def _spent(self) -> bool:
        return any(s and s.reached for s in (self.scope, self.gone))

    def comma(self) -> None:
        if self._spent() and self.listed:
            self.joined = True
        elif self._spent() or (self.scope and self.scope.kind == "dropped"):
            self.clear()  # ", CT advised" speaks of the CT

    def colon(self, at: int) -> None:
        """A cue right behind a colon speaks of the heading; one further on, of what stands between."""
        if self.scope and self.scope.cue.start != at + 1:
            self.clear()

    def joiner(self) -> None:
        between = self.scope and self.scope.cue.payload.target == "uncertain_between"
        if self._spent() and not between:  # "cardiomegaly and effusion versus thickening" doubts the effusion
            self.joined = self.listed = True

    def barrier(self) -> None:
        if self._spent():
            self.clear()

    def of(self, target: Target) -> _Scope | None:
        adjacent = target.end >= self.edge > target.start - 1  # "pneumonic infiltrates": one thing said of both
        if target.subject or (self._spent() and not self.joined and not adjacent):
            self.clear()
            return None
        chosen = self.gone if self.gone and target.device else self.scope
        if chosen:
            chosen.reached += 1
            self.joined, self.edge = False, target.start
        return chosen


def _backward(events: list[tuple], targets: Sequence[Target]) -> list[_Scope | None]:
    verdicts: list[_Scope | None] = [None] * len(targets)
    state = _Backward()
    for at, _order, what, item in reversed(events):
        if what == "target":
            if not _belongs(targets, item):
                verdicts[item] = state.of(targets[item])
        elif what in ("end", "stop", "question"):
            state.clear()
        elif what == "comma":
            state.comma()
        elif what == "colon":
            state.colon(at)
        elif what == "joiner":
            state.joiner()
        elif what == "barrier":
            state.barrier()
        elif what.endswith(("_after", "_between")):
            state.cue(what, item)
        elif what.endswith(("_before", "_adverb", "_list")):
            state.barrier()
    return verdicts


def _belongs(targets: Sequence[Target], at: int) -> bool:
    """Tell whether a subject stands right behind a mention and so only says where it is ("fractures ribs")."""
    return targets[at].subject and at > 0 and not targets[at - 1].subject and targets[at - 1].end == targets[at].start


def _asked(tokens: Sequence[Token], targets: Sequence[Target]) -> list[bool]:
    """Tell for each target whether its sentence is a question, or a question mark stands right before it."""
    ends = [i for i, t in enumerate(tokens) if t.kind is Kind.END]
    asked, at = [], 0
    for target in targets:
        while at < len(ends) and ends[at] < target.end:
            at += 1
        closing = at < len(ends) and tokens[ends[at]].asked
        marked = any(t.kind is Kind.QUESTION for t in tokens[max(0, target.start - 3) : target.start])
        asked.append(closing or marked)
    return asked
