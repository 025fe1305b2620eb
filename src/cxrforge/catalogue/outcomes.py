"""What is pending for a stage, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.decisions import holding, settled
from cxrforge.catalogue.schema import image, issue, label, outcome, study
from cxrforge.catalogue.statements import chunks, upsert

_GOES_ON = ("done", "review")


@dataclass(frozen=True, slots=True)
class Pending:
    """An entity whose outcome at a stage is missing or stale."""

    entity: str
    site: str
    input_hash: str


def pending(
    connection: sa.Connection,
    stage: str,
    kind: str,
    *,
    after: str | None,
    gathers: bool,
    version: str,
    config_hash: str,
    tries: int,
    again: Sequence[str] = (),
    only: Sequence[str] | None = None,
) -> list[Pending]:
    """Return what a stage has to do, by entity: never done, or done from other input, version or configuration.

    A failed item is taken again until it has failed `tries` times on the same input, one that carries an issue
    of `again` every time. `only` asks about some entities, few enough for a statement.
    """
    inputs = gathered_inputs(connection, only) if gathers else _inputs(connection, kind, after, only)
    query = sa.select(
        outcome.c.entity,
        outcome.c.version,
        outcome.c.config_hash,
        outcome.c.input_hash,
        outcome.c.state,
        outcome.c.tries,
    ).where(outcome.c.stage == stage, *_among(outcome.c.entity, only))
    known = {row.entity: row for row in connection.execute(query)}
    waiting = sa.select(issue.c.entity).where(issue.c.stage == stage, issue.c.code.in_(again))
    waiting = waiting.where(*_among(issue.c.entity, only))
    hindered = set(connection.execute(waiting).scalars()) if again else set()
    found = []
    for entity, site, input_hash in inputs:
        row = known.get(entity)
        same = row and (row.version, row.config_hash, row.input_hash) == (version, config_hash, input_hash)
        if row is None or not same or entity in hindered or (row.state == "failed" and row.tries < tries):
            found.append(Pending(entity, site, input_hash))
    return sorted(found, key=lambda p: p.entity)


def _among(column: Any, only: Sequence[str] | None) -> list[Any]:
    return [] if only is None else [column.in_(only)]


def _inputs(
    connection: sa.Connection, kind: str, after: str | None, only: Sequence[str] | None
) -> Iterable[tuple[str, str, str]]:
    table, base = (image, image.c.content) if kind == "image" else (study, study.c.report_input)
    if after is None:
        query = sa.select(table.c.id, table.c.site, base)
    else:
        upstream = sa.and_(outcome.c.entity == table.c.id, outcome.c.stage == after, outcome.c.state.in_(_GOES_ON))
        query = sa.select(table.c.id, table.c.site, outcome.c.output_hash).join(outcome, upstream)
    if kind == "image":
        query = query.join(study, study.c.id == image.c.study)
    query = query.where(study.c.stopped.is_(False), study.c.report_input.is_not(None), *_among(table.c.id, only))
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def gathered_inputs(connection: sa.Connection, studies: Sequence[str] | None = None) -> list[tuple[str, str, str]]:
    """Return (study, site, hash over the outcomes of its stages and its images' stages, and over decisions on them)."""
    some: Any = sa.true() if studies is None else study.c.id.in_(studies)
    parts: dict[str, list[str]] = {}
    sites: dict[str, str] = {}
    query = sa.select(study.c.id, study.c.site, study.c.report_input, study.c.stopped).where(some)
    for row in connection.execute(query):
        parts[row.id] = [f"study|{row.report_input}|{row.stopped}"]
        sites[row.id] = row.site
    of_image = sa.select(image.c.study, image.c.id, outcome.c.stage, outcome.c.output_hash).outerjoin(
        outcome, sa.and_(outcome.c.entity == image.c.id)
    )
    if studies is not None:
        of_image = of_image.where(image.c.study.in_(studies))
    for entity, image_id, stage, output_hash in connection.execute(of_image):
        parts[entity].append(f"image|{image_id}|{stage}|{output_hash}")
    of_study = sa.select(study.c.id, outcome.c.stage, outcome.c.output_hash).join(
        outcome, sa.and_(outcome.c.entity == study.c.id, outcome.c.stage != "select")
    )
    for entity, stage, output_hash in connection.execute(of_study.where(some)):
        parts[entity].append(f"report|{stage}|{output_hash}")
    for held in holding(connection, studies):
        if held.study in parts:
            parts[held.study].append(f"decision|{held.kind}|{held.entity}|{held.stage}|{held.code}|{held.verdict}")
    return [(i, sites[i], hashlib.sha256("\n".join(sorted(p)).encode()).hexdigest()[:32]) for i, p in parts.items()]


def still_there(connection: sa.Connection, kind: str, entities: Sequence[str]) -> set[str]:
    """Return those entities that no later ingest has dropped, and keep them until the transaction ends."""
    table = image if kind == "image" else study
    found: set[str] = set()
    for some in chunks(sorted(entities)):
        query = sa.select(table.c.id).where(table.c.id.in_(some)).order_by(table.c.id)
        found.update(connection.execute(query.with_for_update(key_share=True)).scalars())
    return found


def outcome_state(connection: sa.Connection, stage: str, entity: str) -> str | None:
    """Return what became of an entity at a stage; None where it has not been there."""
    query = sa.select(outcome.c.state).where(outcome.c.stage == stage, outcome.c.entity == entity)
    found: str | None = connection.execute(query).scalar()
    return found


def item_facts(
    connection: sa.Connection, kind: str, after: str | None, gathers: bool, entities: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return what the catalogue knows of each entity: `facts` (image), `upstream` payload, `images` (gathered)."""
    facts: dict[str, dict[str, Any]] = {entity: {} for entity in entities}
    for some in chunks(entities):
        if kind == "image":
            for row in connection.execute(sa.select(image.c.id, image.c.facts).where(image.c.id.in_(some))):
                facts[row.id]["facts"] = row.facts
        if after is not None:
            query = sa.select(outcome.c.entity, outcome.c.payload)
            query = query.where(outcome.c.stage == after, outcome.c.entity.in_(some))
            for row in connection.execute(query):
                facts[row.entity]["upstream"] = row.payload
        if gathers:
            _gather(connection, some, facts)
    return facts


def _gather(connection: sa.Connection, studies: Sequence[str], facts: dict[str, dict[str, Any]]) -> None:
    decided = settled(connection, studies)

    def now(entity: str, stage: str, state: str) -> str:
        return "done" if state == "review" and (entity, stage) in decided.accepted else state

    for entity, stopped in connection.execute(sa.select(study.c.id, study.c.stopped).where(study.c.id.in_(studies))):
        out = {entity: decided.out[entity]} if entity in decided.out else {}
        facts[entity] = {"stopped": stopped, "images": {}, "report": {}, "out": out}
    of_images = sa.select(image.c.id, image.c.study, image.c.facts, outcome.c.stage, outcome.c.state)
    of_images = of_images.outerjoin(outcome, outcome.c.entity == image.c.id).where(image.c.study.in_(studies))
    for image_id, entity, image_facts, stage, state in connection.execute(of_images):
        entry = facts[entity]["images"].setdefault(image_id, {"facts": image_facts, "outcomes": {}})
        if stage is not None:
            entry["outcomes"][stage] = now(image_id, stage, state)
        if image_id in decided.out:
            facts[entity]["out"][image_id] = decided.out[image_id]
    of_study = sa.select(outcome.c.entity, outcome.c.stage, outcome.c.state).where(outcome.c.entity.in_(studies))
    for entity, stage, state in connection.execute(of_study):
        facts[entity]["report"][stage] = now(entity, stage, state)


def record_outcomes(
    connection: sa.Connection,
    stage: str,
    kind: str,
    *,
    version: str,
    config_hash: str,
    rows: Sequence[Mapping[str, Any]],
    later: Sequence[str],
) -> None:
    """Write outcomes and issues of one batch, replacing what stood there.

    Each row has entity, site, input_hash, state, output_hash, payload, issues [(code, level, detail)]. What stages in
    `later` made of an item that goes no further is forgotten. A row's `tries` counts a failure as so many.
    """
    entities = [row["entity"] for row in rows]
    failed_before = _failures(connection, stage, version, config_hash, entities)
    written = []
    for row in rows:
        tries = row.get("tries", 1)
        if row["state"] == "failed":
            tries += failed_before.get((row["entity"], row["input_hash"]), 0)
        kept = {k: row[k] for k in ("entity", "site", "input_hash", "state", "output_hash", "payload")}
        written.append({**kept, "stage": stage, "version": version, "config_hash": config_hash, "tries": tries})
    upsert(connection, outcome, written)
    stopped = [row["entity"] for row in rows if row["state"] not in _GOES_ON]
    for some in chunks(entities):
        connection.execute(sa.delete(issue).where(issue.c.stage == stage, issue.c.entity.in_(some)))
    for some in chunks(stopped):
        for table in (issue, outcome):
            connection.execute(sa.delete(table).where(table.c.stage.in_(later), table.c.entity.in_(some)))
    upsert(
        connection,
        issue,
        [
            {"entity": row["entity"], "stage": stage, "code": code, "kind": kind, "site": row["site"]}
            | {"level": level, "detail": detail}
            for row in rows
            for code, level, detail in row["issues"]
        ],
    )


def _failures(
    connection: sa.Connection, stage: str, version: str, config_hash: str, entities: Sequence[str]
) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for some in chunks(entities):
        query = sa.select(outcome.c.entity, outcome.c.input_hash, outcome.c.tries).where(
            outcome.c.stage == stage,
            outcome.c.state == "failed",
            outcome.c.version == version,
            outcome.c.config_hash == config_hash,
            outcome.c.entity.in_(some),
        )
        found.update({(row.entity, row.input_hash): row.tries for row in connection.execute(query)})
    return found


def record_labels(connection: sa.Connection, labels: Mapping[str, Mapping[str, str | None]]) -> None:
    """Write the fourteen assertions of each study."""
    upsert(
        connection,
        label,
        [
            {"study": entity, "observation": observation, "assertion": assertion}
            for entity, row in labels.items()
            for observation, assertion in row.items()
        ],
    )


def record_columns(connection: sa.Connection, kind: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Write some columns of images or studies, by entity."""
    table = image if kind == "image" else study
    for entity, columns in rows.items():
        connection.execute(sa.update(table).where(table.c.id == entity).values(**columns))


def record_selection(connection: sa.Connection, selections: Mapping[str, Mapping[str, Any]]) -> None:
    """Write each study's state and primary image, the role of each of its images, and why images are left out.

    A selection has state, primary, laterals, site and left_out {image: (code, level, detail)}.
    """
    for entity, selection in selections.items():
        of_study = sa.select(image.c.id).where(image.c.study == entity)
        connection.execute(sa.delete(issue).where(issue.c.stage == "select", issue.c.entity.in_(of_study)))
        upsert(
            connection,
            issue,
            [
                {"entity": left, "stage": "select", "code": code, "kind": "image", "site": selection["site"]}
                | {"level": level, "detail": detail}
                for left, (code, level, detail) in selection["left_out"].items()
            ],
        )
        connection.execute(
            sa.update(study)
            .where(study.c.id == entity)
            .values(state=selection["state"], primary_image=selection["primary"])
        )
        connection.execute(sa.update(image).where(image.c.study == entity).values(role="left-out"))
        for role, images in (("primary", [selection["primary"]]), ("lateral", selection["laterals"])):
            named = [i for i in images if i]
            if named:
                connection.execute(sa.update(image).where(image.c.id.in_(named)).values(role=role))
