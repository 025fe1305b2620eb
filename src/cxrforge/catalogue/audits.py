"""Drawn samples and who reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.results import DoneReading
from cxrforge.audit.work import Audit, AuditItem, DrawnStratum, WorkRow
from cxrforge.catalogue.decisions import MADE_BY, is_open
from cxrforge.catalogue.reading_schema import assignment, audit, audit_frame, audit_item
from cxrforge.catalogue.schema import image, issue, label, outcome, study
from cxrforge.catalogue.statements import chunks
from cxrforge.catalogue.withdrawals import not_withdrawn

_CANDIDATE = (study.c.state.in_(("accepted", "review")), study.c.stopped.is_(False), *not_withdrawn())
_KEPT_ROLES = ("primary", "lateral")


@dataclass(frozen=True, slots=True)
class Drawable:
    """An item that may be drawn: its site and what it was made as."""

    entity: str
    site: str
    made: str


def drawable_images(connection: sa.Connection) -> list[Drawable]:
    """Return the images of candidate studies that would go into a release."""
    query = sa.select(image.c.id, image.c.site, outcome.c.output_hash).join(study, study.c.id == image.c.study)
    query = query.join(outcome, _made(image.c.id, "image"))
    query = query.where(*_CANDIDATE, image.c.role.in_(_KEPT_ROLES)).order_by(image.c.id)
    return [Drawable(*row) for row in connection.execute(query)]


def drawable_reports(connection: sa.Connection) -> list[Drawable]:
    """Return candidate studies with their reports."""
    query = sa.select(study.c.id, study.c.site, outcome.c.output_hash).join(outcome, _made(study.c.id, "report"))
    query = query.where(*_CANDIDATE, study.c.primary_image.is_not(None)).order_by(study.c.id)
    return [Drawable(*row) for row in connection.execute(query)]


def drawable_quality(connection: sa.Connection) -> list[Drawable]:
    """Return the images whose quality waits for a person."""
    query = sa.select(image.c.id, image.c.site, outcome.c.output_hash).join(study, study.c.id == image.c.study)
    query = query.join(outcome, _made(image.c.id, "image")).join(issue, issue.c.entity == image.c.id)
    query = query.where(issue.c.code.like("image-quality-%"), issue.c.level == "review", is_open())
    query = query.where(*_CANDIDATE, image.c.role.in_(_KEPT_ROLES)).distinct().order_by(image.c.id)
    return [Drawable(*row) for row in connection.execute(query)]


def _made(entity: Any, kind: str) -> Any:
    return sa.and_(outcome.c.entity == entity, outcome.c.stage == MADE_BY[kind])


def study_labels(connection: sa.Connection) -> dict[str, dict[str, str | None]]:
    """Return the assertions of every candidate study, by study."""
    found: dict[str, dict[str, str | None]] = defaultdict(dict)
    query = sa.select(label).join(study, study.c.id == label.c.study).where(*_CANDIDATE)
    for entity, observation, assertion in connection.execute(query):
        found[entity][observation] = assertion
    return found


def next_number(connection: sa.Connection, kind: str) -> int:
    """Return which draw of its kind comes next."""
    query = sa.select(sa.func.count()).select_from(audit).where(audit.c.kind == kind)
    return int(connection.execute(query).scalar_one()) + 1


def insert_audit(
    connection: sa.Connection,
    row: Mapping[str, Any],
    items: Sequence[AuditItem],
    frame: Mapping[str, str],
    assignments: Sequence[Mapping[str, Any]],
) -> None:
    """Write a draw."""
    connection.execute(sa.insert(audit).values(**row))
    name = row["id"]
    tables = (
        (audit_item, [{f: getattr(i, f) for f in AuditItem.__slots__} | {"audit": name} for i in items]),
        (audit_frame, [{"audit": name, "entity": entity, "made": made} for entity, made in frame.items()]),
        (assignment, list(assignments)),
    )
    for table, rows in tables:
        if rows:
            connection.execute(sa.insert(table), rows)


def insert_assignment(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Add one more reading of an item that was drawn."""
    connection.execute(sa.insert(assignment).values(**row))


def audits(connection: sa.Connection, name: str | None = None) -> list[Audit]:
    """Return every draw, the oldest first, or the one called `name`."""
    query = sa.select(audit).order_by(audit.c.made_at, audit.c.kind, audit.c.number)
    made_up = sa.func.max(sa.cast(assignment.c.simulated, sa.Integer))  # PostgreSQL has no greatest of booleans
    counted = sa.select(assignment.c.audit, assignment.c.state, sa.func.count(), made_up)
    planted = sa.select(audit_item.c.audit, sa.func.count()).where(_is_canary())
    if name is not None:
        query = query.where(audit.c.id == name)
        counted, planted = counted.where(assignment.c.audit == name), planted.where(audit_item.c.audit == name)
    states: dict[str, dict[str, int]] = defaultdict(dict)
    simulated: dict[str, bool] = defaultdict(bool)
    for entity, state, number, made_up in connection.execute(counted.group_by(assignment.c.audit, assignment.c.state)):
        states[entity][state] = number
        simulated[entity] |= bool(made_up)
    canaries = {row[0]: row[1] for row in connection.execute(planted.group_by(audit_item.c.audit))}
    return [
        _audit(row, canaries.get(row.id, 0), states[row.id], simulated[row.id]) for row in connection.execute(query)
    ]


def _is_canary() -> sa.ColumnElement[bool]:
    return sa.func.coalesce(sa.cast(audit_item.c.canary, sa.String), "null") != "null"


def _audit(row: sa.Row[Any], canaries: int, states: Mapping[str, int], simulated: bool) -> Audit:
    design = row.design
    return Audit(
        id=row.id,
        kind=row.kind,
        made_at=row.made_at,
        made_by=row.made_by,
        seed=design["seed"],
        blinded=row.blinded,
        double_share=design["double_share"],
        readers=tuple(design["readers"]),
        strata=tuple(DrawnStratum(**s) for s in design["strata"]),
        canaries=canaries,
        states=states,
        simulated=simulated,
    )


def audit_items(connection: sa.Connection, name: str) -> list[AuditItem]:
    """Return what was drawn for an audit, in reading order."""
    query = sa.select(audit_item).where(audit_item.c.audit == name).order_by(audit_item.c.position)
    return [_item(row) for row in connection.execute(query)]


def audit_item_of(connection: sa.Connection, name: str, entity: str) -> AuditItem | None:
    """Return one drawn item."""
    query = sa.select(audit_item).where(audit_item.c.audit == name, audit_item.c.entity == entity)
    row = connection.execute(query).first()
    return _item(row) if row else None


def canary_of(connection: sa.Connection, entity: str) -> Mapping[str, Any] | None:
    """Return what was planted under this id in any audit; None where it is no canary."""
    query = sa.select(audit_item.c.canary).where(audit_item.c.entity == entity, _is_canary())
    found: Mapping[str, Any] | None = connection.execute(query).scalar()
    return found


def _item(row: sa.Row[Any]) -> AuditItem:
    return AuditItem(**{name: getattr(row, name) for name in AuditItem.__slots__})


def work_rows(
    connection: sa.Connection,
    *,
    name: str | None = None,
    person: str | None = None,
    entity: str | None = None,
    id: str | None = None,
    slot: int | None = None,
) -> list[WorkRow]:
    """Return assignments by audit, person, item, id or slot, in reading order; of a person, untaken ones not."""
    query = sa.select(assignment, audit.c.kind).join(audit, audit.c.id == assignment.c.audit)
    wanted = {"audit": name, "person": person, "entity": entity, "id": id, "slot": slot}
    for column, value in wanted.items():
        if value is not None:
            query = query.where(assignment.c[column] == value)
    query = query.order_by(assignment.c.audit, assignment.c.position, assignment.c.slot)
    return [WorkRow(**{f: getattr(row, f) for f in WorkRow.__slots__}) for row in connection.execute(query)]


def readings(connection: sa.Connection, name: str) -> dict[str, dict[str, Any]]:
    """Return what was saved in an audit, by assignment."""
    query = sa.select(assignment.c.id, assignment.c.reading).where(assignment.c.audit == name)
    return {row.id: row.reading for row in connection.execute(query)}


def reading_of(connection: sa.Connection, id: str) -> dict[str, Any]:
    """Return what was saved of one assignment."""
    found: dict[str, Any] = connection.execute(
        sa.select(assignment.c.reading).where(assignment.c.id == id)
    ).scalar_one()
    return found


def update_assignment(connection: sa.Connection, id: str, **values: Any) -> None:
    """Change columns of an assignment."""
    connection.execute(sa.update(assignment).where(assignment.c.id == id).values(**values))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the catalogue knows of what a reader is shown."""

    study: str
    images: Sequence[Mapping[str, Any]]  # id, role, facts, inspection
    report: Mapping[str, Any] | None
    labelled: Mapping[str, Any] | None
    issues: Sequence[Mapping[str, str]]


def is_held(connection: sa.Connection, kind: str, entity: str) -> bool:
    """Say whether an image, or a study, is here and not withdrawn."""
    query = sa.select(study.c.id).where(study.c.stopped.is_(False), *not_withdrawn())
    if kind == "image":
        query = query.join(image, image.c.study == study.c.id).where(image.c.id == entity)
    else:
        query = query.where(study.c.id == entity)
    return connection.execute(query).first() is not None


def shown(connection: sa.Connection, entity: str, kind: str) -> Shown | None:
    """Return an image alone, or a study with its kept images and report; None where the item is gone."""
    if not is_held(connection, kind, entity):
        return None
    query = sa.select(image.c.id, image.c.study, image.c.role, image.c.facts, outcome.c.payload)
    query = query.outerjoin(outcome, sa.and_(outcome.c.entity == image.c.id, outcome.c.stage == "examine-image"))
    query = query.where(image.c.id == entity if kind == "image" else image.c.study == entity)
    found = [
        {
            "id": r.id,
            "study": r.study,
            "role": r.role,
            "facts": r.facts,
            "inspection": (r.payload or {}).get("inspection"),
        }
        for r in connection.execute(query)
        if kind == "image" or r.role in _KEPT_ROLES
    ]
    payloads: dict[str, Any] = {}
    if kind == "study":
        stages = sa.select(outcome.c.stage, outcome.c.payload).where(outcome.c.entity == entity)
        payloads = {row.stage: row.payload for row in connection.execute(stages)}
    if not found and "deidentify-report" not in payloads:
        return None
    entities = [entity, *(i["id"] for i in found)]
    waits = sa.select(issue.c.kind, issue.c.entity, issue.c.code, issue.c.detail)
    waits = waits.where(issue.c.entity.in_(entities), issue.c.level == "review", is_open()).order_by(issue.c.code)
    return Shown(
        study=found[0]["study"] if kind == "image" else entity,
        images=sorted(found, key=lambda row: (row["role"] != "primary", row["id"])),
        report=payloads.get("deidentify-report"),
        labelled=payloads.get("label"),
        issues=[dict(row._mapping) for row in connection.execute(waits)],
    )


def done_readings(connection: sa.Connection, name: str) -> list[DoneReading]:
    """Return the finished readings of an audit."""
    columns = ("entity", "slot", "person", "reading", "simulated", "seconds")
    query = sa.select(assignment.c.id, *(assignment.c[c] for c in columns))
    query = query.where(assignment.c.audit == name, assignment.c.state == "done").order_by(assignment.c.id)
    return [DoneReading(row[0], row[1], row[2], row[3] or "", *row[4:]) for row in connection.execute(query)]


def newest_audit(connection: sa.Connection, kind: str) -> Audit | None:
    """Return the last draw of a kind."""
    query = sa.select(audit.c.id).where(audit.c.kind == kind).order_by(audit.c.number.desc()).limit(1)
    name = connection.execute(query).scalar()
    return audits(connection, name)[0] if name else None


def held_now(connection: sa.Connection, kind: str, name: str | None = None) -> dict[str, int]:
    """Return how many items an identifier audit of a kind would be drawn from at each site.

    With an audit's `name`, those alone that it was drawn from and that were not made anew since.
    """
    entity, made = (image.c.id, "image") if kind == "images-phi" else (study.c.id, "report")
    query = sa.select(study.c.site, sa.func.count()).select_from(image if made == "image" else study)
    if made == "image":
        query = query.join(study, study.c.id == image.c.study).where(image.c.role.in_(_KEPT_ROLES))
    query = query.join(outcome, _made(entity, made))
    if name is not None:
        same = (
            audit_frame.c.audit == name,
            audit_frame.c.entity == entity,
            audit_frame.c.made == outcome.c.output_hash,
        )
        query = query.join(audit_frame, sa.and_(*same))
    query = query.where(*_CANDIDATE, study.c.primary_image.is_not(None)).group_by(study.c.site)
    return {row[0]: row[1] for row in connection.execute(query)}


def unchanged_items(connection: sa.Connection, kind: str, name: str) -> set[str]:
    """Return the drawn items that would still go in as they were drawn."""
    stage_of = "image" if kind == "images-phi" else "report"
    query = sa.select(audit_item.c.entity).join(
        outcome, sa.and_(_made(audit_item.c.entity, stage_of), outcome.c.output_hash == audit_item.c.made)
    )
    if stage_of == "image":
        query = query.join(image, image.c.id == audit_item.c.entity).join(study, study.c.id == image.c.study)
        query = query.where(image.c.role.in_(_KEPT_ROLES))
    else:
        query = query.join(study, study.c.id == audit_item.c.entity)
    query = query.where(audit_item.c.audit == name, *_CANDIDATE, study.c.primary_image.is_not(None))
    return set(connection.execute(query).scalars())


def read_studies(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """Return for each site how many candidate studies were read in label audits, and how many of them by two."""
    readers = sa.func.count(sa.distinct(assignment.c.person)).label("readers")
    each = sa.select(assignment.c.entity, readers).join(audit, audit.c.id == assignment.c.audit)
    each = each.where(audit.c.kind == "label", assignment.c.state == "done", assignment.c.slot <= 2)
    read = each.group_by(assignment.c.entity).subquery()
    twice = sa.func.sum(sa.case((read.c.readers > 1, 1), else_=0))
    query = sa.select(study.c.site, sa.func.count(), twice).join(read, read.c.entity == study.c.id)
    query = query.where(*_CANDIDATE).group_by(study.c.site)
    return {row[0]: {"read": row[1], "twice": row[2]} for row in connection.execute(query)}


def program_labels(connection: sa.Connection, name: str) -> dict[str, dict[str, str | None]]:
    """Return what the program says of the studies of an audit that are still candidates."""
    found: dict[str, dict[str, str | None]] = defaultdict(dict)
    query = sa.select(label).join(study, study.c.id == label.c.study)
    query = query.join(audit_item, audit_item.c.entity == study.c.id)
    for entity, observation, assertion in connection.execute(query.where(audit_item.c.audit == name, *_CANDIDATE)):
        found[entity][observation] = assertion
    return found


def images_of_audit(connection: sa.Connection, name: str) -> dict[str, str]:
    """Return the drawn item that each image belongs to, where studies were drawn."""
    query = sa.select(image.c.id, image.c.study).join(audit_item, audit_item.c.entity == image.c.study)
    return {row[0]: row[1] for row in connection.execute(query.where(audit_item.c.audit == name))}


def image_sizes(connection: sa.Connection, images: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return rows and columns of images."""
    found = {}
    for some in chunks(images):
        for row in connection.execute(sa.select(image.c.id, image.c.facts).where(image.c.id.in_(some))):
            found[row.id] = (row.facts["rows"], row.facts["columns"])
    return found


def box_worthy_studies(connection: sa.Connection, observations: Sequence[str]) -> dict[str, set[str]]:
    """Return for each site the candidate studies that the program calls positive for one of `observations`."""
    found: dict[str, set[str]] = defaultdict(set)
    query = sa.select(study.c.site, study.c.id).join(label, label.c.study == study.c.id).distinct()
    query = query.where(label.c.observation.in_(observations), label.c.assertion == "present")
    for site, entity in connection.execute(query.where(*_CANDIDATE)):
        found[site].add(entity)
    return found


def boxed_studies(connection: sa.Connection) -> set[str]:
    """Return the studies on which a reader drew or confirmed a box, simulated readings left out."""
    query = sa.select(assignment.c.entity, assignment.c.reading).join(audit, audit.c.id == assignment.c.audit)
    query = query.where(audit.c.kind == "label", assignment.c.state == "done", assignment.c.simulated.is_(False))
    return {row[0] for row in connection.execute(query) if row[1].get("boxes")}
