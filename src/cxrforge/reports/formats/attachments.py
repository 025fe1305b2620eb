"""Documents as word processors and RIS print them, found inside messages or alone: PDF, RTF, DOCX, HTML, text."""

from __future__ import annotations

import re

from cxrforge.records import Issue
from cxrforge.reports.formats.encoding import decode
from cxrforge.reports.formats.fields import normalise_newlines
from cxrforge.reports.formats.html import strip_html
from cxrforge.reports.formats.limits import MAX_BYTES
from cxrforge.reports.formats.pdf import is_pdf, pdf_text
from cxrforge.reports.formats.rtf import is_rtf, rtf_text
from cxrforge.reports.formats.word import is_word, word_text

_PICTURES = (b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*")
"""How zip, JPEG, PNG and TIFF files start."""


def document_kind(head: bytes) -> str | None:
    """Return pdf, rtf or docx for the first bytes of a document; None for anything else."""
    if is_pdf(head):
        return "pdf"
    if is_rtf(head):
        return "rtf"
    return "docx" if is_word(head) else None


def document_text(data: bytes, kind: str) -> str | Issue:
    """Return the text of a document of one of `document_kind`'s kinds, or why it has none."""
    found = {"pdf": pdf_text, "rtf": rtf_text, "docx": word_text}[kind](data)
    return found if isinstance(found, Issue) else tidied(found)


def attached_text(data: bytes, mime_type: str = "") -> str | Issue:
    """Return the text of an attachment whatever it is; its content decides, `mime_type` gives the charset alone."""
    if len(data) > MAX_BYTES:
        return Issue("report-too-long", f"{len(data)} bytes")
    kind = document_kind(data)
    if kind:
        return document_text(data, kind)
    lowered = mime_type.lower()
    if data.startswith((b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*")) or lowered.startswith(
        "image/"
    ):
        return Issue("report-attachment", "attachment is no text")
    if "pdf" in lowered:
        return Issue("report-malformed", "attachment is said to be PDF and is none")
    charset = re.search(r"charset=\"?([\w.:-]+)", lowered)
    text = decode(data, charset[1] if charset else None).text
    if "\0" in text[:4000]:
        return Issue("report-attachment", "attachment is no text")
    return strip_html(text) if "html" in lowered or text.lstrip()[:1] == "<" else normalise_newlines(text)


def tidied(text: str) -> str:
    """Return text of a page layout as lines: no trailing spaces, no runs of empty lines."""
    lines = (line.rstrip() for line in normalise_newlines(text.replace("\xa0", " ").replace("\xad", "")).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
