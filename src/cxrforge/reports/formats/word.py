"""DOCX (ECMA-376 Part 1, WordprocessingML): paragraphs, tables, headers and footers, within bounds."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from cxrforge.records import Issue
from cxrforge.reports.formats.limits import MAX_TEXT

_MAIN = "word/document.xml"
_MARGINS = re.compile(r"word/(?:header|footer)\d*\.xml")
_MAX_XML = 8_000_000
"""Bytes of XML that are read of one document, its headers and footers included."""
_MAX_PARTS = 2_000
_ENDED = frozenset({"p", "tr"})
_SKIPPED = frozenset({"Fallback", "delText", "instrText", "del", "moveFrom"})
"""A second rendering of what stands before it, deleted text, field codes."""


class _UnfitError(Exception):
    """The archive or its XML is not what a report would be saved as."""


def is_word(head: bytes) -> bool:
    """Tell whether the file starts as a zip that holds a word processor's document."""
    return head.startswith(b"PK\x03\x04") and b"word/" in head


def word_text(data: bytes) -> str | Issue:
    """Return headers and footers, then the body; deleted text of tracked changes is left out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {info.filename: info for info in archive.infolist()[:_MAX_PARTS]}
            if _MAIN not in names:
                return Issue("report-malformed", "DOCX without a document")
            margins = sorted(name for name in names if _MARGINS.fullmatch(name))
            wanted = [names[name] for name in (*margins[:12], _MAIN)]
            if sum(info.file_size for info in wanted) > _MAX_XML:
                return Issue("report-too-long", "DOCX")
            parts = [_part(archive, info) for info in wanted]
    except _UnfitError as error:
        return Issue("report-malformed", f"DOCX: {error}")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        return Issue("report-malformed", f"DOCX: {type(error).__name__}")
    except ElementTree.ParseError:
        return Issue("report-malformed", "DOCX: broken XML")
    text = "\n".join(part for part in parts if part.strip())
    if len(text) > MAX_TEXT:
        return Issue("report-too-long", "DOCX")
    return text if text.strip() else Issue("report-no-text", "DOCX")


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x1:
        raise _UnfitError("protected by a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _UnfitError("a part is packed in a way that is not read")
    with archive.open(info) as stream:
        content = stream.read(info.file_size + 1)
    if len(content) > info.file_size or b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content:
        raise _UnfitError("a part is longer than it claims, or declares entities")
    return "".join(_pieces(content))


def _pieces(content: bytes) -> Iterator[str]:
    """Yield text, tabs and line ends; events instead of a tree, so that nesting costs nothing."""
    hidden = cells = 0
    for event, element in ElementTree.iterparse(io.BytesIO(content), events=("start", "end")):
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name in _SKIPPED:
            hidden += 1 if event == "start" else -1
        if event == "start":
            if name == "tr":
                cells = 0
            elif name == "tc":
                cells += 1
                if cells > 1:
                    yield "   "
            continue
        if not hidden:
            if name == "t":
                yield element.text or ""
            elif name in ("tab", "ptab"):
                yield "\t"
            elif name in ("br", "cr") or (name in _ENDED and not (name == "p" and cells)):
                yield "\n"
        if name == "tr":
            cells = 0
        element.clear()
