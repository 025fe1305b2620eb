"""What is drawn for people to read, and what they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS = ("label", "images-phi", "reports-phi", "quality")
"""Kinds of audits: labels of studies; identifiers left in images, and in reports; quality of images that wait."""

FIRST, SECOND, ADJUDICATION = 1, 2, 3
"""Slots of a reading: the first, the independent second of a double-read share, and the third that decides."""

OPEN, POSTPONED, SKIPPED, DONE = "open", "postponed", "skipped", "done"


@dataclass(frozen=True, slots=True)
class DrawnStratum:
    """A part of the population, and how many were drawn from it."""

    name: str
    site: str
    population: int
    sampled: int


@dataclass(frozen=True, slots=True)
class Audit:
    """A drawn sample. `states` counts assignments; `canaries` how many planted items stand among them."""

    id: str
    kind: str
    made_at: str
    made_by: str  # person id, or "console"
    seed: int
    blinded: bool
    double_share: float
    readers: tuple[str, ...]  # person ids
    strata: tuple[DrawnStratum, ...]
    canaries: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    simulated: bool = False

    @property
    def population(self) -> int:
        """Return how many items the sample speaks for."""
        return sum(s.population for s in self.strata)

    @property
    def sampled(self) -> int:
        """Return how many real items were drawn."""
        return sum(s.sampled for s in self.strata)


@dataclass(frozen=True, slots=True)
class AuditItem:
    """One drawn item; `canary` says what was planted where, and of which item it is a copy."""

    entity: str
    position: int
    kind: str  # image | study
    site: str
    stratum: str
    probability: float
    made: str
    canary: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One line of a worklist."""

    id: str
    audit: str
    kind: str  # of the audit
    entity: str
    slot: int
    state: str
    position: int
    revision: int
    person: str | None
    simulated: bool
    done_at: str | None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadImage:
    """An image to look at. `proposals`: boxes that a person may confirm, `{"category", "bbox", "score"}`.

    `quality` holds the program's verdicts, measure to `{"value", "verdict", "explanation"}`; both are empty when the
    audit is blinded. `facts` are those of `records.ImageFacts` that display needs.
    """

    id: str
    role: str  # primary | lateral | left-out
    view: str | None
    rows: int
    columns: int
    bits_stored: int
    photometric_interpretation: str
    proposals: tuple[Mapping[str, Any], ...] = ()
    quality: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportPart:
    """A published section: half-open offsets into the assignment's `text`."""

    name: str
    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one person reads once.

    `text` is the published report, its sections joined; offsets of `sections`, `mentions` and of identifiers in a
    reading point into it. `labels` and `mentions` are the program's, None and empty when the audit is blinded.
    `others` are the two readings between which an adjudicator decides, `{"slot", "reading"}`.
    """

    id: str
    audit: str
    kind: str
    blinded: bool
    slot: int
    state: str
    entity_kind: str  # image | study
    entity: str
    study: str  # "" in identifier audits, where canaries must not be told apart
    site: str
    position: int
    revision: int
    reading: Mapping[str, Any]
    simulated: bool
    images: tuple[ReadImage, ...] = ()
    text: str = ""
    language: str = ""
    sections: tuple[ReportPart, ...] = ()
    mentions: tuple[Mapping[str, Any], ...] = ()
    labels: Mapping[str, int | None] | None = None
    others: tuple[Mapping[str, Any], ...] = ()
    issues: tuple[Mapping[str, str], ...] = ()  # what waits on it: {"kind", "entity", "code", "detail"}


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of saving: the revision to name next time, and its moment."""

    revision: int
    saved_at: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A draw, ready to be recorded: items in the order they are read, and who reads each of them."""

    items: Sequence[AuditItem]
    strata: Sequence[DrawnStratum]
    frame: Mapping[str, str]  # entity -> what it was made as
    twice: frozenset[str]  # entities read by two
