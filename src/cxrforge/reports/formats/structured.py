"""JSON: one object, a list, an object around a list, or one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cxrforge.records import Issue, ReportDocument
from cxrforge.reports.formats.encoding import decode
from cxrforge.reports.formats.fhir import is_fhir, read_resource
from cxrforge.reports.formats.fields import document_from_fields, has_report_fields
from cxrforge.reports.formats.limits import MAX_DOCUMENTS

_MAX_FIELDS = 2000


def read_json(data: bytes) -> tuple[list[ReportDocument], list[Issue]]:
    """Return every report of a JSON or JSON Lines file, FHIR resources included."""
    decoded = decode(data)
    issues = [Issue("report-encoding-damaged", decoded.encoding)] if decoded.damaged else []
    documents: list[ReportDocument] = []
    for number, value in enumerate(_values(decoded.text.lstrip("﻿")), 1):
        if isinstance(value, Issue):
            issues.append(value)
            continue
        found, remarks = _documents(value, f"record {number}")
        documents.extend(found)
        issues.extend(remarks)
        if len(documents) > MAX_DOCUMENTS:
            return documents[:MAX_DOCUMENTS], [*issues, Issue("report-too-many", f"over {MAX_DOCUMENTS}")]
    if not documents and not issues:
        issues.append(Issue("report-empty", "no report in the file"))
    return documents, issues


def _values(text: str) -> Iterator[Any]:
    """Yield the records of a JSON text; what cannot be parsed is an `Issue`."""
    try:
        value = json.loads(text)
    except RecursionError:
        yield Issue("report-malformed", "JSON nested too deeply")
        return
    except ValueError:
        yield from _lines(text)
        return
    if isinstance(value, list):
        yield from value
    else:
        yield value


def _lines(text: str) -> Iterator[Any]:
    """Yield the records of JSON Lines; a file of which no line parses is one malformed file."""
    records: list[Any] = []
    good = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            records.append(json.loads(line))
            good += isinstance(records[-1], dict)
        except (ValueError, RecursionError):
            records.append(Issue("report-row-broken", f"line {number} is not JSON"))
    if good:
        yield from records
    else:
        yield Issue("report-malformed", "not JSON")


def _documents(value: Any, place: str) -> tuple[list[ReportDocument], list[Issue]]:
    """Return the reports of one record."""
    if not isinstance(value, dict):
        return [], [Issue("report-malformed", f"{place} is no object")]
    if is_fhir(value):
        return read_resource(value)
    flat = _flatten(value)
    if has_report_fields(flat):
        document = document_from_fields(flat)
        return ([document], []) if document else ([], [Issue("report-empty", place)])
    for inner in value.values():
        if isinstance(inner, list) and inner and all(isinstance(x, dict) for x in inner):
            documents: list[ReportDocument] = []
            issues: list[Issue] = []
            for number, item in enumerate(inner[:MAX_DOCUMENTS], 1):
                if has_report_fields(_flatten(item)) or is_fhir(item):
                    found, remarks = _documents(item, f"{place}.{number}")
                    documents += found
                    issues += remarks
                else:
                    issues.append(Issue("report-empty", f"{place}.{number}"))
            return documents, issues
    return [], [Issue("report-empty", place)]


def _flatten(value: Mapping[str, Any], depth: int = 0) -> dict[str, str]:
    """Return the fields of an object as text; nested objects give their fields where the name is still free."""
    flat: dict[str, str] = {}
    nested: list[Mapping[str, Any]] = []
    for name, item in list(value.items())[:_MAX_FIELDS]:
        if isinstance(item, str):
            flat[name] = item
        elif isinstance(item, bool) or item is None:
            continue
        elif isinstance(item, int | float):
            flat[name] = str(item)
        elif isinstance(item, list) and item and all(isinstance(x, str | int) for x in item):
            joint = "\\" if all(len(str(x)) < 80 and "\n" not in str(x) for x in item) else "\n"
            flat[name] = joint.join(str(x) for x in item[:1000])
            if has_report_fields([name]):
                flat[name] = "\n".join(str(x) for x in item[:1000])
        elif isinstance(item, dict):
            nested.append(item)
    if depth < 4:
        for inner in nested:
            for name, text in _flatten(inner, depth + 1).items():
                flat.setdefault(name, text)
    return flat
