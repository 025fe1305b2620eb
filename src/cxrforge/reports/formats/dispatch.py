"""Which format a file has, judged by its content, and the reader for it."""

from __future__ import annotations

import re

from cxrforge.dicom.reading import looks_like_dicom, read_object
from cxrforge.records import Issue, ReportDocument
from cxrforge.reports.formats.attachments import document_kind, document_text
from cxrforge.reports.formats.encoding import decode
from cxrforge.reports.formats.fields import build_document, header_lines
from cxrforge.reports.formats.hl7 import is_hl7, read_hl7
from cxrforge.reports.formats.limits import MAX_BYTES
from cxrforge.reports.formats.plain import read_plain
from cxrforge.reports.formats.structured import read_json
from cxrforge.reports.formats.structured_report import is_report_object, read_report_object
from cxrforge.reports.formats.tabular import read_tabular, split_header
from cxrforge.reports.sections import cut_headings
from cxrforge.tables import report_fields, report_words

HEAD_BYTES = 64 * 1024
_JSON_KEY = re.compile(r'"([^"\\]{1,60})"\s*:')
_NOT_REPORTS = re.compile(r"(?i)^(readme|license|licence|copying|notice|changelog|contributing|makefile|dockerfile)\b")
_NOT_REPORT_ENDS = (
    ".md",
    ".rst",
    ".html",
    ".htm",
    ".xml",
    ".py",
    ".sh",
    ".ini",
    ".cfg",
    ".toml",
    ".yaml",
    ".yml",
    ".log",
    ".sha256",
    ".md5",
)
_BINARY = (
    b"PK\x03\x04",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\xd0\xcf\x11\xe0",
    b"II*\0",
    b"MM\0*",
    b"SQLite",
    b"BM\x00",
)


def sniff(head: bytes, name: str = "") -> str | None:
    """Return text, json, csv, hl7, fhir, pdf, rtf or docx for the first bytes of a file, else None.

    The content decides; the name only tells a README from a report of the same look. DICOM objects are told apart
    by what they hold (`structured_report.is_report_object`), not here.
    """
    head = head[:HEAD_BYTES]
    if not head.strip(b"\0 \t\r\n") or head[128:132] == b"DICM":
        return None
    document = document_kind(head)
    if document:
        return document
    if head.startswith(_BINARY):
        return None
    text = decode(head).text.lstrip("﻿")
    if _looks_binary(text):
        return None
    if is_hl7(text):
        return "hl7"
    start = text.lstrip()[:1]
    if start in "{[":
        return _sniff_json(text)
    if split_header(text):
        return "csv"
    base = re.split(r"[/\\]", name)[-1]
    if start == "<" or _NOT_REPORTS.match(base) or base.lower().endswith(_NOT_REPORT_ENDS):
        return None
    return "text" if looks_like_report(text) else None


def read_reports(data: bytes, name: str = "") -> tuple[list[ReportDocument], list[Issue]]:
    """Return every report in a file's bytes, and a coded issue for each part that could not be read."""
    if not data.strip(b"\0 \t\r\n"):
        return [], [Issue("report-empty")]
    if len(data) > MAX_BYTES:
        return [], [Issue("report-too-long", f"{len(data)} bytes")]
    kind = sniff(data, name)
    if kind == "hl7":
        return read_hl7(data)
    if kind in ("json", "fhir"):
        return read_json(data)
    if kind == "csv":
        return read_tabular(data)
    if kind == "text":
        return read_plain(data)
    if kind in ("pdf", "rtf", "docx"):
        return _read_document(data, kind)
    if looks_like_dicom(data[:200]):
        return _read_dicom(data)
    return [], [Issue("report-unknown-format")]


def _read_document(data: bytes, kind: str) -> tuple[list[ReportDocument], list[Issue]]:
    text = document_text(data, kind)
    if isinstance(text, Issue):
        return [], [text]
    if not looks_like_report(text):
        return [], [Issue("report-not-found", kind)]
    return [build_document(text, {})], []


def _read_dicom(data: bytes) -> tuple[list[ReportDocument], list[Issue]]:
    ds = read_object(data)
    if isinstance(ds, Issue):
        return [], [ds]
    return read_report_object(ds) if is_report_object(ds) else ([], [Issue("report-unknown-format")])


def looks_like_report(text: str) -> bool:
    """Tell whether plain text is a radiology report: a heading of ours, a labelled line, or the field's words."""
    text = text[:8000]
    if not text.strip():
        return False
    hits = report_words.count_radiology_words(text)
    labels = len(header_lines(text))
    return hits >= 2 or (hits >= 1 and (labels >= 1 or len(text) < 400)) or (labels >= 2 and bool(cut_headings(text)))


def _sniff_json(text: str) -> str | None:
    if re.search(r'"resourceType"\s*:\s*"(DiagnosticReport|Bundle)"', text):
        return "fhir"
    fields = report_fields.load().fields
    keys = {re.sub(r"[\W_]+", "", k.casefold()) for k in _JSON_KEY.findall(text)}
    meanings = {fields.get(k) for k in keys}
    return "json" if meanings & {"text", "findings", "impression"} else None


def _looks_binary(text: str) -> bool:
    sample = text[:4000]
    odd = sum(c == "\0" or (c < " " and c not in "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f") for c in sample)
    damaged = sample.count("�")
    return odd > max(1, len(sample) // 200) or "\0" in sample or damaged > len(sample) // 10
