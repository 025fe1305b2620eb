"""Papers, registers, waivers and snapshots of the criteria, as the catalogue remembers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.schema import (
    criterion_snapshot,
    document,
    governance_document,
    image,
    ingest_event,
    issue,
    patient,
    register_consultation,
    study,
    waiver,
)
from cxrforge.catalogue.statements import upsert
from cxrforge.records import CriterionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A filed document: where, what, its bytes' SHA-256, and the days (ISO 8601) from and until which it holds.

    `valid_until` is the last day; empty until further notice. `signed_by` names roles, `bases` legal bases.
    """

    site: str
    kind: str
    sha256: str
    valid_from: str
    valid_until: str = ""
    reference: str = ""
    signed_by: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()

    def in_force(self, day: str) -> bool:
        """Tell whether the document holds on a day (YYYY-MM-DD)."""
        return self.valid_from <= day and (not self.valid_until or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Consultation:
    """A register looked up: when (UTC), which kind, how many entries count, and a keyed digest of them."""

    site: str
    consulted_at: str
    kind: str
    entries: int
    digest: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """An advisory criterion that a role let go, why, and until which day."""

    criterion: str
    granted_by: str
    reason: str
    until: str


def file_document(connection: sa.Connection, filed: Document) -> None:
    """Remember a document; the same file filed again under its kind replaces its days."""
    row = asdict(filed) | {"valid_until": filed.valid_until or None}
    upsert(connection, governance_document, [row | {k: list(row[k]) for k in ("signed_by", "bases")}])


def documents(connection: sa.Connection) -> list[Document]:
    """Return every document, by site, kind and day."""
    table = governance_document
    rows = connection.execute(sa.select(table).order_by(table.c.site, table.c.kind, table.c.valid_from, table.c.sha256))
    return [
        Document(
            site=r.site,
            kind=r.kind,
            sha256=r.sha256,
            valid_from=r.valid_from,
            valid_until=r.valid_until or "",
            reference=r.reference,
            signed_by=tuple(r.signed_by),
            bases=tuple(r.bases),
        )
        for r in rows
    ]


def record_consultation(connection: sa.Connection, consultation: Consultation) -> None:
    """Remember that a register was looked up."""
    upsert(connection, register_consultation, [asdict(consultation)])


def consultations(connection: sa.Connection) -> list[Consultation]:
    """Return every consultation, by site and time."""
    table = register_consultation
    query = sa.select(table.c.site, table.c.consulted_at, table.c.kind, table.c.entries, table.c.digest)
    return [Consultation(*row) for row in connection.execute(query.order_by(*table.primary_key.columns))]


def record_ingest(connection: sa.Connection, site: str, began_at: str) -> None:
    """Remember when an ingest of a site began."""
    here = (ingest_event.c.site == site, ingest_event.c.began_at == began_at)
    if not connection.execute(sa.select(ingest_event.c.site).where(*here)).first():
        connection.execute(sa.insert(ingest_event).values(site=site, began_at=began_at))


def last_ingests(connection: sa.Connection) -> dict[str, str]:
    """Return for each site when its last ingest began."""
    query = sa.select(ingest_event.c.site, sa.func.max(ingest_event.c.began_at)).group_by(ingest_event.c.site)
    return {row[0]: row[1] for row in connection.execute(query)}


def stopped_by_codes(connection: sa.Connection, site: str, codes: Sequence[str]) -> dict[str, int]:
    """Return how many studies of a site carry each of some issue codes."""
    query = sa.select(issue.c.code, sa.func.count()).where(
        issue.c.site == site, issue.c.kind == "study", issue.c.code.in_(codes)
    )
    rows = connection.execute(query.group_by(issue.c.code).order_by(issue.c.code))
    return {row[0]: row[1] for row in rows}


def grant_waiver(connection: sa.Connection, row: Waiver) -> None:
    """Remember a waiver; one for the same criterion is replaced."""
    upsert(connection, waiver, [asdict(row)])


def revoke_waiver(connection: sa.Connection, criterion: str) -> bool:
    """Forget a waiver; return False when there is none."""
    return connection.execute(sa.delete(waiver).where(waiver.c.criterion == criterion)).rowcount > 0


def waivers(connection: sa.Connection) -> list[Waiver]:
    """Return every waiver, by criterion."""
    query = sa.select(waiver.c.criterion, waiver.c.granted_by, waiver.c.reason, waiver.c.until)
    return [Waiver(*row) for row in connection.execute(query.order_by(waiver.c.criterion))]


def record_snapshot(connection: sa.Connection, at: str, occasion: str, states: Sequence[CriterionState]) -> None:
    """Remember how every criterion stood, over all sites (site empty) and at each."""
    rows: list[dict[str, Any]] = []
    for state in states:
        fixed = {"taken_at": at, "occasion": occasion, "criterion": state.id}
        rows.append(fixed | {"site": "", "met": state.met, "value": state.value, "short_by": float(state.short_by)})
        rows += [
            fixed | {"site": s.site, "met": s.met, "value": s.value, "short_by": float(s.short_by)} for s in state.sites
        ]
    upsert(connection, criterion_snapshot, [row | {"short_by": min(row["short_by"], 1e308)} for row in rows])


def snapshots(connection: sa.Connection, sites: Iterable[str] = ("",)) -> list[dict[str, Any]]:
    """Return how the criteria stood over time, at some sites; the empty name is all of them together."""
    table = criterion_snapshot
    query = sa.select(table).where(table.c.site.in_(list(sites))).order_by(*table.primary_key.columns)
    return [dict(row._mapping) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class SiteNumbers:
    """How much of a site is in the workspace; years are of acquisition, None where none is known."""

    patients: int
    studies: int
    images: int
    reports: int
    accepted: int
    children: int
    first_year: int | None
    last_year: int | None


def site_numbers(connection: sa.Connection, site: str) -> SiteNumbers:
    """Return how much of a site is in the workspace."""

    def count(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(table).where(table.c.site == site, *conditions)
        return int(connection.execute(query).scalar_one())

    years = sa.select(sa.func.min(study.c.year), sa.func.max(study.c.year)).where(study.c.site == site)
    first, last = connection.execute(years).one()
    return SiteNumbers(
        patients=count(patient),
        studies=count(study),
        images=count(image),
        reports=count(document),
        accepted=count(study, study.c.state == "accepted"),
        children=count(study, study.c.paediatric.is_(True)),
        first_year=first,
        last_year=last,
    )
