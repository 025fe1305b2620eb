"""Labelling a report: mentions, what is asserted of each, and the fourteen labels that follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cxrforge.labels.assertions as assertions
import cxrforge.labels.attributes as attributes
import cxrforge.labels.lexicon as lexicon
import cxrforge.labels.subjects as subjects
from cxrforge.labels.aggregation import aggregate
from cxrforge.labels.assertions import Target, Verdict
from cxrforge.labels.lexicon import Parsed, RuleMatch
from cxrforge.labels.subjects import Statement
from cxrforge.records import Assertion, LabelledReport, Mention, Section
from cxrforge.tables import observations
from cxrforge.tables.observations import LUNG_LESION, SUPPORT_DEVICES, ObservationPolicy

BLOCK = 4_000
"""Characters; no report comes near it."""

WHOLE = "findings"
"""What a report without sections counts as."""


def label_report(
    text: str, language: str, sections: Sequence[Section] | None = None, policy: ObservationPolicy | None = None
) -> LabelledReport:
    """Return the labels of `text` and the mentions they rest on.

    With `sections` (offsets into `text`) only findings, impression and addendum count; without, the whole text does.
    Without `policy` the default one holds.
    """
    policy = policy or observations.load()
    parts = sections if sections is not None else (Section(WHOLE, 0, len(text), "whole"),)
    mentions = [
        mention
        for part in parts
        if part.name in policy.sections
        for start, end in blocks(text, part.start, part.end)
        for mention in find_mentions(text[start:end], language, part.name, start, policy)
    ]
    if policy.ignore_calcified_nodules:
        lesions = [m for m in mentions if m.observation == LUNG_LESION]
        ignored = attributes.calcified(text, language, lesions)
        mentions = [m for m in mentions if m not in ignored]
    mentions.sort(key=lambda m: (m.start, m.end, m.observation))
    return LabelledReport(aggregate(mentions, policy), tuple(mentions))


def blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the stretch from `start` to `end` in blocks of bounded size, cut behind a sentence where one ends.

    A report is one block; the bound keeps memory, and so time per character, the same for a text of any length.
    """
    while end - start > BLOCK:
        limit = start + BLOCK
        cut = max(text.rfind(mark, start, limit) for mark in (". ", ".\n", "\n\n"))
        cut = cut if cut > start else max(text.rfind(" ", start, limit), text.rfind("\n", start, limit))
        cut = cut + 1 if cut > start else limit
        yield start, cut
        start = cut
    yield start, end


def find_mentions(text: str, language: str, section: str, offset: int, policy: ObservationPolicy) -> Iterator[Mention]:
    """Yield the mentions of one section's text, spans moved by `offset`."""
    parsed = lexicon.load(language).parse(text)
    statements = subjects.link(parsed)
    targets, places = _targets(parsed, statements)
    verdicts = assertions.decide(parsed, targets)
    asked = (v for t, v in zip(targets, verdicts, strict=True) if not (t.subject or t.predicate or t.attribute))
    for match, verdict in zip(parsed.mentions, asked, strict=True):
        assertion, rule = _mention_assertion(match, verdict)
        if assertion:
            start, end = parsed.tokens[match.start].start, parsed.tokens[match.end - 1].end
            yield Mention(match.payload.target, assertion, start + offset, end + offset, section, rule)
    for statement in statements:
        group = statement.subject.payload.target
        found = _statement_assertion(statement, verdicts[places[statement.predicate.start]], policy)
        if group in policy.subjects and found:
            assertion, rule = found
            tokens = parsed.tokens[
                min(statement.subject.start, statement.predicate.start) : max(
                    statement.subject.end, statement.predicate.end
                )
            ]
            yield Mention(
                policy.subjects[group], assertion, tokens[0].start + offset, tokens[-1].end + offset, section, rule
            )


def _targets(parsed: Parsed, statements: Sequence[Statement]) -> tuple[list[Target], dict[int, int]]:
    """Return everything a cue can speak of, in order, and where in that list the predicate at a token stands."""
    device = (m.payload.target == SUPPORT_DEVICES for m in parsed.mentions)
    rows = [(m.start, 1, Target(m.start, m.end, device=d)) for m, d in zip(parsed.mentions, device, strict=True)]
    rows += [(m.start, 0, Target(m.start, m.end, subject=True)) for m in parsed.subjects]
    said: dict[int, Target] = {}
    for statement in statements:
        start, end = statement.predicate.start, statement.predicate.end
        if start > statement.subject.start:
            said[start] = Target(start, end, predicate=True)
        else:
            said.setdefault(start, Target(start, end, attribute=True))
    rows += [(start, 2, target) for start, target in said.items()]
    rows.sort(key=lambda row: row[:2])
    targets = [target for _, _, target in rows]
    return targets, {t.start: i for i, t in enumerate(targets) if t.predicate or t.attribute}


def _mention_assertion(match: RuleMatch, verdict: Verdict) -> tuple[Assertion | None, str]:
    """Weigh the phrase's own strength with what is said of it."""
    phrase = match.payload
    rule = f"{phrase.kind}: {phrase.phrase}" + (f"; {verdict.rule}" if verdict.rule else "")
    if phrase.kind == "weak" and verdict.assertion is Assertion.PRESENT:
        return Assertion.UNCERTAIN, rule
    if phrase.kind == "denied" and verdict.assertion is Assertion.PRESENT:
        return Assertion.ABSENT, rule
    return verdict.assertion, rule


def _statement_assertion(
    statement: Statement, verdict: Verdict, policy: ObservationPolicy
) -> tuple[Assertion, str] | None:
    """Return what a predicate with its verdict says of the subject's observation."""
    predicate, group = statement.predicate.payload, statement.subject.payload.target
    rule = f"{group} {predicate.state}: {predicate.phrase}" + (f"; {verdict.rule}" if verdict.rule else "")
    if verdict.assertion is None:
        return None
    if predicate.state == "normal":
        denied = verdict.assertion is Assertion.ABSENT
        return (Assertion.UNCERTAIN, rule) if denied else (Assertion.ABSENT, rule)
    if verdict.assertion is Assertion.ABSENT:
        return Assertion.ABSENT, rule
    abnormal = policy.abnormal.get(group)
    if abnormal is None:
        return None
    doubtful = predicate.state == "borderline" or verdict.assertion is Assertion.UNCERTAIN
    return (Assertion.UNCERTAIN if doubtful else abnormal), rule
