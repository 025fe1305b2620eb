"""A DICOM file as a tree of raw elements: parsed within bounds, without decoding a value, and written again.

Large values are never read: an `Extent` says where they lie in the source, and the writer copies them from there.
Nothing here raises on bad input but `MalformedError`, which names an issue code (PS3.5 sections 7 and A, PS3.10
section 7).
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.datadict import mask_match

LARGE = 1 << 16
"""Values of more bytes than this stay in the source."""

MAX_DEPTH = 32
MAX_ELEMENTS = 200_000
MAX_INFLATED = 1 << 28
_WINDOW = 1 << 17

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG})

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})

SHORT_VRS = frozenset("AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())  # noqa: SIM905 - reads as a row
LONG_VRS = frozenset("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())  # noqa: SIM905
TEXT_VRS = frozenset("AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT".split())  # noqa: SIM905
_BYTE_VRS = {vr.encode(): vr for vr in SHORT_VRS | LONG_VRS}


class MalformedError(Exception):
    """The bytes are no DICOM object that can be read; carries an issue code and a place, never a value."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(code)


class Extent(NamedTuple):
    """Where a large value lies in the source; `fragments` when it is encapsulated (PS3.5 A.4)."""

    offset: int
    length: int
    fragments: bool = False


@dataclass(slots=True)
class Element:
    """One element: tag, value representation, raw value, items or extent; `text` replaces the value when set."""

    tag: int
    vr: str
    value: bytes | list[list[Element]] | Extent
    text: str | None = None
    ours: bool = False  # a value that de-identification made: pseudonym, dummy, restored meaning


def dictionary_vr(tag: int) -> str:
    """Return the VR of the data dictionary (PS3.6), the first of several, or UN."""
    entry = DicomDictionary.get(tag)
    if entry is None:
        if tag >> 16 & 1:
            return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
        mask = mask_match(tag) if tag >> 24 in (0x50, 0x60, 0x7F, 0x10, 0x20, 0x28, 0x00) else None
        entry = RepeatersDictionary.get(mask) if mask else None
        if entry is None:
            return "UL" if not tag & 0xFFFF else "UN"
    return entry[0][:2]


class Source:
    """The bytes of one object: a file, read piecewise, or bytes in memory."""

    def __init__(self, origin: Path | bytes) -> None:
        self._data = origin if isinstance(origin, bytes) else None
        self._fd = -1
        if isinstance(origin, Path):
            self._fd = os.open(origin, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        self.size = len(self._data) if self._data is not None else os.fstat(self._fd).st_size

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes, never more than there are."""
        length = max(0, min(length, self.size - offset))
        if self._data is not None:
            return self._data[offset : offset + length]
        parts = []
        while length and (part := _read_at(self._fd, length, offset)):
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def pieces(self, extent: Extent, size: int = 1 << 18) -> Iterator[bytes | memoryview]:
        """Yield an extent's bytes piece by piece, each valid until the next is asked for.

        Raises `MalformedError` when the source has shrunk.
        """
        offset, left = extent.offset, extent.length
        buffer = memoryview(bytearray(min(size, left)))
        while left:
            if self._data is not None:
                piece: bytes | memoryview = memoryview(self._data)[offset : offset + left]
            elif hasattr(os, "preadv"):
                piece = buffer[: os.preadv(self._fd, [buffer[: min(size, left)]], offset)]
            else:
                piece = _read_at(self._fd, min(size, left), offset)
            if not piece:
                raise MalformedError("dicom-truncated", "while copying a large value")
            yield piece
            offset += len(piece)
            left -= len(piece)

    def send(self, extent: Extent, target: int) -> None:
        """Append an extent to an open file without its bytes passing through this process, where the system can."""
        offset, left = extent.offset, extent.length
        while left and self._fd >= 0 and hasattr(os, "sendfile"):
            try:
                sent = os.sendfile(target, self._fd, offset, left)
            except OSError:  # not between these two files, or not on this system
                break
            if not sent:
                raise MalformedError("dicom-truncated", "while copying a large value")
            offset += sent
            left -= sent
        for piece in self.pieces(Extent(offset, left)):
            while piece:
                piece = piece[os.write(target, piece) :]


def _read_at(fd: int, length: int, offset: int) -> bytes:
    """Return up to `length` bytes at `offset`; by seeking on systems without positioned reads (Windows)."""
    if hasattr(os, "pread"):
        return os.pread(fd, length, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, length)


@dataclass(slots=True)
class Parsed:
    """A DICOM object as it stands in its source."""

    meta: list[Element]
    elements: list[Element]
    transfer_syntax: str
    implicit: bool
    little: bool
    data: Source  # what extents point into: the file, or its inflated form
    trailing: bool = False  # bytes behind the pixel data that are no elements


class _Parser:
    """Walks one run of bytes; forward only, through a window on the source."""

    def __init__(self, source: Source, little: bool) -> None:
        self.source, self.little = source, little
        self.base, self.buffer = 0, b""
        self.count = 0
        order = "<" if little else ">"
        self.tag_length = struct.Struct(order + "HHL").unpack_from
        self.short = struct.Struct(order + "H").unpack_from
        self.long = struct.Struct(order + "L").unpack_from
        self.trailing = False

    def at(self, position: int, need: int) -> int:
        """Return the index in the buffer of `position`, with at least `need` bytes behind it where they exist."""
        index = position - self.base
        if index < 0 or index + need > len(self.buffer):
            self.base, self.buffer = position, self.source.read(position, max(_WINDOW, need))
            index = 0
        return index

    def dataset(
        self, position: int, end: int, implicit: bool, depth: int, delimited: bool
    ) -> tuple[list[Element], int]:
        """Return the elements of an item from `position` on, and where they stop."""
        out: list[Element] = []
        while position < end:
            element, position = self.element(position, end, implicit, depth)
            if element is None:
                if not delimited:
                    raise MalformedError("dicom-malformed", "an item ends twice")
                return out, position
            out.append(element)
        if delimited:
            raise MalformedError("dicom-truncated", "inside an item")
        return out, position

    def element(self, position: int, end: int, implicit: bool, depth: int) -> tuple[Element | None, int]:
        """Return the element at `position`, or None for the end of an item, and where it stops."""
        if end - position < 8:
            raise MalformedError("dicom-truncated", "inside an element header")
        index = position - self.base
        if index < 0 or index + 12 > len(self.buffer):
            index = self.at(position, 12)
        group, number, length = self.tag_length(self.buffer, index)
        tag = group << 16 | number
        if group == 0xFFFE:
            if tag == ITEM_END:
                return None, position + 8
            raise MalformedError("dicom-malformed", "an item where an element should be")
        if implicit:
            vr, header = dictionary_vr(tag), 8
        else:
            vr, header, length = self._explicit(index, end - position)
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise MalformedError("dicom-malformed", f"more than {MAX_ELEMENTS} elements")
        if length != UNDEFINED and length <= LARGE and vr != "SQ" and vr != "UN" and tag not in PIXEL_DATA:
            start = position + header  # nearly every element: a small value of its own
            stop = start + length
            if stop <= end:
                index = start - self.base
                if index < 0 or index + length > len(self.buffer):
                    index = self.at(start, length)
                return Element(tag, vr, self.buffer[index : index + length]), stop
        return self._element(tag, vr, length, position + header, end, implicit, depth)

    def _count(self) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise MalformedError("dicom-malformed", f"more than {MAX_ELEMENTS} elements")

    def _explicit(self, index: int, left: int) -> tuple[str, int, int]:
        code = self.buffer[index + 4 : index + 6]
        vr = _BYTE_VRS.get(code)
        if vr in SHORT_VRS:
            return vr, 8, self.short(self.buffer, index + 6)[0]
        if vr is None and not (code.isalpha() and code.isupper()):
            raise MalformedError("dicom-malformed", "no value representation where one should be")
        if left < 12:
            raise MalformedError("dicom-truncated", "inside an element header")
        return vr or "UN", 12, self.long(self.buffer, index + 8)[0]

    def _element(
        self, tag: int, vr: str, length: int, start: int, end: int, implicit: bool, depth: int
    ) -> tuple[Element, int]:
        if length == UNDEFINED:
            if tag in PIXEL_DATA:
                stop = self._fragments(start, end)
                return Element(tag, "OB" if vr == "UN" else vr, Extent(start, stop - start, True)), stop
            items, stop = self.sequence(start, end, implicit or vr == "UN", depth + 1, True)
            return Element(tag, "SQ", items), stop
        stop = start + length
        if stop > end:
            raise MalformedError("dicom-truncated", "a value ends behind the end of its container")
        if vr == "SQ" or (vr == "UN" and dictionary_vr(tag) == "SQ"):
            items, _ = self.sequence(start, stop, implicit or vr == "UN", depth + 1, False)
            return Element(tag, "SQ", items), stop
        if length > LARGE or tag in PIXEL_DATA:
            return Element(tag, vr, Extent(start, length)), stop
        index = self.at(start, length)
        return Element(tag, vr, self.buffer[index : index + length]), stop

    def sequence(
        self, position: int, end: int, implicit: bool, depth: int, delimited: bool
    ) -> tuple[list[list[Element]], int]:
        """Return the items from `position` on, and where the sequence stops."""
        if depth > MAX_DEPTH:
            raise MalformedError("dicom-malformed", f"sequences deeper than {MAX_DEPTH}")
        items: list[list[Element]] = []
        while position < end:
            if end - position < 8:
                raise MalformedError("dicom-truncated", "inside an item header")
            index = self.at(position, 8)
            group, number, length = self.tag_length(self.buffer, index)
            tag, position = group << 16 | number, position + 8
            if tag == SEQUENCE_END and delimited:
                return items, position
            if tag != ITEM:
                raise MalformedError("dicom-malformed", "no item where one should be")
            self._count()
            if length == UNDEFINED:
                item, position = self.dataset(position, end, implicit, depth, True)
            else:
                if position + length > end:
                    raise MalformedError("dicom-truncated", "an item ends behind the end of its sequence")
                item, position = self.dataset(position, position + length, implicit, depth, False)
            items.append(item)
        if delimited:
            raise MalformedError("dicom-truncated", "inside a sequence")
        return items, position

    def _fragments(self, position: int, end: int) -> int:
        """Return where encapsulated pixel data ends, its delimiter included."""
        while end - position >= 8:
            group, number, length = self.tag_length(self.source.read(position, 8))
            tag, position = group << 16 | number, position + 8
            if tag == SEQUENCE_END:
                return position
            if tag != ITEM:
                raise MalformedError("dicom-malformed", "no fragment where one should be")
            position += length
        raise MalformedError("dicom-truncated", "inside encapsulated pixel data")

    def top(self, position: int, implicit: bool) -> list[Element]:
        """Return the whole data set; what cannot be parsed behind the pixel data is left out and remembered."""
        out: list[Element] = []
        end = self.source.size
        while position < end:
            try:
                found, position = self.element(position, end, implicit, 0)
                if found is None:
                    raise MalformedError("dicom-malformed", "the end of an item outside one")
            except MalformedError:
                if out and out[-1].tag in PIXEL_DATA:
                    self.trailing = True
                    break
                raise
            out.append(found)
        return out


def _meta(source: Source) -> tuple[list[Element], int]:
    """Return the file meta information (explicit VR little endian, PS3.10 7.1) and where the data set starts."""
    head = source.read(0, 132)
    if head[128:132] == b"DICM":
        position = 132
    elif head[:2] == b"\x02\x00":
        position = 0
    else:
        return [], 0
    parser, out = _Parser(source, True), []
    while position + 8 <= source.size:
        index = parser.at(position, 12)
        if parser.tag_length(parser.buffer, index)[0] != 2:
            break
        element, position = parser.element(position, source.size, False, 0)
        if element is not None:
            out.append(element)
    return out, position


def _inflate(source: Source, position: int) -> Source:
    """Return the inflated data set (PS3.5 A.5) within a bound on its size."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = engine.decompress(source.read(position, source.size - position), MAX_INFLATED)
    except zlib.error as error:
        raise MalformedError("dicom-malformed", "deflated data set") from error
    if engine.unconsumed_tail:
        raise MalformedError("dicom-malformed", f"deflated data set of more than {MAX_INFLATED} bytes")
    if not engine.eof:
        raise MalformedError("dicom-truncated", "inside a deflated data set")
    return Source(data)


def _looks_explicit(source: Source, position: int) -> bool:
    return source.read(position + 4, 2) in _BYTE_VRS


def parse(source: Source) -> Parsed:
    """Return the object that `source` holds; raise `MalformedError` for anything else."""
    if source.size == 0:
        raise MalformedError("dicom-empty")
    meta, position = _meta(source)
    syntax = ""
    for element in meta:
        if element.tag == 0x00020010 and isinstance(element.value, bytes):
            syntax = element.value.decode("ascii", "replace").strip("\0 ")
    if source.size - position < 8:
        raise MalformedError("dicom-truncated", "no data set")
    data, start = source, position
    if syntax == DEFLATED:
        data, start = _inflate(source, position), 0
    little = syntax != EXPLICIT_BIG
    implicit = not _looks_explicit(data, start)
    if not meta and not _plausible(data.read(start, 16)):
        raise MalformedError("dicom-not-dicom")
    if not syntax or (implicit and syntax in NATIVE) or (not implicit and syntax == IMPLICIT_LITTLE):
        syntax = IMPLICIT_LITTLE if implicit else syntax if syntax == DEFLATED else EXPLICIT_LITTLE
        little = True
    parser = _Parser(data, little)
    elements = parser.top(start, implicit)
    return Parsed(meta, elements, syntax, implicit, little, data, parser.trailing)


def parse_dataset(source: Source, implicit: bool, little: bool) -> list[Element]:
    """Return the elements of a data set without file meta information."""
    return _Parser(source, little).top(0, implicit)


def _plausible(head: bytes) -> bool:
    """Say whether a data set without preamble may start so: group 0008, little endian, a sane first length."""
    if len(head) < 8 or head[:2] != b"\x08\x00":
        return False
    return head[4:6] in _BYTE_VRS or struct.unpack_from("<L", head, 4)[0] < 1 << 16
