"""Elements back into bytes, and a whole object into a file that appears all at once."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path

from cxrforge.dicom.charsets import UNICODE, Charset
from cxrforge.dicom.elements import DEFLATED, ITEM, SHORT_VRS, UNDEFINED, Element, Extent, Source

IMPLEMENTATION_CLASS_UID = "2.25.302043790172249692526321623266752743501"
IMPLEMENTATION_VERSION = "CXRFORGE"
_CHARSET_VRS = frozenset({"SH", "LO", "ST", "LT", "UC", "UT", "PN"})
_NUL_PADDED = frozenset({"UI", "OB", "UN"})

Chunk = bytes | Extent


def settle_charset(elements: list[Element], charset: Charset) -> tuple[list[Element], Charset]:
    """Return elements whose texts are encoded, and the character set that holds them all.

    The declared set stays where it is valid and sufficient, otherwise everything becomes UTF-8.
    """
    if charset.valid:
        with suppress(UnicodeEncodeError):
            return [_encoded(e, charset, charset) for e in elements], charset
    return [_encoded(e, charset, UNICODE) for e in elements], UNICODE


def _encoded(element: Element, old: Charset, new: Charset) -> Element:
    value = element.value
    if isinstance(value, list):
        value = [[_encoded(e, old, new) for e in item] for item in value]
    elif element.text is not None:
        value = new.encode(element.text)
    elif old is not new and isinstance(value, bytes) and element.vr in _CHARSET_VRS and not value.isascii():
        value = new.encode(old.decode(value))
    else:
        return element
    return Element(element.tag, element.vr, value, None, element.ours)


def encode(elements: list[Element], implicit: bool, little: bool) -> tuple[list[Chunk], int]:
    """Return a data set as chunks of bytes and extents, and its length; sequences get defined lengths."""
    order = "<" if little else ">"
    chunks: list[Chunk] = []
    buffer = bytearray()
    total = 0
    for element in elements:
        body: list[Chunk]
        if isinstance(element.value, bytes):
            value = element.value
            if len(value) % 2:
                value += b"\0" if element.vr in _NUL_PADDED else b" "
            buffer += _header(element, len(value), implicit, order)
            buffer += value
            continue
        if isinstance(element.value, list):
            body, length = _items(element.value, implicit, little)
        else:
            body, length = [element.value], element.value.length
        fragments = isinstance(element.value, Extent) and element.value.fragments
        buffer += _header(element, UNDEFINED if fragments else length, implicit, order)
        for part in body:
            if isinstance(part, Extent):
                chunks += [bytes(buffer), part]
                total += len(buffer) + part.length
                buffer = bytearray()
            else:
                buffer += part
    if buffer:
        chunks.append(bytes(buffer))
        total += len(buffer)
    return chunks, total


def _items(items: list[list[Element]], implicit: bool, little: bool) -> tuple[list[Chunk], int]:
    order = "<" if little else ">"
    chunks: list[Chunk] = []
    total = 0
    for item in items:
        body, length = encode(item, implicit, little)
        chunks.append(struct.pack(order + "HHL", ITEM >> 16, ITEM & 0xFFFF, length))
        chunks += body
        total += 8 + length
    return chunks, total


def _header(element: Element, length: int, implicit: bool, order: str) -> bytes:
    group, number = element.tag >> 16, element.tag & 0xFFFF
    if implicit:
        return struct.pack(order + "HHL", group, number, length)
    if element.vr in SHORT_VRS:
        if length <= 0xFFFF:
            return struct.pack(order + "HH2sH", group, number, element.vr.encode(), length)
        return struct.pack(order + "HH2sHL", group, number, b"UN", 0, length)  # PS3.5 6.2.2
    return struct.pack(order + "HH2sHL", group, number, element.vr.encode(), 0, length)


def file_meta(sop_class: str, sop_instance: str, transfer_syntax: str) -> bytes:
    """Return preamble, prefix and the file meta information of PS3.10 table 7.1-1; nothing of the source's."""
    elements = [
        Element(0x00020001, "OB", b"\0\1"),
        Element(0x00020002, "UI", sop_class.encode()),
        Element(0x00020003, "UI", sop_instance.encode()),
        Element(0x00020010, "UI", transfer_syntax.encode()),
        Element(0x00020012, "UI", IMPLEMENTATION_CLASS_UID.encode()),
        Element(0x00020013, "SH", IMPLEMENTATION_VERSION.encode()),
    ]
    chunks, length = encode(elements, False, True)
    body = b"".join(c for c in chunks if isinstance(c, bytes))
    group_length = struct.pack("<HH2sHL", 2, 0, b"UL", 4, length)
    return b"\0" * 128 + b"DICM" + group_length + body


def deflate(chunks: list[Chunk], data: Source) -> list[Chunk]:
    """Return a data set deflated (PS3.5 A.5)."""
    engine = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = b"".join(engine.compress(piece) for piece in pieces(chunks, data)) + engine.flush()
    return [body + b"\0" * (len(body) % 2)]


def pieces(chunks: list[Chunk], data: Source) -> Iterator[bytes | memoryview]:
    """Yield chunks as bytes, extents read piece by piece from `data`."""
    for chunk in chunks:
        if isinstance(chunk, Extent):
            yield from data.pieces(chunk)
        else:
            yield chunk


def write_file(output: Path, head: bytes, chunks: list[Chunk], data: Source, transfer_syntax: str, digest: bool) -> str:
    """Write an object so that it is there whole or not at all; return its SHA-256, or nothing without `digest`."""
    if transfer_syntax == DEFLATED:
        chunks = deflate(chunks, data)
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb", buffering=0) as file:
            sha256 = _hashed(file, [head, *chunks], data) if digest else _sent(file, [head, *chunks], data)
            os.fsync(file.fileno())
        os.replace(partial, output)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return sha256


def _hashed(file: FileIO, chunks: list[Chunk], data: Source) -> str:
    digest = hashlib.sha256()
    for piece in pieces(chunks, data):
        _write(file, piece)
        digest.update(piece)
    return digest.hexdigest()


def _sent(file: FileIO, chunks: list[Chunk], data: Source) -> str:
    for chunk in chunks:
        if isinstance(chunk, Extent):
            data.send(chunk, file.fileno())
        else:
            _write(file, chunk)
    return ""


def _write(file: FileIO, piece: bytes | memoryview) -> None:
    while len(piece) > (written := file.write(piece) or 0):
        piece = piece[written:]
