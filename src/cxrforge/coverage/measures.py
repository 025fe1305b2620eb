"""What the criteria look at: counts per site, audits, and what was decided about the release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cxrforge.audit.bounds import Stratum


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMeasures:
    """What one site contributes: counts over its candidates, the items that were not turned away.

    None in a field means that nobody has measured it yet.
    """

    site: str
    accepted_studies: int = 0  # PA and report, everything finished, nothing waiting
    studies: int = 0  # candidates: not turned away
    studies_with_pa: int = 0  # view told by header or image
    studies_with_confirmed_pa: int = 0  # header and image agree, or a person decided
    studies_with_lateral: int = 0
    images: int = 0
    images_matrix_met: int = 0  # both sides reach the threshold
    images_depth_met: int = 0  # bits stored and really used
    images_header_deidentified: int = 0
    images_pixel_deidentified: int = 0  # examined; text absent or redacted
    images_labelled: int = 0
    images_quality_passed: int = 0
    images_quality_reviewed: int = 0  # waited for a person, who kept them
    images_quality_waiting: int = 0
    reports: int = 0
    reports_with_sections: int = 0  # Findings and Impression, heading or rule
    reports_sections_derived: int = 0  # of these, cut by a rule without a heading
    reports_deidentified: int = 0
    years: Mapping[int, int] = field(default_factory=dict)  # calendar year -> studies
    vendors: Mapping[str, int] = field(default_factory=dict)  # normalised manufacturer -> studies
    studies_without_vendor: int = 0
    studies_with_demographics: int | None = None  # age, sex and indication recorded, be it as unknown
    studies_paediatric: int = 0
    studies_without_age: int = 0
    studies_box_worthy: int = 0  # Pleural Effusion or Cardiomegaly positive
    studies_with_boxes: int | None = None  # of these, with a box that a person confirmed
    studies_read: int | None = None  # label audit: read by a radiologist
    studies_read_twice: int = 0  # of these, by two radiologists independently
    governance_missing: tuple[str, ...] | None = None  # documents not in force on the release date
    consent_checked_before_ingest: bool | None = None
    consent_checked_before_release: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingAudit:
    """A sample read for identifiers: one stratum per site (or finer), and how well the readers found canaries."""

    strata: tuple[Stratum, ...]
    canaries_planted: int = 0
    canaries_found: int = 0
    simulated: bool = False

    @property
    def population(self) -> int:
        """Return how many items the sample speaks for."""
        return sum(s.population for s in self.strata)

    @property
    def sampled(self) -> int:
        """Return how many items were read."""
        return sum(s.sampled for s in self.strata)

    @property
    def hits(self) -> int:
        """Return how many of them still held an identifier."""
        return sum(s.hits for s in self.strata)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCounts:
    """One label against the readers, positive against the rest; the bounds are those that the sample's design gives.

    Without bounds, the counts are taken as of a plain sample.
    """

    true_positive: int
    false_positive: int
    false_negative: int
    precision_lower: float | None = None
    recall_lower: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseClass:
    """What was decided about the release as a whole."""

    name: str | None = None  # open | controlled
    reidentification_assessment_signed: bool = False
    key_rule_recorded: bool = False
    data_use_agreement: bool = False  # for controlled
    recipient_register: bool = False  # for controlled


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Everything the criteria look at; what is None has not been done yet."""

    sites: tuple[SiteMeasures, ...] = ()
    audit_images: ReadingAudit | None = None
    audit_reports: ReadingAudit | None = None
    label_audit: Mapping[str, LabelCounts] | None = None  # by observation
    label_audit_simulated: bool = False
    release_class: ReleaseClass | None = None
    duplicates_confirmed: int | None = None  # images under two patients, confirmed by a person
    duplicates_candidates: int | None = None  # waiting for a person
    patients_in_two_splits: int | None = None

    def total(self, name: str) -> int:
        """Return the sum of a count over the sites; sites that have not measured it count nothing."""
        return sum(getattr(site, name) or 0 for site in self.sites)
