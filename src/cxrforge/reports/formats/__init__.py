"""Report files of every format in, `ReportDocument` values out; what cannot be read becomes a coded issue."""

from __future__ import annotations

from cxrforge.reports.formats.dispatch import read_reports, sniff

__all__ = ["read_reports", "sniff"]
