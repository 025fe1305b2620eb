"""The shapes of the JSON interface, as the reader in the browser takes and sends them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(max_length=100)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Bbox = Annotated[list[Number], Field(min_length=4, max_length=4)]


class Taken(BaseModel):
    """What the server takes: nothing beyond the fields that are named."""

    model_config = ConfigDict(extra="forbid")


class Me(BaseModel):
    """Who is logged in, and the token that changes must carry in X-CSRF-Token."""

    name: str
    role: str
    csrf: str


class Mine(BaseModel):
    """One's own assignments by state."""

    open: int
    done: int
    postponed: int


class AuditRow(BaseModel):
    """An audit that one reads in."""

    id: str
    kind: str
    title: str
    blinded: bool
    mine: Mine


class WorkEntry(BaseModel):
    """One assignment of a worklist."""

    assignment: str
    state: str


class AuditBrief(BaseModel):
    """The audit that an assignment belongs to."""

    id: str
    kind: str
    blinded: bool


class StudyBrief(BaseModel):
    """The study that is read; its id is empty where knowing it would tell a planted item from a real one."""

    id: str
    site: str


class Proposal(BaseModel):
    """A box that the program proposes, in stored pixels."""

    category: str
    bbox: list[float]
    score: float | None


class Verdict(BaseModel):
    """The program's verdict on one quality measure."""

    value: float | None
    verdict: str
    explanation: str


class ImageToRead(BaseModel):
    """An image and what shows it: see `display_facts` for the last seven."""

    id: str
    role: str
    view: str | None
    rows: int
    columns: int
    bits_stored: int
    proposals: list[Proposal]
    quality: dict[str, Verdict]
    signed: bool
    photometric: Literal["MONOCHROME1", "MONOCHROME2"]
    window: tuple[float, float] | None
    pixel_spacing: tuple[float, float] | None
    slope: float
    intercept: float
    padding: tuple[float, float] | None


class SectionToRead(BaseModel):
    """A section of the report, without its heading."""

    name: str
    text: str


class MentionToRead(BaseModel):
    """A mention; offsets are half-open, within the text of its section."""

    observation: str
    assertion: str
    section: str
    start: int
    end: int
    rule: str


class ReportToRead(BaseModel):
    """The report as it would be published."""

    language: str
    sections: list[SectionToRead]
    mentions: list[MentionToRead]


class AssignmentToRead(BaseModel):
    """Everything that the reader shows of one assignment.

    `slot` is 1 or 2 for readings, 3 where a third reader decides between `others`; `issues` is why the item waits.
    """

    id: str
    audit: AuditBrief
    position: int
    total: int
    previous: str | None
    next: str | None
    state: str
    slot: int
    study: StudyBrief
    images: list[ImageToRead]
    report: ReportToRead | None
    observations: list[str]
    automatic: dict[str, int | None] | None
    reading: dict[str, Any] | None
    revision: int
    others: list[dict[str, Any]]
    issues: list[dict[str, str]]


class ReadingToSave(Taken):
    """A whole reading, begun at `revision`; `seconds` is how long it has taken so far, pauses left out."""

    revision: Annotated[int, Field(ge=0, le=10**9)]
    reading: dict[str, Any]
    seconds: Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)] | None = None


class Revision(BaseModel):
    """The revision to name next time."""

    revision: int


class Stale(BaseModel):
    """Somebody, or another tab, saved in between: what stands now."""

    code: str
    message: str
    revision: int
    reading: dict[str, Any]


class StateToSet(Taken):
    """What becomes of an assignment that was read at `revision`."""

    state: Literal["done", "postponed", "skipped", "open"]
    revision: Annotated[int, Field(ge=0, le=10**9)]


class StateSet(BaseModel):
    """What became of it, and what comes next."""

    state: str
    next: str | None


class ImageFlag(Taken):
    """An identifier in an image: its box in stored pixels."""

    image: Name
    bbox: Bbox
    note: Annotated[str, Field(max_length=1000)] = ""


class TextFlag(Taken):
    """An identifier in a report: half-open offsets within the text of a section."""

    section: Name
    start: Annotated[int, Field(ge=0, le=10**7)]
    end: Annotated[int, Field(ge=1, le=10**7)]
    note: Annotated[str, Field(max_length=1000)] = ""


class Flagged(BaseModel):
    """The item is out until a person or a newer de-identification says otherwise."""

    flagged: bool


class Refusal(BaseModel):
    """How everything that did not work is told."""

    code: str
    message: str
