"""What a release takes from the catalogue, and what the catalogue remembers of releases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.decisions import is_open
from cxrforge.catalogue.schema import image, issue, label, outcome, release, study
from cxrforge.catalogue.statements import chunks, upsert
from cxrforge.catalogue.withdrawals import not_withdrawn

_ROLES = ("primary", "lateral")


@dataclass(frozen=True, slots=True)
class ReleaseImage:
    """An image that goes in: its role and what each stage made of it."""

    id: str
    role: str
    facts: Mapping[str, Any]
    outcomes: Mapping[str, Mapping[str, Any]]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseStudy:
    """A study that goes in, with its images and its report."""

    id: str
    site: str
    patient: str
    state: str
    paediatric: bool | None
    images: Sequence[ReleaseImage]
    outcomes: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, str | None]
    waiting: tuple[str, ...]


def release_studies(connection: sa.Connection, states: Sequence[str]) -> list[ReleaseStudy]:
    """Return every study in one of `states` that has a primary image, by id."""
    chosen = sa.select(study.c.id).where(
        study.c.state.in_(states), study.c.primary_image.is_not(None), *not_withdrawn()
    )
    waiting = _waiting(connection)
    outcomes = _outcomes(connection)
    labels: dict[str, dict[str, str | None]] = defaultdict(dict)
    for entity, observation, assertion in connection.execute(sa.select(label).where(label.c.study.in_(chosen))):
        labels[entity][observation] = assertion
    images: dict[str, list[ReleaseImage]] = defaultdict(list)
    query = sa.select(image.c.id, image.c.study, image.c.role, image.c.facts)
    query = query.where(image.c.study.in_(chosen), image.c.role.in_(_ROLES)).order_by(image.c.id)
    for name, entity, role, facts in connection.execute(query):
        found = ReleaseImage(name, role, facts, outcomes.get(name, {}), waiting.get(name, ()))
        images[entity].append(found)
    rows = connection.execute(
        sa.select(study.c.id, study.c.site, study.c.patient, study.c.state, study.c.paediatric)
        .where(study.c.id.in_(chosen))
        .order_by(study.c.id)
    )
    return [
        ReleaseStudy(
            *row,
            images=images[row.id],
            outcomes=outcomes.get(row.id, {}),
            labels=labels[row.id],
            waiting=waiting.get(row.id, ()),
        )
        for row in rows
    ]


def stopped_studies(connection: sa.Connection) -> set[str]:
    """Return the studies that pairing turned away, whatever earlier runs made of them."""
    return set(connection.execute(sa.select(study.c.id).where(study.c.stopped.is_(True))).scalars())


def studies_at(connection: sa.Connection, sites: Sequence[str]) -> set[str]:
    """Return the studies of some sites."""
    return set(connection.execute(sa.select(study.c.id).where(study.c.site.in_(sites))).scalars()) if sites else set()


def studies_of(connection: sa.Connection, images: Sequence[str]) -> set[str]:
    """Return the studies of some images."""
    found: set[str] = set()
    for some in chunks(images):
        found.update(connection.execute(sa.select(image.c.study).where(image.c.id.in_(some))).scalars())
    return found


def _outcomes(connection: sa.Connection) -> dict[str, dict[str, Mapping[str, Any]]]:
    found: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for entity, stage, payload in connection.execute(
        sa.select(outcome.c.entity, outcome.c.stage, outcome.c.payload).where(outcome.c.state.in_(("done", "review")))
    ):
        found[entity][stage] = payload
    return found


def _waiting(connection: sa.Connection) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    query = sa.select(issue.c.entity, issue.c.code).where(issue.c.level == "review", is_open())
    for entity, code in connection.execute(query):
        found[entity].add(code)
    return {entity: tuple(sorted(codes)) for entity, codes in found.items()}


def record_release(
    connection: sa.Connection, name: str, version: str, *, draft: bool, studies: int, images: int, checksums: str
) -> None:
    """Remember a release that was written."""
    row = {"name": name, "version": version, "draft": draft, "studies": studies, "images": images}
    upsert(connection, release, [row | {"checksums": checksums}])


def releases(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return every release that was written, by name and version."""
    rows = connection.execute(sa.select(release).order_by(release.c.name, release.c.version))
    return [dict(row._mapping) for row in rows]


def crosstab(connection: sa.Connection, column: str, states: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return studies with a primary image by site and value of a study column; null counts as `unknown`."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    value = study.c[column]
    query = sa.select(study.c.site, value, sa.func.count()).where(
        study.c.state.in_(states), study.c.primary_image.is_not(None), study.c.stopped.is_(False), *not_withdrawn()
    )
    for site, found, number in connection.execute(query.group_by(study.c.site, value)):
        counts[site]["unknown" if found is None else str(found)] = number
    return counts
