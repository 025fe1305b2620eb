"""The text layer of PDF files (ISO 32000), read by pypdf within bounds on size, work and depth."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from pypdf import PasswordType, PdfReader, apply_configuration

from cxrforge.records import Issue
from cxrforge.reports.formats.limits import MAX_TEXT

MAX_PAGES = 60
MAX_OPERATIONS = 200_000
"""Drawing operations over all pages; a printed report has some hundreds."""
_STREAM = 8_000_000
_WORK = 40_000_000


def is_pdf(head: bytes) -> bool:
    """Tell whether the file starts as a PDF does; some writers put a few bytes in front (ISO 32000-1 7.5.2)."""
    return b"%PDF-" in head[:1024]


def pdf_text(data: bytes) -> str | Issue:
    """Return the text of all pages, in the order in which they draw it; a scan has none and is an issue."""
    try:
        with _bounded():
            return _text(data)
    except Exception as error:  # whatever a damaged file makes of a parser is the file's fault
        return Issue("report-malformed", f"PDF: {type(error).__name__}")


def _text(data: bytes) -> str | Issue:
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        return Issue("report-locked", "PDF")
    if len(reader.pages) > MAX_PAGES:
        return Issue("report-too-long", f"more than {MAX_PAGES} pages")
    operations = 0

    def count(*_: object) -> None:
        nonlocal operations
        operations += 1
        if operations > MAX_OPERATIONS:
            raise _TooMuchError

    parts: list[str] = []
    try:
        for page in reader.pages:
            parts.append(page.extract_text(visitor_operand_before=count))
            if sum(map(len, parts)) > MAX_TEXT:
                return Issue("report-too-long", "PDF")
    except _TooMuchError:
        return Issue("report-too-long", f"PDF with more than {MAX_OPERATIONS} drawing operations")
    text = "\n".join(parts)
    return text if text.strip() else Issue("report-scanned", f"{len(parts)} pages")


class _TooMuchError(Exception):
    """More drawing operations than any report has."""


@contextmanager
def _bounded() -> Iterator[None]:
    """Hold pypdf to a report's measure, and keep its warnings, which quote the file, out of every log."""
    log = logging.getLogger("pypdf")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with apply_configuration(
            maximum_declared_stream_length=_STREAM,
            array_based_stream_maximum_output_length=_STREAM,
            lzw_maximum_output_length=_STREAM,
            run_length_maximum_output_length=_STREAM,
            zlib_maximum_output_length=_STREAM,
            zlib_maximum_recovery_input_length=200_000,
            stream_decoding_work_maximum_length=_WORK,
            stream_parsing_work_maximum_count=400_000,
            page_tree_maximum_entries=5_000,
            xform_maximum_invocations_per_extraction=200,
        ):
            yield
    finally:
        log.setLevel(level)
