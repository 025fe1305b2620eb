"""A record of processing activities as a page and as a Word document, from the same fields."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from docx import Document
from docx.shared import Pt, RGBColor
from jinja2 import Environment, PackageLoader, StrictUndefined

_EPOCH = datetime(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class RecordedField:
    """One field: what is said, and what is missing, in words."""

    article: str
    title: str
    paragraphs: tuple[str, ...]
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTable:
    """A table of the record, such as the documents filed."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingRecord:
    """The whole record on a day, for one site as controller or for the coordinating centre as processor."""

    title: str
    subtitle: str
    day: str
    fields: tuple[RecordedField, ...]
    tables: tuple[RecordedTable, ...] = field(default_factory=tuple)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return everything that is missing, each with its field."""
        return tuple(f"{row.article}: {gap}" for row in self.fields for gap in row.gaps)


def record_html(record: ProcessingRecord) -> str:
    """Return the record as one page without script or outside address."""
    environment = Environment(
        loader=PackageLoader("cxrforge.formats"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("processing_record.html.j2").render(record=record)


def record_docx(record: ProcessingRecord) -> bytes:
    """Return the record as a Word document, with the same bytes for the same record."""
    document = Document()
    document.styles["Normal"].font.name = "Arial"
    document.styles["Normal"].font.size = Pt(10)
    document.add_heading(record.title, 0)
    document.add_paragraph(record.subtitle)
    document.add_paragraph(_gap_sentence(record.gaps))
    for row in record.fields:
        document.add_heading(f"{row.article}  {row.title}", 2)
        for text in row.paragraphs:
            document.add_paragraph(text)
        for gap in row.gaps:
            run = document.add_paragraph(style="List Bullet").add_run(f"Missing: {gap}")
            run.bold, run.font.color.rgb = True, RGBColor(0xB0, 0x2A, 0x2A)
    for table in record.tables:
        _add_table(document, table)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = record.title, "cxrforge", ""
    properties.created = properties.modified = _EPOCH
    sink = io.BytesIO()
    document.save(sink)
    return _without_clock(sink.getvalue())


def _gap_sentence(gaps: Sequence[str]) -> str:
    if not gaps:
        return "Every field that the regulation asks for is filled."
    return f"{len(gaps)} {'entry is' if len(gaps) == 1 else 'entries are'} missing and named below."


def _add_table(document: Any, table: RecordedTable) -> None:
    document.add_heading(table.title, 2)
    if not table.rows:
        document.add_paragraph(table.empty)
        return
    made = document.add_table(rows=1, cols=len(table.columns))
    made.style = "Light Grid Accent 1"
    for cells, values in _cells(made, table):
        for cell, value in zip(cells, values, strict=True):
            cell.text = value


def _cells(made: Any, table: RecordedTable) -> Iterator[tuple[Any, tuple[str, ...]]]:
    yield made.rows[0].cells, table.columns
    for row in table.rows:
        yield made.add_row().cells, row


def _without_clock(packed: bytes) -> bytes:
    """Return the zip with the members' times fixed."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)
    return sink.getvalue()
