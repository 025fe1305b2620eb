"""What people decided about items that wait, and what they flagged; and which of it holds now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.verdicts import ACCEPT, FLAG, FLAGGED, TAKEN_OUT, TURN_AWAY, Decision, QueueCount, Waiting
from cxrforge.catalogue.reading_schema import audit_item, decision
from cxrforge.catalogue.schema import image, issue, outcome, study
from cxrforge.catalogue.statements import chunks
from cxrforge.tables import issue_codes

MADE_BY = {"image": "deidentify-image", "report": "deidentify-report", "study": "deidentify-report"}
"""The stage whose output a person looks at, by kind of item."""

DERIVED = ("study-images-wait", "study-report-waits")
"""Codes that repeat on the study what stands on its images or its report."""

_SHOWN_BY_OUTPUT = ("screen", "deidentify-image", "deidentify-report")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item belongs."""

    study: str
    site: str


def item_place(connection: sa.Connection, kind: str, entity: str) -> Place | None:
    """Return study and site of an image, or of a study (or its report) itself; None where it is unknown."""
    if kind == "image":
        query = sa.select(image.c.study, image.c.site).where(image.c.id == entity)
    else:
        query = sa.select(study.c.id, study.c.site).where(study.c.id == entity)
    row = connection.execute(query).first()
    return Place(row[0], row[1]) if row else None


def output_hash(connection: sa.Connection, stage: str, entity: str) -> str | None:
    """Return the output hash of a stage's outcome on an entity."""
    query = sa.select(outcome.c.output_hash).where(outcome.c.stage == stage, outcome.c.entity == entity)
    found: str | None = connection.execute(query).scalar()
    return found


def waiting_at(connection: sa.Connection, entity: str, code: str) -> list[tuple[str, str]]:
    """Return every stage that gave an entity this review-level code, with the hash of what a person then looks at.

    That is the output of a stage that de-identifies, since another version may leave something else; else the input.
    """
    seen = sa.case((issue.c.stage.in_(_SHOWN_BY_OUTPUT), outcome.c.output_hash), else_=outcome.c.input_hash)
    query = sa.select(issue.c.stage, seen)
    query = query.outerjoin(outcome, sa.and_(outcome.c.entity == issue.c.entity, outcome.c.stage == issue.c.stage))
    query = query.where(issue.c.entity == entity, issue.c.code == code, issue.c.level == "review")
    return [(row[0], row[1] or "") for row in connection.execute(query.order_by(issue.c.stage))]


def insert_decisions(connection: sa.Connection, rows: Sequence[Decision]) -> None:
    """Write one decision, a row for each stage it speaks to, above whatever stood on the same item and code."""
    for row in rows:
        same = (decision.c.kind == row.kind, decision.c.entity == row.entity, decision.c.code == row.code)
        connection.execute(sa.update(decision).where(*same, decision.c.current.is_(True)).values(current=False))
    for row in rows:
        values = {name: getattr(row, name) for name in Decision.__slots__}
        connection.execute(sa.insert(decision).values(values | {"place": dict(row.place) if row.place else None}))


def decisions_on(connection: sa.Connection, entity: str, code: str | None = None) -> list[Decision]:
    """Return every decision on an entity, newest first."""
    query = sa.select(decision).where(decision.c.entity == entity).order_by(decision.c.number.desc())
    if code is not None:
        query = query.where(decision.c.code == code)
    return [_decision(row) for row in connection.execute(query)]


def _decision(row: sa.Row[Any]) -> Decision:
    return Decision(**{name: getattr(row, name) for name in Decision.__slots__})


def cleared(connection: sa.Connection) -> set[tuple[str, str]]:
    """Return the (kind, entity) whose flag a person decided to be none."""
    query = sa.select(decision.c.kind, decision.c.entity)
    query = query.where(decision.c.code == FLAGGED, decision.c.verdict == ACCEPT, decision.c.current.is_(True))
    return {(row[0], row[1]) for row in connection.execute(query)}


def flags_in_audit(connection: sa.Connection, audit: str, since: str) -> list[Decision]:
    """Return the flags that were set on items of an audit, canaries too, from a moment on."""
    query = sa.select(decision).join(audit_item, audit_item.c.entity == decision.c.entity)
    query = query.where(audit_item.c.audit == audit, decision.c.verdict == FLAG, decision.c.at >= since)
    return [_decision(row) for row in connection.execute(query.order_by(decision.c.number))]


def holding(connection: sa.Connection, studies: Sequence[str] | None = None) -> list[Decision]:
    """Return the decisions that hold now, of some studies or of all, in order.

    An acceptance holds for what was looked at: the very output of a de-identification, the input of anything else.
    A flag and a turn-away hold until a person decides otherwise; a stage that merely ran again lifts neither.
    """
    beside = sa.and_(outcome.c.entity == decision.c.entity, outcome.c.stage == decision.c.stage)
    query = sa.select(decision).outerjoin(outcome, beside).where(decision.c.current.is_(True), _holds())
    query = query.order_by(decision.c.number)
    if studies is None:
        return [_decision(row) for row in connection.execute(query)]
    return [
        _decision(row)
        for some in chunks(studies)
        for row in connection.execute(query.where(decision.c.study.in_(some)))
    ]


def _holds() -> sa.ColumnElement[bool]:
    return sa.or_(
        decision.c.verdict.in_((TURN_AWAY, FLAG)),
        sa.and_(
            decision.c.verdict == ACCEPT,
            sa.or_(outcome.c.input_hash == decision.c.made_from, outcome.c.output_hash == decision.c.made_from),
        ),
    )


def accepted(codes: Sequence[str]) -> sa.Select[Any]:
    """Return the entities on which a person accepted one of `codes`, for the input that stands now."""
    beside = sa.and_(outcome.c.entity == decision.c.entity, outcome.c.stage == decision.c.stage)
    query = sa.select(decision.c.entity).join(outcome, beside).distinct()
    return query.where(decision.c.current.is_(True), decision.c.verdict == ACCEPT, decision.c.code.in_(codes), _holds())


def quality_reviewed(connection: sa.Connection) -> set[str]:
    """Return the images whose quality a person accepted."""
    return set(connection.execute(accepted(("image-quality-review", "image-quality-fail"))).scalars())


def is_open() -> sa.ColumnElement[bool]:
    """Return the condition that nobody has decided on a row of `issue`."""
    beside = sa.and_(outcome.c.entity == decision.c.entity, outcome.c.stage == decision.c.stage)
    decided = (
        sa.select(sa.literal(1))
        .select_from(decision.outerjoin(outcome, beside))
        .where(
            decision.c.entity == issue.c.entity,
            decision.c.code == issue.c.code,
            decision.c.stage == issue.c.stage,
            decision.c.current.is_(True),
            decision.c.verdict.in_((ACCEPT, TURN_AWAY)),
            _holds(),
        )
    )
    return sa.not_(sa.exists(decided.correlate(issue)))


@dataclass(frozen=True, slots=True)
class Settled:
    """What decisions make of some studies: stages that hold an item no longer, and items that are out."""

    accepted: frozenset[tuple[str, str]]  # (entity, stage) whose every review-level issue is accepted
    out: Mapping[str, str]  # image or study -> the code to give it


def settled(connection: sa.Connection, studies: Sequence[str]) -> Settled:
    """Return what decisions make of some studies."""
    out: dict[str, str] = {}
    accepted: set[tuple[str, str]] = set()
    for row in holding(connection, studies):
        if row.verdict == ACCEPT:
            accepted.add((row.entity, row.stage))
        else:
            out[row.entity] = FLAGGED if row.verdict == FLAG else out.get(row.entity, TAKEN_OUT)
    return Settled(frozenset(accepted - _still_open(connection, sorted({e for e, _ in accepted}))), out)


def _still_open(connection: sa.Connection, entities: Sequence[str]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for some in chunks(entities):
        query = sa.select(issue.c.entity, issue.c.stage).where(issue.c.entity.in_(some), issue.c.level == "review")
        found.update((row[0], row[1]) for row in connection.execute(query.where(is_open())))
    return found


def _queued() -> sa.ColumnElement[bool]:
    waits = sa.and_(issue.c.level == "review", issue.c.code.not_in(DERIVED), is_open())
    return sa.or_(waits, issue.c.code == FLAGGED)


def queue_counts(connection: sa.Connection, sites: Sequence[str] = ()) -> list[QueueCount]:
    """Return how many items wait for a person, by code, at some sites or at all; the longest queue first."""
    number = sa.func.count(sa.distinct(issue.c.entity))
    query = sa.select(issue.c.code, issue.c.kind, issue.c.site, number).where(_queued())
    if sites:
        query = query.where(issue.c.site.in_(sites))
    by_site: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for code, kind, site, items in connection.execute(query.group_by(issue.c.code, issue.c.kind, issue.c.site)):
        by_site[code, kind][site] = items
    codes = issue_codes.load()
    rows = [
        QueueCount(code, kind, sum(at.values()), dict(sorted(at.items())), codes[code].meaning, codes[code].next_step)
        for (code, kind), at in by_site.items()
    ]
    return sorted(rows, key=lambda row: (-row.items, row.name, row.kind))


def queued(
    connection: sa.Connection, name: str, sites: Sequence[str] = (), limit: int = 100, after: str = ""
) -> list[Waiting]:
    """Return up to `limit` items that wait with the code `name`, by pseudonym, beginning behind `after`."""
    of_image = sa.select(image.c.study).where(image.c.id == issue.c.entity).scalar_subquery()
    query = sa.select(issue, sa.func.coalesce(of_image, issue.c.entity).label("study"))
    query = query.where(_queued(), issue.c.code == name, issue.c.entity > after)
    if sites:
        query = query.where(issue.c.site.in_(sites))
    rows = connection.execute(query.order_by(issue.c.entity, issue.c.stage).limit(limit))
    return [Waiting(r.kind, r.entity, r.study, r.site, r.code, r.level, r.stage, r.detail) for r in rows]
