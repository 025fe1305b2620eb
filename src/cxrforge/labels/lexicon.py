"""A language's rules compiled into one matcher, and the sorting of its matches into what a sentence holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from cxrforge.labels.patterns import Match, Matcher
from cxrforge.labels.tokens import Token, Unfinished, fold, tokenize
from cxrforge.tables import label_rules
from cxrforge.tables.label_rules import LabelRules


@dataclass(frozen=True, slots=True)
class Rule:
    """One phrase and what it stands for.

    `kind`: mention | weak | denied | ignored | ignored_for | subject | predicate | cue.
    `target`: the observation, the subject's group or the cue's kind.
    `state` of a predicate: normal | abnormal | borderline | nominal; `groups` it speaks of.
    """

    kind: str
    target: str
    phrase: str
    state: str = ""
    groups: frozenset[str] = frozenset()


RuleMatch = Match[Rule]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the matcher found in a text, overlaps resolved, each list in order of start."""

    tokens: Sequence[Token]
    mentions: Sequence[RuleMatch]
    subjects: Sequence[RuleMatch]
    predicates: Sequence[RuleMatch]
    cues: Sequence[RuleMatch]


class Lexicon:
    """The compiled rules of one language."""

    def __init__(self, rules: LabelRules) -> None:
        self.language = rules.language
        self._abbreviations = frozenset(fold(a) for a in rules.abbreviations)
        self._unfinished = Unfinished(frozenset(map(fold, rules.opening)), frozenset(map(fold, rules.linking)))
        self._matcher: Matcher[Rule] = Matcher(
            ((rule.phrase, rule) for rule in all_rules(rules)),
            rules.macros,
            rules.spelling,
            rules.digraphs,
        )

    def parse(self, text: str, given: Sequence[tuple[int, int]] = ()) -> Parsed:
        """Cut `text` into tokens and return what the rules see in it; cues within `given` spans are left out."""
        tokens = tokenize(text, self._abbreviations, self._matcher.knows, self._unfinished)
        by_kind: dict[str, list[RuleMatch]] = {}
        for match in self._matcher.find(tokens):
            if not given or match.payload.kind == "cue":
                by_kind.setdefault(match.payload.kind, []).append(match)
        phrases = [m for kind in ("mention", "weak", "denied") for m in by_kind.get(kind, ())]
        ignored = _longest(by_kind.get("ignored", []))
        unlike: dict[str, list[RuleMatch]] = {}
        for match in by_kind.get("ignored_for", ()):
            unlike.setdefault(match.payload.target, []).append(match)
        mentions = [
            m
            for m in _longest_per_target(phrases)
            if not _inside(m, ignored, strictly=False) and not _inside(m, unlike.get(m.payload.target, []))
        ]
        mentions.sort(key=lambda m: (m.start, m.end))
        subjects = _longest([*by_kind.get("subject", ()), *ignored])
        subjects = [m for m in subjects if m.payload.kind == "subject" and not _inside(m, mentions, strictly=False)]
        solid = sorted([*mentions, *ignored], key=lambda m: (m.start, m.end))
        named = {i for m in mentions for i in range(m.start, m.end)}
        cues = [m for m in by_kind.get("cue", []) if named.isdisjoint(range(m.start, m.end))]
        cues = _longest_spans([m for m in cues if not _touches(m, tokens, given)])
        predicates = _longest_spans(by_kind.get("predicate", []))
        taken = {i for m in solid for i in range(m.start, m.end)}
        predicates = [m for m in predicates if taken.isdisjoint(range(m.start, m.end)) and not _inside(m, cues)]
        solid = sorted([*solid, *predicates], key=lambda m: (m.start, m.end))
        cues = [m for m in cues if not _inside(m, solid, strictly=False)]
        return Parsed(tokens, mentions, subjects, predicates, cues)


@cache
def load(language: str) -> Lexicon:
    """Return the compiled rules of `language`; compiled once per process."""
    return Lexicon(label_rules.load_language(language))


def all_rules(rules: LabelRules) -> Iterator[Rule]:
    """Yield every phrase of a language as a rule."""
    for kind, table in (("mention", rules.mentions), ("weak", rules.weak), ("denied", rules.denied)):
        for observation, phrases in table.items():
            yield from (Rule(kind, observation, phrase) for phrase in phrases)
    yield from (Rule("ignored", "", phrase) for phrase in rules.ignored)
    for observation, phrases in rules.ignored_for.items():
        yield from (Rule("ignored_for", observation, phrase) for phrase in phrases)
    for group, phrases in rules.subjects.items():
        yield from (Rule("subject", group, phrase) for phrase in phrases)
    for row in rules.predicates.values():
        groups = frozenset(row.groups)
        for state in ("normal", "abnormal", "borderline", "nominal"):
            yield from (Rule("predicate", "", phrase, state, groups) for phrase in getattr(row, state))
    for cue, phrases in rules.cues.items():
        yield from (Rule("cue", cue, phrase) for phrase in phrases)


def _touches(match: RuleMatch, tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> bool:
    start, end = tokens[match.start].start, tokens[match.end - 1].end
    return any(start < e and s < end for s, e in spans)


def _longest(matches: list[RuleMatch]) -> list[RuleMatch]:
    """Return the leftmost longest matches without overlaps."""
    kept: list[RuleMatch] = []
    reach = 0
    for match in sorted(matches, key=lambda m: (m.start, -m.end)):
        if match.start >= reach:
            kept.append(match)
            reach = match.end
    return kept


def _longest_per_target(matches: list[RuleMatch]) -> list[RuleMatch]:
    by_target: dict[str, list[RuleMatch]] = {}
    for match in matches:
        by_target.setdefault(match.payload.target, []).append(match)
    return sorted((m for own in by_target.values() for m in _longest(own)), key=lambda m: (m.start, m.end))


def _longest_spans(matches: list[RuleMatch]) -> list[RuleMatch]:
    """Return the leftmost longest matches with all rules that share a span."""
    spans = {(m.start, m.end) for m in _longest(matches)}
    return sorted((m for m in matches if (m.start, m.end) in spans), key=lambda m: (m.start, m.end))


def _inside(match: RuleMatch, others: list[RuleMatch], strictly: bool = True) -> bool:
    """Tell whether `match` lies within one of `others` (`strictly`: one that is longer). `others` is in order."""
    return _covers(others, match.start, match.end, strictly)


def _covers(others: list[RuleMatch], start: int, end: int, strictly: bool) -> bool:
    low, high = 0, len(others)
    while low < high:  # the last one that starts at or before `start`
        middle = (low + high) // 2
        if others[middle].start <= start:
            low = middle + 1
        else:
            high = middle
    for other in reversed(others[max(0, low - 8) : low]):
        if other.end >= end and not (strictly and other.end - other.start <= end - start):
            return True
    return False
