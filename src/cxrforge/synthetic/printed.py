"""Reports as a RIS prints them: PDF, RTF and DOCX files of plain lines."""

from __future__ import annotations

import io
import textwrap
import unicodedata
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH = 98
"""Characters on a printed line."""
LINES = 62
"""Lines on a page."""
ZIP_TIME = (2020, 1, 1, 0, 0, 0)

_MARKS = {
    "DIAERESIS": "dieresis", "ACUTE": "acute", "GRAVE": "grave", "CIRCUMFLEX": "circumflex", "TILDE": "tilde",
    "CEDILLA": "cedilla", "OGONEK": "ogonek", "STROKE": "slash", "DOT ABOVE": "dotaccent", "RING ABOVE": "ring",
    "CARON": "caron",
}  # fmt: skip
_GLYPHS = {
    "ß": "germandbls", "œ": "oe", "Œ": "OE", "æ": "ae", "–": "endash", "—": "emdash", "’": "quoteright", "°": "degree",
    "º": "ordmasculine", "ª": "ordfeminine", "«": "guillemotleft", "»": "guillemotright", "¿": "questiondown",
    "€": "Euro", "·": "periodcentered", "×": "multiply", "≥": "greaterequal", "≤": "lessequal",
}  # fmt: skip
"""Characters to glyph names of the Adobe Glyph List, beyond those that follow from the character's Unicode name."""


def pdf(text: str) -> bytes:
    """Return `text` as a PDF whose letters beyond ASCII are named glyphs of a standard font."""
    odd = sorted({c for c in text if ord(c) > 126 and c != "\n"})
    code = {c: 161 + n for n, c in enumerate(odd)}
    pages = _pages(text)
    differences = " ".join(f"{code[c]} /{_glyph(c)}" for c in odd)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Type /Encoding /BaseEncoding "
        b"/WinAnsiEncoding /Differences [%b] >> >>" % differences.encode(),
    ]
    for n, lines in enumerate(pages):
        stream = _drawn(lines, code)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * n)
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream))
    return _assembled(objects)


def _pages(text: str) -> list[list[str]]:
    lines = [part for line in text.split("\n") for part in (textwrap.wrap(line, WIDTH, break_long_words=False) or [""])]
    return [lines[n : n + LINES] for n in range(0, len(lines), LINES)]


def _drawn(lines: Sequence[str], code: dict[str, int]) -> bytes:
    drawn = []
    for n, line in enumerate(lines):
        shown = "".join(f"\\{code[c]:03o}" if c in code else f"\\{c}" if c in "()\\" else c for c in line)
        drawn.append(f"BT /F1 9 Tf 1 0 0 1 56 {790 - 12 * n} Tm ({shown}) Tj ET")
    return "\n".join(drawn).encode("ascii")


def _assembled(objects: Sequence[bytes]) -> bytes:
    """Return numbered objects with the table that says where each starts."""
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start, count = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start)


def _glyph(character: str) -> str:
    """Return the glyph's name: a base letter and a mark, as in `eacute`."""
    if character in _GLYPHS:
        return _GLYPHS[character]
    words = unicodedata.name(character).split(" LETTER ")[-1].partition(" WITH ")
    letter = words[0] if character.isupper() else words[0].lower()
    return letter + _MARKS[words[2]]


def rtf(text: str, page: int = 1252) -> bytes:
    """Return `text` as RTF in a Windows code page; what the page lacks is written as Unicode."""
    out = []
    for c in text:
        if c == "\n":
            out.append("\\par\r\n")
        elif c in "\\{}":
            out.append("\\" + c)
        elif ord(c) < 127:
            out.append(c)
        else:
            try:
                out.append(f"\\'{c.encode(f'cp{page}')[0]:02x}")
            except UnicodeEncodeError:
                out.append(f"\\u{ord(c)}?")
    fonts = f"{{\\fonttbl{{\\f0\\fswiss\\fcharset{238 if page == 1250 else 0} Arial;}}}}"
    start = f"{{\\rtf1\\ansi\\ansicpg{page}\\deff0{fonts}{{\\*\\generator RIS;}}\\viewkind4\\uc1\\pard\\f0\\fs20 "
    return (start + "".join(out) + "}").encode("ascii")


_SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def docx(text: str) -> bytes:
    """Return `text` as a word processor's document, one paragraph a line."""
    paragraphs = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(x)}</w:t></w:r></w:p>' for x in text.split("\n"))
    body = f"<w:document {_SPACE}><w:body>{paragraphs}</w:body></w:document>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS, "word/document.xml": body}
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, _XML + content)
    return out.getvalue()
