"""The values that rooms hand to each other. Frozen, picklable, without behaviour beyond their own shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

OBSERVATIONS: tuple[str, ...] = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
)
"""CheXpert's fourteen observations in CheXpert's column order (Irvin et al. 2019)."""

Record = TypeVar("Record")


def from_plain(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """Rebuild a record of plain fields from what JSON made of `dataclasses.asdict`: lists are tuples again."""
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


class Level(StrEnum):
    """What an issue does to its item."""

    TURNED_AWAY = "turned-away"  # the item stays out
    REVIEW = "review"  # a person decides
    NOTE = "note"  # recorded, nothing else happens


@dataclass(frozen=True, slots=True)
class Issue:
    """A coded remark on one item; `code` is a row of `tables/issues/`.

    `detail` is for people and never carries an identifier, a raw value, a source path or an original UID.
    """

    code: str
    detail: str = ""


class Box(NamedTuple):
    """Axis-aligned box in stored image pixels: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int


class Category(StrEnum):
    """Identifier categories of report spans (GUIDELINE: identifiers in reports)."""

    PATIENT = "PATIENT"
    DOCTOR = "DOCTOR"
    HOSPITAL = "HOSPITAL"
    DATE = "DATE"
    ID = "ID"
    CONTACT = "CONTACT"
    LOCATION = "LOCATION"
    AGE = "AGE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open character offsets into a text, what they hold, and the detector that says so."""

    start: int
    end: int
    category: Category
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class KnownIdentifiers:
    """What a study's own header (or a report's, or a site's roster) says about people, places and dates.

    Names are DICOM PN strings (`Family^Given^Middle^Prefix^Suffix`, component groups joined by `=`) or plain text;
    dates are DICOM DA strings (`YYYYMMDD`).
    """

    patient_names: tuple[str, ...] = ()
    staff_names: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    other: tuple[str, ...] = ()

    def __or__(self, more: KnownIdentifiers) -> KnownIdentifiers:
        """Return both, each value once, first seen first."""
        return KnownIdentifiers(
            **{f.name: tuple(dict.fromkeys((*getattr(self, f.name), *getattr(more, f.name)))) for f in fields(self)}
        )

    def __bool__(self) -> bool:
        people = self.patient_names or self.staff_names or self.institutions
        return bool(people or self.ids or self.dates or self.contacts or self.locations or self.other)

    def __repr__(self) -> str:
        """Show counts alone: a stray log line must not carry a name."""
        return f"KnownIdentifiers({', '.join(f'{f.name}={len(getattr(self, f.name))}' for f in fields(self))})"


@dataclass(frozen=True, slots=True)
class ElementAction:
    """What header de-identification did to one element, without its value.

    `path` is the place: `(0010,0010)` or `(0040,0275)[0].(0040,1001)`; `action` one of the table's letters, or
    `keep`, `remove`, `clean` for rules outside the table; `rule` names the row or rule.
    """

    path: str
    action: str
    rule: str


@dataclass(frozen=True, slots=True)
class TextRegion:
    """A place in one frame that looks like text, what was read there, and what is to be done with it.

    `text` may be an identifier: it stays in memory or in the vault.
    """

    box: Box
    text: str
    score: float
    decision: str  # keep | redact | review
    reason: str
    frame: int = 0

    def __repr__(self) -> str:
        return f"TextRegion({self.box}, {self.score:.2f}, {self.decision}, {self.reason})"


@dataclass(frozen=True, slots=True)
class PixelOutcome:
    """What the examination of an object's pixels came to."""

    examined: bool
    regions: tuple[TextRegion, ...] = ()
    changed: bool = False
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """One report as a source file holds it: text still with its identifiers.

    `header` maps DICOM keywords to values (PatientName, PatientID, StudyDate, ReferringPhysicianName …).
    """

    text: str
    patient_id: str | None = None
    patient_id_issuer: str | None = None
    accession_numbers: tuple[str, ...] = ()
    study_uids: tuple[str, ...] = ()
    study_date: str | None = None  # YYYYMMDD
    status: str = "final"  # final | preliminary | corrected | addendum
    issued: str = ""  # YYYYMMDDHHMMSS or shorter; orders versions of one report
    language: str | None = None
    header: Mapping[str, str] = field(default_factory=dict)
    name_keys: tuple[str, ...] = ()  # parts of the file's name that may be an accession number, a UID, an ID or a date

    def __repr__(self) -> str:
        return f"ReportDocument({len(self.text)} characters, {self.status})"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: `name` is one of indication, technique, comparison, findings, impression, addendum, other.

    Offsets are half-open, into the text that was cut, without the heading; `rule` says how it was cut
    (`heading` or the name of the rule for reports without one).
    """

    name: str
    start: int
    end: int
    rule: str = "heading"


@dataclass(frozen=True, slots=True)
class DeidentifiedReport:
    """A report without identifiers, and what was done to get there.

    `spans` point into the input text. `sections` point into the output `text`, and so do `doubts`: words that look
    like names and were left for a person to decide.
    """

    text: str
    language: str
    spans: tuple[Span, ...]
    sections: tuple[Section, ...]
    findings: str
    impression: str
    issues: tuple[Issue, ...] = ()
    doubts: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteContext:
    """What the reports of a whole site say about one of them.

    `roster` holds the names of the export of which a word stands in the text, `templates` the keys of the site's own
    lines in it, `common` the words in it that the site writes for many patients.
    """

    roster: KnownIdentifiers = KnownIdentifiers()
    templates: tuple[str, ...] = ()
    common: tuple[str, ...] = ()


class Assertion(StrEnum):
    """What a text says about a mention."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Mention:
    """A span that names an observation, and what is said of it; `rule` tells which rule decided.

    The last four are stated beside the finding or None; no label rests on them.
    """

    observation: str
    assertion: Assertion
    start: int
    end: int
    section: str
    rule: str = ""
    laterality: str | None = None
    location: str | None = None
    severity: str | None = None
    change: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledReport:
    """The fourteen labels of a report (None: not mentioned) and the mentions they rest on."""

    labels: Mapping[str, Assertion | None]
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header of one radiograph says that later rooms need; nothing in it identifies a person.

    `kind`: primary, for-processing, derived, dual-energy, bone-suppressed, cad, secondary-capture, not-an-image.
    `view`: PA, AP, LATERAL, OTHER or None where the header is silent. Age in whole years.
    """

    sop_class_uid: str
    modality: str
    kind: str
    view: str | None
    view_source: str  # the attribute that told the view, or ""
    body_part: str | None
    rows: int
    columns: int
    bits_stored: int
    bits_allocated: int
    photometric_interpretation: str
    transfer_syntax_uid: str
    presentation_intent: str | None
    image_type: tuple[str, ...]
    frames: int
    lossy: bool
    manufacturer: str | None  # normalised by tables/vendors
    model: str | None
    year: int | None
    age_years: int | None
    sex: str | None
    recumbent: bool | None = None
    instance_number: int | None = None
    view_contradicted_by: str = ""  # an attribute that tells another view than `view_source` does, or ""


@dataclass(frozen=True, slots=True)
class SiteState:
    """One criterion at one site: its value there, how much is missing, and whether it is met there."""

    site: str
    met: bool
    value: float | None
    short_by: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class CriterionState:
    """What one acceptance criterion came to.

    `value` and `threshold` are in `unit` (shares as fractions of 1); `short_by` counts what is missing in
    `short_unit`. `value` is None where nothing was measured yet, which is never met.
    """

    id: str
    title: str
    level: str  # blocking | advisory
    met: bool
    value: float | None
    threshold: float | None
    unit: str
    short_by: float
    short_unit: str
    explanation: str
    next_step: str
    sites: tuple[SiteState, ...] = ()
    relation: str = "at-least"  # at-least | at-most
    waived: str = ""  # who let an advisory criterion go, why, until when


@dataclass(frozen=True, slots=True)
class DeviceRegion:
    """A place that a device's images always lose.

    `left`, `top`, `width`, `height` are shares of the image's sides; `manufacturer`, `model`, `station` must each,
    where given, stand in the header's value (case and spaces aside).
    """

    left: float
    top: float
    width: float
    height: float
    manufacturer: str = ""
    model: str = ""
    station: str = ""

    def __post_init__(self) -> None:
        inside = 0 <= self.left < 1 and 0 <= self.top < 1 and 0 < self.width <= 1 and 0 < self.height <= 1
        if not inside or self.left + self.width > 1.0001 or self.top + self.height > 1.0001:
            raise ValueError("a device region is given in shares of the image, inside it")
        if not (self.manufacturer or self.model or self.station):
            raise ValueError("a device region names a manufacturer, a model or a station")


@dataclass(frozen=True, slots=True)
class KeptWords:
    """Words burned into pixels that a site keeps beside the markers, such as its technicians' lead initials."""

    site: str
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.site or not self.words or not all(any(c.isalnum() for c in w) for w in self.words):
            raise ValueError("kept words name a site and the words")
