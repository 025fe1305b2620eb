"""Sites, files, documents, and the studies that pairing makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.decisions import is_open
from cxrforge.catalogue.schema import document, file, image, issue, label, outcome, patient, site, study
from cxrforge.catalogue.statements import chunks, upsert

INGEST, PAIRING = "ingest", "pairing"


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital: its name in the workspace, country (ISO 3166 alpha-2) and report language (ISO 639-1)."""

    id: str
    country: str
    language: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything one site's files come to, as rows."""

    patients: Sequence[Mapping[str, Any]]
    studies: Sequence[Mapping[str, Any]]
    images: Sequence[Mapping[str, Any]]
    documents: Sequence[Mapping[str, Any]]
    files: Mapping[str, str]  # file id to taken | turned-away
    issues: Sequence[Mapping[str, Any]]  # of pairing


def add_site(connection: sa.Connection, row: Site) -> bool:
    """Add a site; return False when one of that name is there already."""
    if connection.execute(sa.select(site.c.id).where(site.c.id == row.id)).first():
        return False
    connection.execute(sa.insert(site).values(id=row.id, country=row.country, language=row.language, unpaired=False))
    return True


def sites(connection: sa.Connection) -> list[Site]:
    """Return every site, by name."""
    query = sa.select(site.c.id, site.c.country, site.c.language).order_by(site.c.id)
    return [Site(*row) for row in connection.execute(query)]


def keep_site(connection: sa.Connection, site_id: str, vault: str, store: str) -> bool:
    """Let `vault` keep a site's originals and `store` its objects; return False when another vault keeps them."""
    nobodys = sa.or_(site.c.vault.is_(None), site.c.vault == vault)
    kept = sa.update(site).where(site.c.id == site_id, nobodys).values(vault=vault, store=store)
    return connection.execute(kept).rowcount == 1


def kept_sites(connection: sa.Connection, vault: str, store: str) -> tuple[set[str], set[str]]:
    """Return the sites whose originals `vault` keeps, and those whose objects `store` holds."""
    rows = connection.execute(sa.select(site.c.id, site.c.vault, site.c.store)).all()
    own = {row.id for row in rows if row.vault in (None, vault)}
    return own, own | {row.id for row in rows if row.store == store}


def unpaired_sites(connection: sa.Connection) -> list[str]:
    """Return the sites whose files have not been paired since they came."""
    return list(connection.execute(sa.select(site.c.id).where(site.c.unpaired).order_by(site.c.id)).scalars())


def known_files(connection: sa.Connection, site_id: str) -> set[str]:
    """Return the ids of the files recorded for a site."""
    return set(connection.execute(sa.select(file.c.id).where(file.c.site == site_id)).scalars())


def held_elsewhere(connection: sa.Connection, site_id: str) -> set[str]:
    """Return the ids of the images and studies that other sites hold."""
    found: set[str] = set()
    for table in (image, study):
        found.update(connection.execute(sa.select(table.c.id).where(table.c.site != site_id)).scalars())
    return found


def record_files(
    connection: sa.Connection, site_id: str, files: Sequence[Mapping[str, Any]], issues: Sequence[Mapping[str, Any]]
) -> None:
    """Write what examination found of some files, and mark the site as not paired since."""
    upsert(connection, file, files)
    for some in chunks([row["id"] for row in files]):
        connection.execute(sa.delete(issue).where(issue.c.stage == INGEST, issue.c.entity.in_(some)))
    upsert(connection, issue, issues)
    connection.execute(sa.update(site).where(site.c.id == site_id).values(unpaired=True))


def record_holdings(connection: sa.Connection, site_id: str, holdings: Holdings) -> None:
    """Make the catalogue's patients, studies, images and documents of a site those of `holdings`."""
    upsert(connection, patient, holdings.patients)
    upsert(connection, study, holdings.studies)
    upsert(connection, image, holdings.images)
    upsert(connection, document, holdings.documents)
    for table, rows in (
        (image, holdings.images),
        (study, holdings.studies),
        (patient, holdings.patients),
        (document, holdings.documents),
    ):
        _drop_others(connection, table, site_id, {row["id"] for row in rows})
    _drop_others(connection, file, site_id, set(holdings.files))
    connection.execute(sa.delete(issue).where(issue.c.stage == PAIRING, issue.c.site == site_id))
    upsert(connection, issue, holdings.issues)
    for state in ("taken", "turned-away"):
        for some in chunks([i for i, s in holdings.files.items() if s == state]):
            connection.execute(sa.update(file).where(file.c.id.in_(some)).values(state=state))
    connection.execute(sa.update(site).where(site.c.id == site_id).values(unpaired=False))


def _drop_others(connection: sa.Connection, table: sa.Table, site_id: str, kept: set[str]) -> None:
    there = connection.execute(sa.select(table.c.id).where(table.c.site == site_id)).scalars()
    for some in chunks([i for i in there if i not in kept]):
        # the thing itself first: a runner that is recording it holds its row, and what it writes is then swept too
        connection.execute(sa.delete(table).where(table.c.id.in_(some)))
        connection.execute(sa.delete(outcome).where(outcome.c.entity.in_(some)))
        connection.execute(sa.delete(issue).where(issue.c.entity.in_(some)))
        connection.execute(sa.delete(label).where(label.c.study.in_(some)))


@dataclass(frozen=True, slots=True)
class FileBooks:
    """What the files of a site came to: (kind, state, codes) of each, and how many reports and studies they hold."""

    files: Mapping[str, tuple[str, str, tuple[str, ...]]]
    documents: int
    studies: int


def file_books(connection: sa.Connection, site_id: str) -> FileBooks:
    """Return the books of a site's files."""
    codes: dict[str, list[str]] = {}
    query = sa.select(issue.c.entity, issue.c.code).where(issue.c.site == site_id, issue.c.kind == "file")
    for entity, code in connection.execute(query.where(issue.c.level == "turned-away").order_by(issue.c.code)):
        codes.setdefault(entity, []).append(code)
    rows = connection.execute(sa.select(file.c.id, file.c.kind, file.c.state).where(file.c.site == site_id))
    return FileBooks(
        files={row[0]: (row[1], row[2], tuple(dict.fromkeys(codes.get(row[0], ())))) for row in rows},
        documents=_count(connection, document, site_id),
        studies=_count(connection, study, site_id),
    )


def _count(connection: sa.Connection, table: sa.Table, site_id: str) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.site == site_id)
    return int(connection.execute(query).scalar_one())


def quarantined(connection: sa.Connection, site_id: str) -> list[dict[str, str]]:
    """Return why items of a site were turned away or wait for a person: pointers and reasons, nothing else."""
    columns = (issue.c.kind, issue.c.entity, issue.c.level, issue.c.stage, issue.c.code, issue.c.detail)
    waits = sa.or_(issue.c.level == "turned-away", sa.and_(issue.c.level == "review", is_open()))
    query = sa.select(*columns).where(issue.c.site == site_id, waits).order_by(*columns)
    return [dict(row._mapping) for row in connection.execute(query)]
