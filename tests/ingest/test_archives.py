"""Zips are read within bounds: bombs, lies and damage end in a code."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from cxrforge.ingest.archives import BrokenMemberError, find_member, list_members, read_member
from cxrforge.ingest.limits import MIB, Limits
from cxrforge.ingest.scan import FoundFile, find_files

SMALL = Limits(free_bytes=1000, max_zip_ratio=50)


def pack(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def codes(found: list[FoundFile]) -> list[str | None]:
    return [f.issue.code if f.issue else None for f in found]


def test_a_member_that_expands_too_far_is_turned_away(tmp_path: Path) -> None:
    bomb = pack(tmp_path / "z", {"bomb": b"\0" * 200_000, "fine": bytes(range(256)) * 40})
    assert codes(list(find_files(bomb, Limits(free_bytes=1000, max_zip_ratio=300)))) == ["zip-bomb", None]


def test_a_zip_that_expands_too_far_as_a_whole_is_not_opened(tmp_path: Path) -> None:
    bomb = pack(tmp_path / "z", {f"{n}": b"\0" * 900 for n in range(300)})
    assert codes(list(find_files(bomb, Limits(free_bytes=1000, max_zip_ratio=5)))) == ["zip-bomb"]


def test_overlapping_members_count_with_all_they_claim(tmp_path: Path) -> None:
    """Fifield 2019: many directory entries point to one kernel of zeros."""
    path = pack(tmp_path / "z", {"kernel": b"\0" * MIB})
    raw = path.read_bytes()
    start = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry = raw[start:end]
    copies = [entry[:46] + f"{n:06}".encode() for n in range(500)]
    directory = b"".join(copies)
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 500, 500, len(directory), start, 0)
    path.write_bytes(raw[:start] + directory + tail)
    assert codes(list(find_files(path))) == ["zip-bomb"]


def test_a_member_longer_than_it_claims_is_not_expanded(tmp_path: Path) -> None:
    path = pack(tmp_path / "z", {"liar": b"\0" * (64 * MIB)})
    raw = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(signature) + place, 10)
    path.write_bytes(raw)
    tracemalloc.start()
    with pytest.raises(BrokenMemberError):
        read_member(path, find_member(path, "liar", Limits()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_bounded_compression_is_read(tmp_path: Path, method: int) -> None:
    assert codes(list(find_files(pack(tmp_path / "z", {"m": b"x" * 100}, method)))) == ["zip-method"]


def test_an_encrypted_member_is_turned_away(tmp_path: Path) -> None:
    path = pack(tmp_path / "z", {"m": b"secret"})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert codes(list(find_files(path))) == ["zip-encrypted"]


def test_too_many_members_and_too_large_a_directory_are_turned_away(tmp_path: Path) -> None:
    path = pack(tmp_path / "z", {f"{n}": b"" for n in range(20)})
    assert codes(list(find_files(path, Limits(max_zip_members=19)))) == ["zip-too-many"]
    assert codes(list(find_files(path, Limits(max_zip_directory_bytes=100)))) == ["zip-too-many"]


def test_a_name_that_stands_twice_is_read_once(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("m", b"first")
        archive.writestr("m", b"second")
    assert codes(list(find_files(tmp_path / "z"))) == ["zip-name-twice", None]
    assert read_member(tmp_path / "z", find_member(tmp_path / "z", "m", Limits())) == b"second"


def test_office_documents_are_one_stray_file(tmp_path: Path) -> None:
    path = pack(tmp_path / "list.xlsx", {"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"})
    assert codes(list(find_files(path))) == ["not-an-export-file"]


def test_a_word_document_is_one_file_to_be_read(tmp_path: Path) -> None:
    path = pack(tmp_path / "letter.docx", {"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"})
    assert [(f.locator, f.issue) for f in find_files(path)] == [(str(path), None)]


def test_an_empty_zip_has_no_files(tmp_path: Path) -> None:
    assert list(find_files(pack(tmp_path / "z", {}))) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_whole(tmp_path: Path, method: int) -> None:
    content = bytes(range(256)) * 12_000 + b"\0" * 3_000_000
    path = pack(tmp_path / "z", {"m": content}, method)
    assert read_member(path, find_member(path, "m", Limits())) == content


def test_a_damaged_zip_never_raises_anything_else(tmp_path: Path) -> None:
    whole = pack(tmp_path / "z", {"a": bytes(range(256)) * 20, "b": b"text " * 50}).read_bytes()
    for place in range(0, len(whole), 7):
        for damaged in (whole[:place], whole[:place] + b"\xff\xff\xff\xff" + whole[place + 4 :]):
            path = tmp_path / "damaged"
            path.write_bytes(damaged)
            for found in find_files(path):
                if found.issue or "!" not in found.locator:
                    continue
                name = found.locator.split("!", 1)[1]
                try:
                    assert len(read_member(path, find_member(path, name, Limits()))) == found.size
                except BrokenMemberError:
                    continue


def test_zip64_directories_are_measured(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("m", b"content")
    raw = bytearray(buffer.getvalue())
    end = raw.index(b"PK\x05\x06")
    _, _, _, _, count, size, offset, _ = struct.unpack_from("<4s4H2IH", raw, end)
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path = tmp_path / "z"
    path.write_bytes(bytes(raw[:end]) + record + locator + tail)
    assert [member.name for member in list_members(path, Limits()).members] == ["m"]
    assert codes(list(find_files(path, Limits(max_zip_directory_bytes=10)))) == ["zip-too-many"]
