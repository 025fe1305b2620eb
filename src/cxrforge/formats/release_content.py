"""What a release is made of, before it is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxrforge.errors import ReleaseRefusedError
from cxrforge.formats.release_tables import (
    BoxRow,
    ImageRow,
    LabelRow,
    QualityRow,
    ReadingRow,
    ReportRow,
    SplitRow,
    StudyRow,
)
from cxrforge.formats.splits import DEFAULT_SET
from cxrforge.records import OBSERVATIONS, CriterionState

Crosstab = Mapping[str, Mapping[str, int]]
"""Studies by site and category: `{"north": {"60-69": 12}}`."""

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image's row and the de-identified file that it describes.

    `fetch` brings the file to a path, where `source` is no file of this machine.
    """

    row: ImageRow
    source: Path
    fetch: Callable[[Path], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """A site on the consortium page; `title` names it only where the site agreed to be named."""

    site: str
    title: str = ""
    country: str = ""
    acknowledgement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledDocument:
    """What a release says of a document: whose, of which kind, its SHA-256 and its days; never the document."""

    site: str
    kind: str
    sha256: str
    valid_from: str
    valid_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaivedCriterion:
    """An advisory criterion that a role let go, why, and until which day."""

    criterion: str
    granted_by: str
    reason: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One version in the release's change log, newest first."""

    version: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How the release came about; nothing of when or where."""

    cxrforge_version: str
    package_versions: Mapping[str, str] = field(default_factory=dict)
    stage_versions: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    profile_edition: str = ""
    options: tuple[str, ...] = ()  # PS3.15 option names
    simulated: tuple[str, ...] = ()  # what in this release is made up, such as audit readings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseContent:
    """Everything that a release holds. Rows in any order; what is written is sorted.

    `demographics` and `coverage` are whole counts by site and category; small cells are suppressed when written.
    Demographics: `age_decade`, `sex`, `indication`; coverage: `year`, `manufacturer`, and whatever else is counted.
    """

    name: str
    version: str
    title: str
    draft: bool
    studies: Sequence[StudyRow]
    images: Sequence[ImageFile]
    reports: Sequence[ReportRow]
    labels: Sequence[LabelRow]
    boxes: Sequence[BoxRow] = ()
    quality: Sequence[QualityRow] = ()
    splits: Sequence[SplitRow] = ()
    criteria: Sequence[CriterionState] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    demographics: Mapping[str, Crosstab] = field(default_factory=dict)
    coverage: Mapping[str, Crosstab] = field(default_factory=dict)
    turned_away: Mapping[str, int] = field(default_factory=dict)  # issue code -> items
    governance: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # site -> requirement -> state
    documents: Sequence[FiledDocument] = ()
    waivers: Sequence[WaivedCriterion] = ()
    tombstones: Sequence[tuple[str, str]] = ()  # (patient, site) withdrawn since an earlier version, by pseudonym
    release_class: str = "undeclared"  # open | controlled | undeclared
    key_rule: str = "undecided"  # a rule of tables/governance.toml
    label_audit: Mapping[str, Any] | None = None
    phi_audit: Mapping[str, Any] | None = None
    readings: Sequence[ReadingRow] = ()
    contributors: Sequence[Contributor] = ()
    changes: Sequence[Change] = ()
    provenance: Provenance
    licence: str = "undecided"  # a row of tables/licences.toml
    citation: str = ""
    description: str = ""
    published: str = ""  # YYYY-MM-DD, the release date that the consortium set; no clock is read
    url: str = ""  # where the release can be had, once it can
    smallest_cell: int = 10

    @property
    def full_name(self) -> str:
        """Return the release's name with its version, as its folder is called."""
        return f"{self.name}-{self.version}"

    @property
    def sites(self) -> tuple[str, ...]:
        """Return the sites whose studies are in the release."""
        return tuple(sorted({study.site for study in self.studies}))


def check_content(content: ReleaseContent) -> None:
    """Refuse content that contradicts itself, or that is not fit for a release that is no draft."""
    _check_fit(content)
    for name in {content.name, content.version, *content.sites}:
        _check_name(name)
    items: list[ImageRow | ReportRow | LabelRow] = [*(f.row for f in content.images), *content.reports, *content.labels]
    studies = {row.study: (row.site, row.patient) for row in content.studies}
    for study in content.studies:
        _check_name(study.patient)
        _check_name(study.study)
    for row in items:
        if studies.get(row.study) != (row.site, row.patient):
            raise _contradiction("a row belongs to no study of the release")
    images = {f.row.image for f in content.images}
    for image in images:
        _check_name(image)
    if images != {row.image for row in content.labels}:
        raise _contradiction("images and labels are not of the same images")
    if not {row.image for row in content.boxes} | {row.image for row in content.quality} <= images:
        raise _contradiction("a box or quality row belongs to no image of the release")
    if any(set(row.labels) != set(OBSERVATIONS) for row in content.labels):
        raise _contradiction("a label row has not the fourteen observations")
    if any(count > 1 for count in Counter(r.study for r in content.reports).values()):
        raise _contradiction("a study has two reports")
    _check_tombstones(content)
    _check_splits(content.splits, {row.patient for row in content.studies})


def _check_fit(content: ReleaseContent) -> None:
    if content.draft:
        return
    short = [state.title for state in content.criteria if state.level == "blocking" and not state.met]
    items: list[StudyRow | ImageRow | ReportRow] = [
        *content.studies,
        *(f.row for f in content.images),
        *content.reports,
    ]
    waiting = any(row.waiting for row in items)
    if short or waiting or not content.criteria:
        raise ReleaseRefusedError(
            f"release {content.full_name} is not fit",
            expected="every blocking criterion met and nothing waiting for a person",
            found=", ".join(short) or ("items that wait" if waiting else "no criteria evaluated"),
            next_step="Mend what is short, or build a draft with --allow-unmet.",
        )


def _check_splits(splits: Sequence[SplitRow], patients: set[str]) -> None:
    by_set: dict[str, set[str]] = {}
    for row in splits:
        members = by_set.setdefault(row.set, set())
        if row.patient in members:
            raise _contradiction(f"a patient stands twice in the split set {row.set}")
        members.add(row.patient)
    if not splits and patients:
        raise _contradiction("patients have no split")
    if any(members != patients for members in by_set.values()) or (patients and DEFAULT_SET not in by_set):
        raise _contradiction("splits and studies are not of the same patients")


def _check_tombstones(content: ReleaseContent) -> None:
    gone = {patient for patient, _ in content.tombstones}
    if gone & {study.patient for study in content.studies}:
        raise _contradiction("a withdrawn patient is still in the release")


def _check_name(name: str) -> None:
    if not _SAFE.fullmatch(name):
        raise _contradiction("a name in the release is not fit for a path")


def _contradiction(what: str) -> ReleaseRefusedError:
    return ReleaseRefusedError(what, next_step="Rebuild from a consistent catalogue; report it if it happens again.")
