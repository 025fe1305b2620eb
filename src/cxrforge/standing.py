"""Where a workspace stands: its books, its criteria, its queues, in one value for every face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue import counts
from cxrforge.catalogue.duplicates import repeat_counts
from cxrforge.catalogue.holdings import Site, sites
from cxrforge.config import Settings
from cxrforge.coverage import CriterionState, Measures, SiteMeasures, evaluate
from cxrforge.records import OBSERVATIONS
from cxrforge.repeats import EXAMINATION
from cxrforge.tables import criteria, issue_codes


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
    criteria: tuple[CriterionState, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def standing(connection: sa.Connection, settings: Settings) -> Standing:
    """Return where the workspace stands."""
    thresholds = criteria.resolve_thresholds(settings.criteria)
    codes = issue_codes.load()
    years = counts.candidate_histogram(connection, "year")
    vendors = counts.candidate_histogram(connection, "manufacturer")
    labels = counts.label_counts(connection)
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
        criteria=evaluate(measure(connection, thresholds), thresholds),
    )


def measure(connection: sa.Connection, thresholds: Mapping[str, float]) -> Measures:
    """Return what the criteria look at, counted by the catalogue; what nothing has measured yet stays None."""
    images = counts.candidate_image_counts(connection, int(thresholds["matrix.pixels"]), int(thresholds["depth.bits"]))
    studies = counts.candidate_study_counts(connection)
    years = counts.candidate_histogram(connection, "year")
    vendors = counts.candidate_histogram(connection, "manufacturer")
    rows = []
    for site in sites(connection):
        of_images = images.get(site.id, {})
        of_studies = studies.get(site.id, {})
        rows.append(_site_measures(site.id, of_images, of_studies, years.get(site.id, {}), vendors.get(site.id, {})))
    repeated = repeat_counts(connection, EXAMINATION)
    confirmed, waiting = repeated if repeated else (None, None)
    return Measures(sites=tuple(rows), duplicates_confirmed=confirmed, duplicates_candidates=waiting)


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
        reports=study("reports"),
        reports_with_sections=study("reports_with_sections"),
        reports_sections_derived=study("sections_derived"),
        reports_deidentified=study("reports_deidentified"),
        years=years,
        vendors=vendors,
        studies_without_vendor=study("studies_without_vendor"),
        studies_paediatric=study("studies_paediatric"),
        studies_without_age=study("studies_without_age"),
    )
