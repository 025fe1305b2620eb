"""CSV and TSV: delimiter, encoding and quoting found out; one report a row; a broken row does not stop the others."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from cxrforge.records import Issue, ReportDocument
from cxrforge.reports.formats.encoding import decode
from cxrforge.reports.formats.fields import document_from_fields, has_report_fields, meaning
from cxrforge.reports.formats.limits import MAX_DOCUMENTS

DELIMITERS = ";,\t|"
_QUOTES = "\"'"
_MAX_LINES_PER_ROW = 400


def split_header(text: str) -> tuple[str, list[str]] | None:
    """Return delimiter and column names when the first line is a header that promises reports."""
    first = text.lstrip("﻿\r\n").split("\n", 1)[0].rstrip("\r")[:5000]
    if first.lower().startswith("sep=") and "\n" in text:
        return split_header(text.lstrip("﻿\r\n").split("\n", 1)[1])
    for delimiter in sorted(DELIMITERS, key=first.count, reverse=True):
        if delimiter not in first:
            continue
        try:
            names = next(csv.reader([first], delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration):
            continue
        if len(names) > 1 and has_report_fields(names) and sum(meaning(n) is not None for n in names) > 1:
            return delimiter, [n.strip() for n in names]
    return None


def read_tabular(data: bytes) -> tuple[list[ReportDocument], list[Issue]]:
    """Return one report a row; rows that cannot be read become issues that name the row's number."""
    decoded = decode(data)
    issues = [Issue("report-encoding-damaged", decoded.encoding)] if decoded.damaged else []
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").lstrip("﻿\n")
    if text.lower().startswith("sep="):
        text = text.split("\n", 1)[1]
    header = split_header(text)
    if header is None:
        return [], [*issues, Issue("report-table-header", "no column with a report's text")]
    delimiter, names = header
    lines = text.split("\n")[1:]
    documents: list[ReportDocument] = []
    for number, record in _records(lines, delimiter, len(names)):
        if isinstance(record, Issue):
            issues.append(record)
            continue
        document = document_from_fields(dict(zip(names, record, strict=True)))
        if document is None:
            issues.append(Issue("report-empty", f"row {number}"))
        elif len(documents) < MAX_DOCUMENTS:
            documents.append(document)
        else:
            issues.append(Issue("report-too-many", f"over {MAX_DOCUMENTS}"))
            break
    if not documents and not issues:
        issues.append(Issue("report-empty", "no rows"))
    return documents, issues


def _records(lines: Sequence[str], delimiter: str, width: int) -> Iterator[tuple[int, list[str] | Issue]]:
    """Yield numbered records; after a broken one, go on at the next line that starts a whole record."""
    at, number, broken = 0, 0, False
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        record, used = _record(lines, at, delimiter)
        if record is not None and len(record) == width:
            number, broken = number + 1, False
            yield number, record
            at += used
            continue
        if not broken:
            number, broken = number + 1, True
            what = "quotes do not match" if record is None else f"{len(record)} of {width} columns"
            yield number, Issue("report-row-broken", f"row {number}: {what}")
        at += 1


def _record(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Return the record that starts at line `at` and how many lines it takes; None when its quotes do not match."""
    if '"' not in lines[at]:
        return lines[at].split(delimiter), 1
    reader = csv.reader((x + "\n" for x in lines[at : at + _MAX_LINES_PER_ROW]), delimiter=delimiter, strict=True)
    try:
        record = next(reader)
    except (csv.Error, StopIteration):
        return None, 1
    return record, reader.line_num
