"""Who was withdrawn, and which releases held them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from cxrforge.catalogue.schema import issue, patient, release, release_patient, site, study, withdrawal
from cxrforge.catalogue.statements import upsert

STAGE, CODE = "withdrawal", "patient-withdrawn"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A patient (by pseudonym) or a site taken out, why and when; `kind` is patient or site."""

    kind: str
    id: str
    reason: str
    decided_on: str


@dataclass(frozen=True, slots=True)
class HeldBy:
    """A release that holds what was withdrawn, and how much of it."""

    name: str
    version: str
    draft: bool
    patients: int
    studies: int


def not_withdrawn() -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions under which a study's patient and site are still in."""
    patients = sa.select(withdrawal.c.id).where(withdrawal.c.kind == "patient")
    places = sa.select(withdrawal.c.id).where(withdrawal.c.kind == "site")
    return (study.c.patient.not_in(patients), study.c.site.not_in(places))


def is_known(connection: sa.Connection, kind: str, entity: str) -> bool:
    """Tell whether the patient or site is, or was in a release, of this workspace."""
    table = patient if kind == "patient" else site
    held = release_patient.c.patient if kind == "patient" else release_patient.c.site
    here = connection.execute(sa.select(table.c.id).where(table.c.id == entity)).first()
    return bool(here or connection.execute(sa.select(held).where(held == entity)).first())


def record_withdrawal(connection: sa.Connection, row: Withdrawal) -> int:
    """Remember a withdrawal and mark its studies; return how many."""
    upsert(connection, withdrawal, [asdict(row)])
    column = study.c.patient if row.kind == "patient" else study.c.site
    found = connection.execute(sa.select(study.c.id, study.c.site).where(column == row.id)).all()
    fixed = {"stage": STAGE, "code": CODE, "kind": "study", "level": "turned-away", "detail": row.reason}
    upsert(connection, issue, [{"entity": r.id, "site": r.site, **fixed} for r in found])
    return len(found)


def withdrawals(connection: sa.Connection) -> list[Withdrawal]:
    """Return every withdrawal, by kind and id."""
    query = sa.select(withdrawal.c.kind, withdrawal.c.id, withdrawal.c.reason, withdrawal.c.decided_on)
    return [Withdrawal(*row) for row in connection.execute(query.order_by(withdrawal.c.kind, withdrawal.c.id))]


def record_members(connection: sa.Connection, name: str, version: str, members: Mapping[tuple[str, str], int]) -> None:
    """Remember whom a release holds: (patient, site) to number of studies."""
    here = (release_patient.c.name == name, release_patient.c.version == version)
    connection.execute(sa.delete(release_patient).where(*here))
    rows = [
        {"name": name, "version": version, "patient": who, "site": place, "studies": n}
        for (who, place), n in sorted(members.items())
    ]
    upsert(connection, release_patient, rows)


def held_by(connection: sa.Connection, kind: str, entity: str) -> list[HeldBy]:
    """Return the releases that hold a patient or a site."""
    held = release_patient
    query = (
        sa.select(held.c.name, held.c.version, release.c.draft, sa.func.count(), sa.func.sum(held.c.studies))
        .join(release, sa.and_(release.c.name == held.c.name, release.c.version == held.c.version))
        .where((held.c.patient if kind == "patient" else held.c.site) == entity)
        .group_by(held.c.name, held.c.version, release.c.draft)
        .order_by(held.c.name, held.c.version)
    )
    return [HeldBy(r[0], r[1], bool(r[2]), int(r[3]), int(r[4])) for r in connection.execute(query)]


def tombstones(connection: sa.Connection, name: str, version: str) -> list[tuple[str, str]]:
    """Return (patient, site) of everyone withdrawn whom an earlier version of a release holds, by pseudonym."""
    held = release_patient
    gone = sa.or_(
        held.c.patient.in_(sa.select(withdrawal.c.id).where(withdrawal.c.kind == "patient")),
        held.c.site.in_(sa.select(withdrawal.c.id).where(withdrawal.c.kind == "site")),
    )
    query = (
        sa.select(held.c.patient, held.c.site).distinct().where(held.c.name == name, held.c.version != version, gone)
    )
    return [(r.patient, r.site) for r in connection.execute(query.order_by(held.c.patient, held.c.site))]
