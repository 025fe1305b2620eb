"""Zip files read in place and within bounds: members are listed and streamed, never unpacked to disk.

The standard library lists the members; the streaming is ours, because `zipfile` decompresses bzip2 and LZMA without
a bound and keeps one open handle that worker processes must not share. Only *stored* and *deflate* are read, which is
what DICOM media (PS3.12) and exports use.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from cxrforge.ingest.limits import Limits
from cxrforge.records import Issue

CHUNK = 1 << 20
LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # APPNOTE 4.3.7
END_RECORD = struct.Struct("<4s4H2IH")  # APPNOTE 4.3.16
END64_LOCATOR = struct.Struct("<4sIQI")  # APPNOTE 4.3.15
END64_RECORD = struct.Struct("<4sQ2H2I4Q")  # APPNOTE 4.3.14
LONGEST_COMMENT = 0xFFFF
ENCRYPTED = 0x1
WORD_MEMBER = "word/document.xml"
OFFICE_MEMBERS = frozenset({"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"})


class BrokenMemberError(ValueError):
    """A member's bytes are not what the archive's directory says."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a zip: where its local header starts, and what the directory claims of it."""

    name: str
    offset: int
    compressed_size: int
    size: int
    method: int
    crc: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a zip in directory order, those that a later member of the same name replaces, or why not."""

    members: tuple[Member, ...] = ()
    replaced: tuple[Member, ...] = ()
    issue: Issue | None = None
    is_document: bool = False  # a DOCX: one report, not an archive of files


def looks_like_zip(head: bytes) -> bool:
    """Tell whether a file starts as a zip does (with a member, or empty)."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def list_members(path: Path, limits: Limits) -> Listing:
    """Return the files of the zip at `path`, or the issue that keeps it shut."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            issue = _directory_issue(stream, size, limits)
            if issue:
                return Listing(issue=issue)
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, struct.error, NotImplementedError):
        return Listing(issue=Issue("zip-broken"))
    if len(infos) > limits.max_zip_members:
        return Listing(issue=Issue("zip-too-many", f"more than {limits.max_zip_members} members"))
    names = {info.filename for info in infos}
    if WORD_MEMBER in names:
        return Listing(is_document=True)
    if OFFICE_MEMBERS & names:
        return Listing(issue=Issue("not-an-export-file", "an office document or program archive"))
    expanded = sum(info.file_size for info in infos)
    if expanded > limits.free_bytes and expanded > limits.max_zip_ratio * size:
        return Listing(issue=Issue("zip-bomb", f"claims to expand more than {limits.max_zip_ratio}-fold"))
    last = {info.filename: info for info in infos}
    kept = tuple(_member(info) for info in infos if last[info.filename] is info)
    return Listing(kept, tuple(_member(info) for info in infos if last[info.filename] is not info))


def member_issue(member: Member, limits: Limits) -> Issue | None:
    """Return why `member` is not read, if so."""
    if member.encrypted:
        return Issue("zip-encrypted")
    if member.method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Issue("zip-method", f"compression method {member.method}")
    if member.size > limits.max_file_bytes:
        return Issue("file-too-large", f"more than {limits.max_file_bytes} bytes")
    if member.size > limits.free_bytes and member.size > limits.max_zip_ratio * max(member.compressed_size, 1):
        return Issue("zip-bomb", f"claims to expand more than {limits.max_zip_ratio}-fold")
    return None


def find_member(path: Path, name: str, limits: Limits) -> Member:
    """Return the member `name` of the zip at `path`; raise `BrokenMemberError` when there is none."""
    state = path.stat()
    member = _directory(path, state.st_size, state.st_mtime_ns, limits).get(name)
    if member is None:
        raise BrokenMemberError("the zip has no such member")
    return member


def read_member(path: Path, member: Member) -> bytes:
    """Return the content of `member`, no longer than it claims; raise `BrokenMemberError` when it differs."""
    parts = []
    left, crc = member.size, 0
    for part in _stream(path, member):
        left -= len(part)
        if left < 0:
            raise BrokenMemberError("longer than the zip's directory says")
        crc = zlib.crc32(part, crc)
        parts.append(part)
    if left or crc != member.crc:
        raise BrokenMemberError("shorter or other than the zip's directory says")
    return b"".join(parts)


@lru_cache(maxsize=2)
def _directory(path: Path, size: int, modified_ns: int, limits: Limits) -> Mapping[str, Member]:
    """Return the members by name, kept while a worker goes through one zip of many members."""
    listing = list_members(path, limits)
    return MappingProxyType({member.name: member for member in listing.members})


def _member(info: zipfile.ZipInfo) -> Member:
    encrypted = bool(info.flag_bits & ENCRYPTED)
    return Member(
        info.filename, info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC, encrypted
    )


def _stream(path: Path, member: Member) -> Iterator[bytes]:
    """Yield the member's content in parts of at most `CHUNK` bytes."""
    with path.open("rb") as stream:
        stream.seek(member.offset)
        header = stream.read(LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise BrokenMemberError("no local header where the zip's directory says")
        *_, name_length, extra_length = LOCAL_HEADER.unpack(header)
        stream.seek(name_length + extra_length, io.SEEK_CUR)
        raw = _chunks(stream, member.compressed_size)
        if member.method == zipfile.ZIP_STORED:
            yield from raw
        elif member.method == zipfile.ZIP_DEFLATED:
            yield from _inflated(raw)
        else:
            raise BrokenMemberError("compressed in a way that is not read")


def _chunks(stream: io.BufferedReader, length: int) -> Iterator[bytes]:
    while length > 0:
        part = stream.read(min(CHUNK, length))
        if not part:
            raise BrokenMemberError("the zip ends inside a member")
        length -= len(part)
        yield part


def _inflated(raw: Iterator[bytes]) -> Iterator[bytes]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for part in raw:
            pending = part
            while pending and not engine.eof:
                yield engine.decompress(pending, CHUNK)
                pending = engine.unconsumed_tail
        yield engine.flush()
    except zlib.error as error:
        raise BrokenMemberError("the deflate stream is damaged") from error


def _directory_issue(stream: io.BufferedReader, size: int, limits: Limits) -> Issue | None:
    """Return why the central directory must not be loaded: `zipfile` holds all of it, whatever the count says."""
    start = max(0, size - END_RECORD.size - LONGEST_COMMENT)
    stream.seek(start)
    tail = stream.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < END_RECORD.size:
        return Issue("zip-broken", "no end record")
    *_, directory_size, _offset, _comment = END_RECORD.unpack_from(tail, found)
    if directory_size == 0xFFFFFFFF:
        directory_size = _directory_size64(stream, start + found)
    if directory_size > limits.max_zip_directory_bytes:
        return Issue("zip-too-many", f"directory of more than {limits.max_zip_directory_bytes} bytes")
    return None


def _directory_size64(stream: io.BufferedReader, end_record: int) -> int:
    """Return the directory's size from the zip64 end record that the locator before `end_record` points to."""
    stream.seek(max(0, end_record - END64_LOCATOR.size))
    signature, _disk, offset, _disks = END64_LOCATOR.unpack(stream.read(END64_LOCATOR.size))
    if signature != b"PK\x06\x07":
        raise ValueError("no zip64 locator")
    stream.seek(offset)
    fields = END64_RECORD.unpack(stream.read(END64_RECORD.size))
    return int(fields[8])
