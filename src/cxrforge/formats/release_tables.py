"""The tables of a release: their rows, their documented columns, and Parquet files with the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cxrforge.errors import ReleaseRefusedError
from cxrforge.records import OBSERVATIONS, Assertion, Box, Mention, Section

LABEL_WORDS: Mapping[Assertion | None, str] = {
    Assertion.PRESENT: "positive",
    Assertion.ABSENT: "negative",
    Assertion.UNCERTAIN: "uncertain",
    None: "not mentioned",
}
"""A label as the Parquet table says it; CheXpert's numbers are `chexpert.py`'s alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """One study; `waiting` names what a person still has to decide (drafts only).

    `sex` and `age_band` stay None unless governance allows them row by row.
    """

    study: str
    patient: str
    site: str
    primary_image: str | None
    report: str | None
    images: int
    has_lateral: bool
    language: str | None
    paediatric: bool | None
    sex: str | None = None  # F | M | O
    age_band: str | None = None  # 60-69
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRow:
    """One radiograph; `sha256` and `size_bytes` are those of the de-identified file that the store holds."""

    image: str
    study: str
    patient: str
    site: str
    sop_instance_uid: str
    view: str  # PA | AP | LATERAL | OTHER
    primary: bool
    rows: int
    columns: int
    bits_stored: int
    photometric_interpretation: str
    transfer_syntax_uid: str
    lossy: bool
    redacted: tuple[Box, ...]
    sha256: str
    size_bytes: int
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One de-identified report; the offsets of sections and mentions point into `text`."""

    report: str
    study: str
    patient: str
    site: str
    language: str
    text: str
    findings: str
    impression: str
    sections: tuple[Section, ...] = ()
    mentions: tuple[Mention, ...] = ()
    identifiers_removed: int = 0
    waiting: tuple[str, ...] = ()

    @property
    def sections_derived(self) -> bool:
        """Return whether Findings or Impression was cut without a heading."""
        return any(s.rule != "heading" for s in self.sections if s.name in ("findings", "impression"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """The fourteen labels of one image, from the report of its study."""

    image: str
    study: str
    patient: str
    site: str
    labels: Mapping[str, Assertion | None]
    source: str = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRow:
    """One box on one image; only boxes with `status` confirmed become COCO annotations."""

    image: str
    study: str
    category: str  # Pleural Effusion | Cardiomegaly
    box: Box
    side: str | None = None  # right | left, of the patient
    status: str = "proposed"  # proposed | confirmed
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRow:
    """One check of one image."""

    image: str
    study: str
    check: str
    value: float | None
    verdict: str  # pass | review | fail
    reviewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """One radiologist's reading of one study's report, beside the program's labels; `counts` marks the audited one."""

    study: str
    site: str
    audit: str
    slot: int
    reader: str
    counts: bool
    blinded: bool
    simulated: bool
    stratum: str
    probability: float
    labels: Mapping[str, Assertion | None]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SplitRow:
    """One patient's place in one set of splits: `default`, or `leave-out-<site>`."""

    set: str
    patient: str
    site: str
    split: str  # train | valid | test


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, type, what it holds, and how it is read off a row."""

    name: str
    type: pa.DataType
    description: str
    get: Callable[[Any], Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its file's stem, what one row is, what a row is sorted and told apart by, its columns."""

    name: str
    description: str
    key: Callable[[Any], tuple[str, ...]] = field(repr=False)
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """Return the Arrow schema, each field with its description as metadata."""
        fields = [pa.field(c.name, c.type, metadata={"description": c.description}) for c in self.columns]
        return pa.schema(fields, metadata={"description": self.description})


def image_path(row: ImageRow) -> str:
    """Return the image's path inside the release."""
    return f"images/{row.site}/{row.patient}/{row.study}/{row.image}.dcm"


def report_path(row: ReportRow, suffix: str) -> str:
    """Return the report's path inside the release; `suffix` is `txt` or `json`."""
    return f"reports/{row.site}/{row.patient}/{row.study}.{suffix}"


def table_bytes(table: Table, rows: Iterable[Any]) -> bytes:
    """Return `rows` as a Parquet file: sorted by the table's key, no clock in it, one fixed compression."""
    ordered = sorted(rows, key=table.key)
    for one, other in pairwise(ordered):
        if table.key(one) == table.key(other):
            raise ReleaseRefusedError(
                "two rows of a release table share a key",
                where=f"tables/{table.name}.parquet",
                next_step="Rebuild from a consistent catalogue; report it if it happens again.",
            )
    columns = [pa.array([column.get(row) for row in ordered], column.type) for column in table.columns]
    sink = io.BytesIO()
    pq.write_table(
        pa.Table.from_arrays(columns, schema=table.schema),
        sink,
        compression="zstd",
        compression_level=3,
        version="2.6",
        data_page_version="1.0",
        row_group_size=65_536,
        use_dictionary=True,
        write_statistics=True,
    )
    return sink.getvalue()


def _plain(name: str, type_: pa.DataType, description: str) -> Column:
    return Column(name, type_, description, attrgetter(name))


_TEXT, _FLAG, _INT = pa.string(), pa.bool_(), pa.int32()
_BOX = pa.struct([("x", _INT), ("y", _INT), ("w", _INT), ("h", _INT)])
_STUDY = _plain("study", _TEXT, "Pseudonym of the study.")
_IMAGE = _plain("image", _TEXT, "Pseudonym of the image.")
_PATIENT = _plain("patient", _TEXT, "Pseudonym of the patient.")
_SITE = _plain("site", _TEXT, "Contributing site.")
_WAITING = Column(
    "waiting", pa.list_(_TEXT), "What a person still has to decide; empty outside drafts.", lambda r: list(r.waiting)
)


def _box(box: Box) -> dict[str, int]:
    return {"x": box.x, "y": box.y, "w": box.w, "h": box.h}


def _label(observation: str) -> Column:
    return Column(
        observation,
        _TEXT,
        f"{observation}: positive, negative, uncertain or not mentioned.",
        lambda row: LABEL_WORDS[row.labels[observation]],
    )


TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table(
            "studies",
            "One row per study.",
            lambda r: (r.study,),
            (
                _STUDY,
                _PATIENT,
                _SITE,
                _plain("primary_image", _TEXT, "The PA image that represents the study."),
                _plain("report", _TEXT, "Pseudonym of the study's report."),
                _plain("images", _INT, "Number of images of the study in this release."),
                _plain("has_lateral", _FLAG, "Whether a lateral image of the study is in this release."),
                _plain("language", _TEXT, "Language of the report (ISO 639-1)."),
                _plain("paediatric", _FLAG, "Whether the patient was under 18; null where the age is unknown."),
                _plain("sex", _TEXT, "Sex as the header says; null unless governance allows it row by row."),
                _plain("age_band", _TEXT, "Ten-year age band; null unless governance allows it row by row."),
                _WAITING,
            ),
        ),
        Table(
            "images",
            "One row per image.",
            lambda r: (r.image,),
            (
                _IMAGE,
                _STUDY,
                _PATIENT,
                _SITE,
                Column("path", _TEXT, "File, relative to the release.", image_path),
                _plain("sop_instance_uid", _TEXT, "SOP Instance UID (0008,0018) of the de-identified object."),
                _plain("view", _TEXT, "PA, AP, LATERAL or OTHER."),
                _plain("primary", _FLAG, "Whether the image represents its study."),
                _plain("rows", _INT, "Rows (0028,0010)."),
                _plain("columns", _INT, "Columns (0028,0011)."),
                _plain("bits_stored", _INT, "Bits Stored (0028,0101)."),
                _plain("photometric_interpretation", _TEXT, "Photometric Interpretation (0028,0004)."),
                _plain("transfer_syntax_uid", _TEXT, "Transfer Syntax UID (0002,0010)."),
                _plain("lossy", _FLAG, "Whether the image was ever compressed with loss."),
                Column(
                    "redacted",
                    pa.list_(_BOX),
                    "Boxes painted over because text was burned in, in stored image pixels.",
                    lambda r: [_box(b) for b in sorted(r.redacted)],
                ),
                _plain("sha256", _TEXT, "SHA-256 of the file."),
                _plain("size_bytes", pa.int64(), "Size of the file in bytes."),
                _WAITING,
            ),
        ),
        Table(
            "reports",
            "One row per report.",
            lambda r: (r.report,),
            (
                _plain("report", _TEXT, "Pseudonym of the report."),
                _STUDY,
                _PATIENT,
                _SITE,
                Column("path", _TEXT, "Text file, relative to the release.", lambda r: report_path(r, "txt")),
                _plain("language", _TEXT, "Language of the report (ISO 639-1)."),
                _plain("text", _TEXT, "The whole de-identified report."),
                _plain("findings", _TEXT, "Its Findings."),
                _plain("impression", _TEXT, "Its Impression."),
                _plain("sections_derived", _FLAG, "Whether Findings or Impression was cut without a heading."),
                _plain("identifiers_removed", _INT, "How many identifiers were removed from it."),
                _WAITING,
            ),
        ),
        Table(
            "labels",
            "One row per image: the fourteen observations, from the report of its study.",
            lambda r: (r.image,),
            (
                _IMAGE,
                _STUDY,
                _PATIENT,
                _SITE,
                *(_label(name) for name in OBSERVATIONS),
                _plain("source", _TEXT, "Where the labels come from."),
            ),
        ),
        Table(
            "boxes",
            "One row per box, proposed or confirmed.",
            lambda r: (r.image, r.category, r.box, r.status),
            (
                _IMAGE,
                _STUDY,
                _plain("category", _TEXT, "Pleural Effusion or Cardiomegaly."),
                _plain("side", _TEXT, "Side of the patient, where the finding has one."),
                *(
                    Column(n, _INT, f"{what} of the box in stored image pixels.", attrgetter(f"box.{n}"))
                    for n, what in (("x", "Left edge"), ("y", "Top edge"), ("w", "Width"), ("h", "Height"))
                ),
                _plain("status", _TEXT, "Confirmed by a person, or proposed by a program."),
                _plain("score", pa.float64(), "The program's score, for proposals."),
            ),
        ),
        Table(
            "quality",
            "One row per image and check.",
            lambda r: (r.image, r.check),
            (
                _IMAGE,
                _STUDY,
                _plain("check", _TEXT, "Inspiration, rotation, collimation, motion or exposure."),
                _plain("value", pa.float64(), "What the check measured; null where it could not."),
                _plain("verdict", _TEXT, "Pass, review or fail, as the program sees it."),
                _plain("reviewed", _FLAG, "Whether a person reviewed the image and kept it."),
            ),
        ),
        Table(
            "readings",
            "One row per reading of a study in a label audit: what the reader says that the report says.",
            lambda r: (r.study, r.audit, str(r.slot)),
            (
                _STUDY,
                _SITE,
                _plain("audit", _TEXT, "The audit that it was drawn in."),
                _plain("slot", _INT, "1 first reader, 2 second, 3 who decided where they disagreed."),
                _plain("reader", _TEXT, "Number of the reader in this release."),
                _plain("counts", _FLAG, "Whether it is the study's audited reading in that audit."),
                _plain("blinded", _FLAG, "Whether the reader did not see the program's labels."),
                _plain("simulated", _FLAG, "Whether it is made up, by no reader."),
                _plain("stratum", _TEXT, "Stratum that the study was drawn from."),
                _plain("probability", pa.float64(), "Chance with which it was drawn; its inverse is its weight."),
                *(_label(name) for name in OBSERVATIONS),
            ),
        ),
        Table(
            "splits",
            "One row per set of splits and patient.",
            lambda r: (r.set, r.patient),
            (
                _plain("set", _TEXT, "`default`, or `leave-out-<site>`, whose test split is that site alone."),
                _PATIENT,
                _SITE,
                _plain("split", _TEXT, "Train, valid or test."),
            ),
        ),
    )
}
"""Every table of a release, by name; data card and Croissant description are written from the same rows."""
