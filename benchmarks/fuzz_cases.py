"""Seeds and mutations of the fuzz benchmark: files of every kind an export holds, and what may be wrong with them."""

from __future__ import annotations

import base64
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from cxrforge.synthetic import documents, plan, texts
from cxrforge.synthetic.consortium import reduced
from cxrforge.synthetic.documents import Document
from cxrforge.synthetic.examination import examined
from cxrforge.tables import synthetic_people

LARGEST = 700_000
"""Bytes of the largest real file that is mutated."""
_LENGTHS = (b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\x01\0\0\0", b"\0\0\0\x10")
_MARKS = (*(b'"|;{[~^<%&'[n : n + 1] for n in range(10)), b"\r", b"\n", b"\\", b"\0", b"PK\x03\x04", b"endstream")
_NAMES = ("IM1", "report.pdf", "a\nb", "befund ACC1 20200301.txt", "ü\u202e.json", "x" * 200, "-rf", "r.zip", "%s.csv")
_ITEM = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"  # a sequence and item without length
_NESTS = (b"[", b'{"a":', b"{", b"<w:p>", b"<<", b"(", _ITEM)
_CHARSETS = (b"ISO_IR 999", b"UTF-7", b"8859/99", b"\\\\")


@dataclass(frozen=True, slots=True)
class Case:
    """One mutated file: what it was made from, its name in the export, its bytes."""

    family: str
    name: str
    content: bytes


def seeds(shared: Path | None) -> dict[str, list[bytes]]:
    """Return files by family: made-up ones of every kind, and real ones where they are there."""
    found: dict[str, list[bytes]] = {"dicom": []}
    people = synthetic_people.load()
    planned = plan.consortium(16, 1, len(people.hospitals), reduced(256))
    for study in planned[:8]:
        found["dicom"] += [file.data for file in examined(study)]
    for number, study in enumerate(planned[:16]):
        for kind in documents.FORMATS:
            if kind == "csv":
                continue
            one = replace(study, report_format=kind)
            if number < 8:
                found.setdefault(kind, []).append(documents.encoded(Document(one, texts.report(one))))
    rows = [Document(study, texts.report(study)) for study in planned]
    found["csv"] = [documents.csv_bytes(rows[:n]) for n in (1, 3, 12)]
    found["zip"] = [_packed(found, n) for n in range(4)]
    for family, where in (("real-dicom", "dicom"), ("real-report", "site-export/export")):
        if shared:
            real = [p for p in sorted((shared / where).rglob("*")) if p.is_file() and p.stat().st_size < LARGEST]
            found[family] = [p.read_bytes() for p in real if (p.suffix in ("", ".dcm")) == (family == "real-dicom")]
    return {family: files for family, files in found.items() if files}


def _packed(found: dict[str, list[bytes]], number: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED) as archive:
        archive.writestr("DICOM/IM1", found["dicom"][number])
        for kind in ("hl7", "pdf", "docx", "sr"):
            archive.writestr(f"reports/{kind}", found[kind][number])
    return out.getvalue()


def case(number: int, seed: int, files: dict[str, list[bytes]]) -> Case:
    """Return the case of that number; families take turns."""
    chance = Random(f"{seed}-{number}")
    family = sorted(files)[number % len(files)]
    content = chance.choice(files[family])
    other = chance.choice(files[chance.choice(sorted(files))])
    for _ in range(chance.randint(1, 4)):
        content = chance.choice(MUTATIONS)(content, other, chance)
    return Case(family, chance.choice(_NAMES), content)


# ---------------------------------------------------------------- mutations


def _place(content: bytes, chance: Random) -> int:
    """Return an offset, more often near the start, where structure stands."""
    span = len(content) if chance.random() < 0.4 else min(len(content), 3000)
    return chance.randrange(span) if span else 0


def flip(content: bytes, other: bytes, chance: Random) -> bytes:
    """Flip some single bits."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 16)):
        if changed:
            changed[_place(content, chance)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(content: bytes, other: bytes, chance: Random) -> bytes:
    """End early."""
    return content[: chance.randrange(len(content) + 1)]


def delete(content: bytes, other: bytes, chance: Random) -> bytes:
    """Lose a piece."""
    at = _place(content, chance)
    return content[:at] + content[at + chance.randrange(1, 400) :]


def insert(content: bytes, other: bytes, chance: Random) -> bytes:
    """Gain random bytes or a delimiter."""
    at = _place(content, chance)
    piece = chance.choice(_MARKS) * chance.choice((1, 1, 3, 5000)) if chance.random() < 0.6 else chance.randbytes(100)
    return content[:at] + piece + content[at:]


def repeat(content: bytes, other: bytes, chance: Random) -> bytes:
    """Repeat a piece many times."""
    at = _place(content, chance)
    piece = content[at : at + chance.randrange(1, 2000)]
    return content[:at] + piece * chance.choice((2, 20, 300)) + content[at:]


def splice(content: bytes, other: bytes, chance: Random) -> bytes:
    """Put a piece of another file in the place of a piece."""
    at, start = _place(content, chance), chance.randrange(len(other) + 1)
    size = chance.randrange(1, 4000)
    return content[:at] + other[start : start + size] + content[at + size :]


def lie_about_length(content: bytes, other: bytes, chance: Random) -> bytes:
    """Change the length behind a value representation, a four-byte integer, or a number in text."""
    ways = [m.end() for m in re.finditer(rb"(?:OB|OW|UN|SQ|UT)\0\0|[A-Z]{2}(?=[\x00-\xff]\x00)", content[:20_000])]
    digits = list(re.finditer(rb"\d+", content[:20_000]))
    if digits and (not ways or chance.random() < 0.5):
        m = chance.choice(digits)
        number = chance.choice((b"0", b"-1", b"99999999999999999999", b"1e999", b"2147483648", b"NaN"))
        return content[: m.start()] + number + content[m.end() :]
    at = chance.choice(ways) if ways else _place(content, chance)
    return content[:at] + chance.choice(_LENGTHS) + content[at + 4 :]


def recode(content: bytes, other: bytes, chance: Random) -> bytes:
    """Write text in another encoding than it says, or change what it says."""
    if chance.random() < 0.4:
        said = chance.choice(_CHARSETS)
        return re.sub(rb"ISO_IR \d+|UTF-8|utf-8|1252", lambda _: said, content)
    text = content[:2_000_000].decode(chance.choice(("utf-8", "cp1252")), "replace")
    encoding = chance.choice(("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "cp1250", "cp037", "utf-7"))
    return text.encode(encoding, "replace")


def nest(content: bytes, other: bytes, chance: Random) -> bytes:
    """Wrap or fill with nests: arrays, objects, groups, sequences of undefined length, XML elements."""
    depth = chance.choice((50, 2_000, 100_000))
    piece = chance.choice(_NESTS)
    at = chance.choice((0, len(content), _place(content, chance)))
    return content[:at] + piece * depth + content[at:]


def bomb(content: bytes, other: bytes, chance: Random) -> bytes:
    """Add what expands: a zip member, a deflated PDF stream, a deflated data set, repeated text."""
    zeros = 16_000_000
    way = chance.randrange(4)
    if way == 0:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", content[:200_000])
            archive.writestr(chance.choice(("b", "word/document.xml")), b" " * zeros)
        return out.getvalue()
    packed = zlib.compress(b"BT (a) Tj ET " * (zeros // 13), 9)
    if way == 1:
        return re.sub(
            rb"<< /Length \d+ >>\nstream\n.*?\nendstream",
            lambda _: b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(packed), packed),
            content,
            count=1,
            flags=re.DOTALL,
        )
    if way == 2 and content[128:132] == b"DICM":
        start = 144 + struct.unpack_from("<I", content, 140)[0]
        head = content[:start].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99", 1)
        return head + zlib.compress(content[start:] + bytes(zeros), 9)[2:-4]
    return content + chance.choice((b"no effusion ", b"a;b;", b"\n", b'{"report":"')) * 200_000


def inside(content: bytes, other: bytes, chance: Random) -> bytes:
    """Mutate what is wrapped: a member of a zip, an attachment in base64."""
    if content[:4] == b"PK\x03\x04":
        return _inside_zip(content, other, chance)
    blocks = list(re.finditer(rb"[A-Za-z0-9+/]{200,}={0,2}", content[:400_000]))
    if not blocks:
        return flip(content, other, chance)
    m = chance.choice(blocks)
    raw = base64.b64decode(m[0][: len(m[0]) // 4 * 4])
    wounded = chance.choice(PLAIN)(raw, other, chance)
    return content[: m.start()] + base64.b64encode(wounded[:3_000_000]) + content[m.end() :]


def _inside_zip(content: bytes, other: bytes, chance: Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist() if info.file_size < 2_000_000}
    except Exception:  # an earlier wound
        return flip(content, other, chance)
    if not members:
        return content
    chosen = chance.choice(sorted(members))
    members[chosen] = chance.choice(PLAIN)(members[chosen], other, chance)[:3_000_000]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


Mutation = Callable[[bytes, bytes, Random], bytes]
PLAIN: Sequence[Mutation] = (flip, cut, delete, insert, repeat, splice, lie_about_length, recode, nest)
MUTATIONS: Sequence[Mutation] = (*PLAIN, flip, lie_about_length, bomb, inside, inside)
