"""Plain text reports: one file, one report."""

from __future__ import annotations

from cxrforge.records import Issue, ReportDocument
from cxrforge.reports.formats.encoding import decode
from cxrforge.reports.formats.fields import build_document
from cxrforge.reports.formats.limits import MAX_TEXT


def read_plain(data: bytes) -> tuple[list[ReportDocument], list[Issue]]:
    """Return the one report of a text file."""
    decoded = decode(data)
    issues = [Issue("report-encoding-damaged", decoded.encoding)] if decoded.damaged else []
    if len(decoded.text) > MAX_TEXT:
        return [], [*issues, Issue("report-too-long", f"{len(decoded.text)} characters")]
    document = build_document(decoded.text, {})
    if not document.text.strip():
        return [], [*issues, Issue("report-empty")]
    return [document], issues
