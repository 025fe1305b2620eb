"""What leaves of papers and waivers with a release: hash, kind and days, and whether each requirement is met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from cxrforge.catalogue import governance as rows
from cxrforge.catalogue.holdings import sites
from cxrforge.config import Settings
from cxrforge.formats.release_content import FiledDocument, WaivedCriterion
from cxrforge.governance.requirements import (
    CONSORTIUM,
    RequirementState,
    consulted_before_ingest,
    consulted_before_release,
    release_requirements,
    site_requirements,
)


@dataclass(frozen=True, slots=True)
class PublishedPapers:
    """States by site and requirement, the documents behind them, and the waivers in force."""

    states: Mapping[str, Mapping[str, str]]
    documents: tuple[FiledDocument, ...]
    waivers: tuple[WaivedCriterion, ...]


def published_papers(
    connection: sa.Connection, settings: Settings, day: str, without: tuple[str, ...]
) -> PublishedPapers:
    """Return what a release on `day` (YYYY-MM-DD) says of papers; nothing in it changes while none runs out."""
    filed, asked, ingested = rows.documents(connection), rows.consultations(connection), rows.last_ingests(connection)
    states: dict[str, dict[str, str]] = {}
    for site in (s for s in sites(connection) if s.id not in without):
        of_site = {row.title: _word(row) for row in site_requirements(site.id, site.country, filed, day, 0)}
        before = consulted_before_ingest(site.id, asked, ingested.get(site.id, ""))
        again = consulted_before_release(site.id, asked, day, settings.governance_register_days)
        of_site["consent or objection register consulted before ingest"] = "done" if before else "not done"
        of_site["consent or objection register consulted before release"] = "done" if again else "not done"
        states[site.id] = of_site
    of_release = release_requirements(settings.release_class, filed, day, 0)
    states[CONSORTIUM] = {row.title: _word(row) for row in of_release}
    shown = [d for d in filed if d.site not in without and d.in_force(day)]
    return PublishedPapers(
        states,
        tuple(
            FiledDocument(site=d.site, kind=d.kind, sha256=d.sha256, valid_from=d.valid_from, valid_until=d.valid_until)
            for d in shown
        ),
        tuple(
            WaivedCriterion(criterion=w.criterion, granted_by=w.granted_by, reason=w.reason, until=w.until)
            for w in rows.waivers(connection)
            if day <= w.until
        ),
    )


def _word(row: RequirementState) -> str:
    """Return in force or what is wrong; how soon it runs out is the site's affair."""
    return "in force" if row.met else row.state
