"""Report files of every format in, `ReportDocument` values out; what cannot be read becomes a coded issue."""

from __future__ import annotations

from cxrforge.reports.formats.dispatch import read_reports, sniff
from cxrforge.reports.formats.structured_report import is_report_object, read_report_object

__all__ = ["is_report_object", "read_report_object", "read_reports", "sniff"]
