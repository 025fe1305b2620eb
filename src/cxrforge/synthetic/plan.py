"""Who is examined where, when, with what findings and what flaws: everything that is drawn before a pixel is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from cxrforge.synthetic.findings import Finding
from cxrforge.tables import synthetic_people
from cxrforge.tables.synthetic_people import Hospital, Vendor

SHARED_ID = "4711471108"
"""Two people in two hospitals carry this PatientID: only site and issuer tell them apart."""

FLAWS = ("below-matrix", "no-report", "ap-only", "eight-bit", "wrong-body-part", "ambiguous-report")
"""What keeps a whole study out; every fourth study has one, in this order."""
LATER_FLAWS = (*FLAWS, "stretched-eight-bit", "upsampled", "jpeg-resaved", "wrong-view")
"""The flaws of studies beyond the first `PLAIN`, in this order."""
QUALITY = ("rotated", "moved", "clipped", "poor-inspiration", "underexposed")
"""What makes a radiograph unfit to read; beyond the first `PLAIN` every eighth study has one, in this order."""
FOR_A_PERSON = frozenset({*QUALITY, "duplicate", "wrong-view"})
"""What must not be accepted unseen, but may wait for a person instead of being turned away."""
PLAIN = 24
"""A consortium up to this size has no flaw that only the image shows."""
EXTRAS = ("for-processing", "truncated", "bone-suppressed", "secondary-capture", "preliminary", "addendum")
"""What comes along with a good study and must be told apart; every fourth study has one, in this order."""

LATER_EXTRAS = (*EXTRAS, "repeat", "dual-energy")
"""The extras of studies beyond the first `PLAIN`, in this order."""
BESIDE = frozenset({"for-processing", "bone-suppressed", "secondary-capture", "truncated", "repeat", "dual-energy"})
"""The extras that are images of their own."""

NEED_KEYS = frozenset({"sr", "sr-2000", "dicom-pdf"})
"""Report formats that cannot but name the study they belong to."""
FIRST_YEAR, YEARS = 2016, 7


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up patient."""

    family: str
    given: str
    sex: str
    born: date
    id: str
    issuer: str
    street: str
    phone: str

    @property
    def pn(self) -> str:
        """Return the name as a DICOM PN value."""
        return f"{self.family}^{self.given}"


@dataclass(frozen=True, slots=True)
class Image:
    """One image to write: `kind` is primary or what else it is; `expect` what must become of it."""

    kind: str
    view: str
    sop_uid: str
    series_uid: str
    number: int
    rows: int
    columns: int
    bits: int
    syntax: str
    photometric: str
    path: str
    expect: str = "accept"
    labelled: bool = False  # burned-in identifiers


@dataclass(frozen=True, slots=True)
class Study:
    """One examination: `expect` is `accept` or the reason why it must stay out."""

    index: int
    seed: int
    hospital: Hospital
    vendor: Vendor
    person: Person
    study_uid: str
    accession: str
    day: date
    time: str
    referrer: tuple[str, str]
    reader: tuple[str, str]
    operator: tuple[str, str]
    prior: date
    indication: str
    findings: tuple[Finding, ...]
    expect: str
    extra: str
    report_format: str
    images: tuple[Image, ...] = ()
    serial: str = ""
    station: str = ""
    copy_of: Study | None = None  # the study whose images come back under this patient's name

    @property
    def age(self) -> int:
        """Return the patient's age on the day of the study, in whole years."""
        before = (self.day.month, self.day.day) < (self.person.born.month, self.person.born.day)
        return self.day.year - self.person.born.year - before


@dataclass(slots=True)
class _Drawn:
    """What is already taken while a consortium is drawn."""

    ids: set[str] = field(default_factory=set)
    by_hospital: dict[str, list[Study]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    copyable: Study | None = None


def consortium(studies: int, seed: int, hospitals: int, matrix: tuple[int, int]) -> tuple[Study, ...]:
    """Return `studies` examinations (and a twin for each ambiguous report), the same for the same arguments."""
    people = synthetic_people.load()
    taken = people.hospitals[:hospitals]
    drawn = _Drawn()
    planned: list[Study] = []
    for index in range(studies):
        study = _study(index, seed, taken, matrix, drawn)
        planned.append(study)
        if study.expect == "ambiguous-report":
            planned.append(_twin(study, len(planned), seed, drawn))
        drawn.by_hospital.setdefault(study.hospital.id, []).append(study)
        if study.expect == "accept" and study.age > 19:
            drawn.copyable = study
    return tuple(planned)


def _study(index: int, seed: int, hospitals: tuple[Hospital, ...], matrix: tuple[int, int], drawn: _Drawn) -> Study:
    rng = np.random.default_rng([seed, index])
    hospital = hospitals[index % len(hospitals)]
    people = synthetic_people.load()
    vendor, names = people.vendors[hospital.vendor], people.names[hospital.language]
    expect, extra = _role(index)
    copied = drawn.copyable if expect == "duplicate" else None
    day = date(FIRST_YEAR + index % YEARS, 1, 4) + timedelta(days=int(rng.integers(0, 358)))
    earlier = [s for s in drawn.by_hospital.get(hospital.id, []) if s.expect == "accept" and 19 < s.age < 88]
    again = index % 7 == 6 and bool(earlier) and expect == "accept"
    person = earlier[-1].person if again else _person(index, hospital, day, rng, drawn, len(hospitals))
    day = max(day, earlier[-1].day + timedelta(days=90)) if again else day
    others = [family for family in names.family if family != person.family]
    chosen = [str(family) for family in rng.choice(others, 3, replace=False)]
    staff = [(family, str(rng.choice([*names.female, *names.male]))) for family in chosen]
    found = copied.findings if copied else _findings(index, person, day, rng)
    count = drawn.counts[hospital.id] = drawn.counts.get(hospital.id, 0) + 1
    study = Study(
        index=index,
        seed=seed,
        hospital=hospital,
        vendor=vendor,
        person=person,
        study_uid=_uid(rng),
        accession=_filled(hospital.accession_style, rng, day, drawn),
        day=day,
        time=f"{rng.integers(7, 19):02d}{rng.integers(0, 60):02d}{rng.integers(0, 60):02d}",
        referrer=staff[0],
        reader=staff[1],
        operator=staff[2],
        prior=earlier[-1].day if again else day - timedelta(days=int(rng.integers(120, 900))),
        indication=_indication(found, rng),
        findings=found,
        expect=expect,
        extra=extra,
        report_format=_format(hospital, count, expect),
        serial=f"SN{rng.integers(10**8, 10**9)}",
        station=f"XR{hospital.id[:6].upper()}{rng.integers(10, 99)}",
        copy_of=copied,
    )
    return replace(study, images=_images(study, matrix, rng))


def _format(hospital: Hospital, count: int, expect: str) -> str:
    """Return the format of a hospital's report by turns; one that two studies fit must not name one of them."""
    chosen = hospital.formats[(count - 1) % len(hospital.formats)]
    return "json" if expect == "ambiguous-report" and chosen in NEED_KEYS else chosen


def _role(index: int) -> tuple[str, str]:
    """Return what must become of the study at `index`, and what comes along with it."""
    later = index >= PLAIN
    turn = (index - PLAIN if later else index) // 4
    flaws, extras = (LATER_FLAWS, LATER_EXTRAS) if later else (FLAWS, EXTRAS)
    if index % 4 == 3:
        return flaws[turn % len(flaws)], ""
    if index % 4 == 1:
        return "accept", extras[turn % len(extras)]
    if later and index % 8 == 2:
        return QUALITY[(index - PLAIN) // 8 % len(QUALITY)], ""
    return ("duplicate" if later and index % 16 == 12 else "accept"), ""


def _person(
    index: int, hospital: Hospital, day: date, rng: np.random.Generator, drawn: _Drawn, hospitals: int
) -> Person:
    """Return a new patient; every twenty-fourth is a child, as many are over ninety, two share an ID."""
    names = synthetic_people.load().names[hospital.language]
    sex = str(rng.choice(["F", "M"]))
    given = str(rng.choice(names.female if sex == "F" else names.male))
    age = int(rng.integers(8, 17)) if index % 24 == 10 else int(np.clip(rng.normal(58, 17), 19, 88))
    if index % 24 == 8:
        age = 93
    born = day - timedelta(days=age * 365 + age // 4 + int(rng.integers(1, 360)))
    shared = index < 2 and hospitals > 1
    number = SHARED_ID if shared else _filled(hospital.id_style, rng, day, drawn)
    street = f"{rng.choice(names.family)} {rng.integers(100, 999)}"
    phone = f"+99 {rng.integers(10**4, 10**5)} {rng.integers(10**5, 10**6)}"
    return Person(str(rng.choice(names.family)), given, sex, born, number, hospital.issuer, street, phone)


_COMMON: tuple[tuple[str, ...], ...] = (
    (),
    ("effusion",),
    ("cardiomegaly",),
    (),
    ("consolidation",),
    ("pacemaker", "cardiomegaly"),
    ("pneumothorax",),
    (),
    ("nodule",),
    ("edema", "effusion", "cardiomegaly"),
    ("atelectasis",),
    ("line", "effusion"),
    ("effusion-possible",),
    ("sternotomy", "cardiomegaly"),
    ("fracture",),
)
"""Sets of findings in the order in which studies get them."""


def _findings(index: int, person: Person, day: date, rng: np.random.Generator) -> tuple[Finding, ...]:
    kinds = _COMMON[index % len(_COMMON)]
    if day.year - person.born.year < 18:
        kinds = tuple(k for k in kinds if k in {"consolidation", "effusion", "pneumothorax"})
    sided = {"effusion", "consolidation", "pneumothorax", "nodule", "atelectasis", "effusion-possible", "fracture"}
    return tuple(
        Finding(kind, str(rng.choice(["left", "right"])) if kind in sided else "", float(rng.uniform(0.25, 0.95)))
        for kind in kinds
    )


_INDICATIONS = ("routine", "cardiac", "respiratory", "preoperative", "other")
_REASONS = {
    "consolidation": ("respiratory",),
    "edema": ("cardiac", "respiratory"),
    "line": ("respiratory", "other"),
    "effusion": ("respiratory", "cardiac", "other"),
    "pneumothorax": ("other", "respiratory"),
    "pacemaker": ("cardiac", "preoperative"),
    "sternotomy": ("cardiac", "preoperative"),
}
"""Why somebody with such a finding is examined; the first that applies counts, all others may come for any reason."""


def _indication(findings: tuple[Finding, ...], rng: np.random.Generator) -> str:
    kinds = {f.kind for f in findings}
    reasons = next((reasons for kind, reasons in _REASONS.items() if kind in kinds), _INDICATIONS)
    return str(rng.choice(reasons))


def _images(study: Study, matrix: tuple[int, int], rng: np.random.Generator) -> tuple[Image, ...]:
    """Return the images of a study: a PA (or what stands in for it), mostly a lateral, and the extra."""
    rows, columns = matrix
    bits = study.vendor.bits
    if study.expect == "below-matrix":
        rows, columns = rows * 18 // 25, columns * 18 // 25
    if study.expect == "eight-bit":
        bits = 8
    kinds = [("other", "OTHER")] if study.expect == "wrong-body-part" else [("primary", "PA"), ("primary", "LATERAL")]
    if study.expect == "ap-only":
        kinds = [("primary", "AP")]
    elif rng.random() < 0.3:
        kinds = kinds[:1]
    series = _uid(rng)
    images = []
    beside = [(study.extra, "PA")] if study.extra in BESIDE else []
    whole_study = "" if study.expect in {"accept", "no-report", "ambiguous-report"} else study.expect
    for number, (kind, view) in enumerate((*kinds, *beside), 1):
        plain = kind in {"primary", "other"}
        syntax = study.vendor.syntaxes[(study.index + number) % len(study.vendor.syntaxes)]
        if syntax == "jpeg2000" and study.index % 8 != 1:  # its encoder takes seconds
            syntax = "jpegls"
        images.append(
            Image(
                kind=kind,
                view=view,
                sop_uid=_uid(rng),
                series_uid=series if number == 1 else _uid(rng),
                number=number,
                rows=rows,
                columns=columns,
                bits=8 if kind == "secondary-capture" else bits,
                syntax="native" if kind in {"secondary-capture", "for-processing"} else syntax,
                photometric="MONOCHROME2" if not plain else str(rng.choice(study.vendor.photometric)),
                path=_path(study, number, rng),
                expect=(whole_study or "accept") if plain else kind,
                labelled=bool(rng.random() < 0.36) or kind == "secondary-capture",
            )
        )
    return tuple(images)


def _path(study: Study, number: int, rng: np.random.Generator) -> str:
    """Return where a hospital's archive would put the file: each in its own odd way."""
    style = sum(map(ord, study.hospital.id)) % 3 if study.hospital.id not in _STYLES else _STYLES[study.hospital.id]
    if style == 0:
        return f"DICOM/ST{study.index:06d}/IM{number:06d}"
    if style == 1:
        name = f"{study.person.family}_{study.person.given}"
        return f"PACS-Export/{study.day:%Y/%m}/{name}/{study.accession}/{rng.integers(1 << 32):08X}.dcm"
    return f"lot{study.index // 12 + 1}.zip/{study.accession}/S{number}/I{rng.integers(10**5, 10**6)}"


_STYLES = {"wexmoor": 0, "grubenau": 1, "brevande": 2}


def _twin(study: Study, index: int, seed: int, drawn: _Drawn) -> Study:
    """Return a second examination of the same person on the same day, so that one report has two candidates."""
    rng = np.random.default_rng([seed, study.index, 1])
    image = replace(study.images[0], sop_uid=_uid(rng), series_uid=_uid(rng), labelled=False)
    path = image.path.replace(f"ST{study.index:06d}", f"ST9{study.index:05d}")
    accession = _filled(study.hospital.accession_style, rng, study.day, drawn)
    image = replace(image, path=path.replace(study.accession, accession))
    return replace(
        study, study_uid=_uid(rng), accession=accession, time="193000", images=(image,), extra="", index=10**6 + index
    )


def _uid(rng: np.random.Generator) -> str:
    """Return a UID under 2.25 from 120 random bits."""
    return f"2.25.{int.from_bytes(rng.bytes(15), 'big') | 1 << 119}"


def _filled(style: str, rng: np.random.Generator, day: date, drawn: _Drawn) -> str:
    """Return `style` with digits for # and the year for ~, never the same twice."""
    while True:
        text = "".join(str(rng.integers(10)) if c == "#" else c for c in style).replace("~", f"{day:%y}")
        if text not in drawn.ids:
            drawn.ids.add(text)
            return text


def orphan(study: Study) -> Study:
    """Return an examination of another person whose images never came along: only its report is written."""
    rng = np.random.default_rng([study.seed, 10**7])
    names = synthetic_people.load().names[study.hospital.language]
    drawn = _Drawn()
    person = _person(3, study.hospital, study.day, rng, drawn, 1)
    return replace(
        study,
        index=3 * 10**6,
        person=replace(person, family=names.family[-1]),
        study_uid=_uid(rng),
        accession=_filled(study.hospital.accession_style, rng, study.day, drawn),
        expect="accept",
        extra="",
        images=(),
    )
