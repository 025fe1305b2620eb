"""Where a workspace stands: its books, its criteria, its queues, in one value for every face."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from cxrforge.auditing.findings import identifier_audit, label_audit, label_counts
from cxrforge.catalogue import counts
from cxrforge.catalogue import governance as papers
from cxrforge.catalogue.audits import box_worthy_studies, boxed_studies, read_studies
from cxrforge.catalogue.holdings import Site, sites
from cxrforge.config import MAX_TRIES, Settings
from cxrforge.coverage import CriterionState, Measures, SiteMeasures, evaluate
from cxrforge.formats.coco import CATEGORIES as BOX_CATEGORIES
from cxrforge.governance.requirements import (
    consulted_before_ingest,
    consulted_before_release,
    missing,
    release_class,
    site_requirements,
)
from cxrforge.records import OBSERVATIONS
from cxrforge.tables import criteria, governance, issue_codes


@dataclass(frozen=True, slots=True)
class Reason:
    """How many items of a kind carry an issue at a site, and what it means."""

    site: str
    kind: str
    level: str
    code: str
    items: int
    meaning: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What `status`, the state page and a release say of a workspace."""

    sites: tuple[Site, ...]
    books: Mapping[str, Mapping[str, int]]  # site to files, images, reports found, taken, turned away
    studies: Mapping[str, Mapping[str, int]]  # site to state to number
    stages: Mapping[str, Mapping[str, int]]
    reasons: tuple[Reason, ...]
    labels: Mapping[str, Mapping[str, int]]
    years: Mapping[int, int]
    vendors: Mapping[str, int]
    age_decades: Mapping[int, int]
    sexes: Mapping[str, int]
    indications: Mapping[str, int]
    criteria: tuple[CriterionState, ...]
    set_aside: Mapping[str, int] = field(default_factory=dict)  # stage to items that failed too often to be tried again

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def standing(
    connection: sa.Connection,
    settings: Settings,
    day: str,
    *,
    without: Collection[str] = (),
    split_twice: int | None = None,
    final: bool = False,
) -> Standing:
    """Return where the workspace stands; papers and registers are judged by `day` (YYYY-MM-DD).

    The criteria leave the sites in `without` out; `split_twice` counts the patients in two splits, once splits
    are drawn; `final` asks for the levels of the final release.
    """
    thresholds = criteria.resolve_thresholds(settings.criteria)
    codes = issue_codes.load()
    years = counts.candidate_histogram(connection, "year")
    vendors = counts.candidate_histogram(connection, "manufacturer")
    labels = counts.label_counts(connection)
    measured = replace(measure(connection, settings, day, without), patients_in_two_splits=split_twice)
    return Standing(
        sites=tuple(sites(connection)),
        books={site: dict(row) for site, row in counts.file_counts(connection).items()},
        studies={site: dict(row) for site, row in counts.study_counts(connection).items()},
        stages={stage: dict(row) for stage, row in counts.stage_counts(connection).items()},
        reasons=tuple(
            Reason(site, kind, level, code, items, codes[code].meaning, codes[code].next_step)
            for site, kind, level, code, items in counts.issue_counts(connection)
        ),
        labels={name: dict(labels.get(name, {})) for name in OBSERVATIONS},
        years=counts.totals(years.values()),
        vendors=counts.totals(vendors.values()),
        age_decades=counts.totals(counts.candidate_histogram(connection, "age_decade").values()),
        sexes=counts.totals(counts.candidate_histogram(connection, "sex").values()),
        indications=counts.totals(counts.candidate_histogram(connection, "indication").values()),
        criteria=_with_waivers(evaluate(measured, thresholds, final=final), papers.waivers(connection), day),
        set_aside=counts.set_aside(connection, MAX_TRIES),
    )


def _with_waivers(
    states: Sequence[CriterionState], waivers: Sequence[papers.Waiver], day: str
) -> tuple[CriterionState, ...]:
    """Return the states with what was let go on a day; a criterion that blocks is never let go."""
    said = {
        w.criterion: f"Let go by {governance.load().roles[w.granted_by]} until {w.until}: {w.reason}"
        for w in waivers
        if day <= w.until
    }
    free = {s.id for s in states if s.level == "advisory" and not s.met}
    return tuple(replace(s, waived=said[s.id]) if s.id in free & said.keys() else s for s in states)


def measure(connection: sa.Connection, settings: Settings, day: str, without: Collection[str] = ()) -> Measures:
    """Return what the criteria look at, counted by the catalogue; what nothing has measured yet stays None.

    The sites in `without` are left out.
    """
    thresholds = criteria.resolve_thresholds(settings.criteria)
    images = counts.candidate_image_counts(connection, int(thresholds["matrix.pixels"]), int(thresholds["depth.bits"]))
    studies = counts.candidate_study_counts(connection)
    years = counts.candidate_histogram(connection, "year")
    vendors = counts.candidate_histogram(connection, "manufacturer")
    labels = label_audit(connection)
    read = read_studies(connection) if labels else {}
    worth_boxes = box_worthy_studies(connection, BOX_CATEGORIES) if labels else {}
    boxed = boxed_studies(connection) if labels else set()
    rows = []
    for site in (s for s in sites(connection) if s.id not in without):
        of_images = images.get(site.id, {})
        of_studies = studies.get(site.id, {})
        row = _site_measures(site.id, of_images, of_studies, years.get(site.id, {}), vendors.get(site.id, {}))
        if labels:
            of_site, worthy = read.get(site.id, {}), worth_boxes.get(site.id, set())
            row = replace(
                row,
                studies_read=of_site.get("read", 0),
                studies_read_twice=of_site.get("twice", 0),
                studies_box_worthy=len(worthy),
                studies_with_boxes=len(worthy & boxed),
            )
        rows.append(row)
    filed = papers.documents(connection)
    decided = release_class(settings.release_class, settings.release_key_rule, filed, day)
    return Measures(
        sites=_with_papers(connection, rows, settings, day),
        release_class=decided,
        audit_images=identifier_audit(connection, "images-phi", tuple(without)),
        audit_reports=identifier_audit(connection, "reports-phi", tuple(without)),
        label_audit=label_counts(labels),
        label_audit_simulated=bool(labels and labels.simulated),
    )


def _with_papers(
    connection: sa.Connection, rows: Sequence[SiteMeasures], settings: Settings, day: str
) -> tuple[SiteMeasures, ...]:
    """Return the sites' measures with what is filed and when registers were looked up; None where nothing ever was."""
    filed, asked, ingested = (
        papers.documents(connection),
        papers.consultations(connection),
        papers.last_ingests(connection),
    )
    countries = {site.id: site.country for site in sites(connection)}
    found = []
    for row in rows:
        name = row.site
        states = site_requirements(name, countries[name], filed, day, settings.governance_warn_days)
        any_asked = any(c.site == name for c in asked)
        before = consulted_before_ingest(name, asked, ingested.get(name, ""))
        again = consulted_before_release(name, asked, day, settings.governance_register_days)
        found.append(
            replace(
                row,
                governance_missing=missing(states) if any(d.site == name for d in filed) else None,
                consent_checked_before_ingest=before if any_asked else None,
                consent_checked_before_release=again if any_asked else None,
            )
        )
    return tuple(found)


def _site_measures(
    site: str,
    images: Mapping[str, int],
    studies: Mapping[str, int],
    years: Mapping[int, int],
    vendors: Mapping[str, int],
) -> SiteMeasures:
    def image(name: str) -> int:
        return images.get(name, 0)

    def study(name: str) -> int:
        return studies.get(name, 0)

    return SiteMeasures(
        site=site,
        accepted_studies=study("accepted_studies"),
        studies=study("studies"),
        studies_with_pa=study("studies_with_pa"),
        studies_with_confirmed_pa=image("confirmed_pa"),
        studies_with_lateral=study("studies_with_lateral"),
        images=image("images"),
        images_matrix_met=image("images_matrix_met"),
        images_depth_met=image("images_depth_met"),
        images_header_deidentified=image("images_header_deidentified"),
        images_pixel_deidentified=image("images_pixel_deidentified"),
        images_labelled=image("images_labelled"),
        images_quality_passed=image("images_quality_passed"),
        images_quality_waiting=image("images_quality_waiting"),
        images_quality_reviewed=image("images_quality_reviewed"),
        reports=study("reports"),
        reports_with_sections=study("reports_with_sections"),
        reports_sections_derived=study("sections_derived"),
        reports_deidentified=study("reports_deidentified"),
        years=years,
        vendors=vendors,
        studies_without_vendor=study("studies_without_vendor"),
        studies_with_demographics=study("studies_with_demographics"),
        studies_paediatric=study("studies_paediatric"),
        studies_without_age=study("studies_without_age"),
    )
