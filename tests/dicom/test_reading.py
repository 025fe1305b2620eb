"""Any bytes give a data set or a coded issue."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from cxrforge.dicom.reading import looks_like_dicom, read_object
from cxrforge.records import Issue
from cxrforge.tables import issue_codes

META = b"\0" * 128 + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
DEFLATED = b"\0" * 128 + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", 22) + b"1.2.840.10008.1.2.1.99"


def code(data: bytes) -> str:
    found = read_object(data)
    assert isinstance(found, Issue)
    assert found.code in issue_codes.load()
    return found.code


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "dicom-empty"),
        (b"hello, this is no DICOM file at all", "dicom-not-dicom"),
        (META, "dicom-truncated"),
        (META + struct.pack("<HH2sH", 8, 0x60, b"CS", 400) + b"DX", "dicom-truncated"),
        (META + struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OW", 0, 0xFFFFFFF0), "dicom-truncated"),
        (META + struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF), "dicom-truncated"),
        (
            META + struct.pack("<HH2sH", 8, 0x60, b"CS", 2) + b"DX" + b"\x08\x00\x61\x00\x01\x02\x03\x04",
            "dicom-malformed",
        ),
        (
            META + struct.pack("<HH2sHLHHL", 8, 0x1115, b"SQ", 0, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF) * 60,
            "dicom-malformed",
        ),
        (DEFLATED + b"not deflated", "dicom-malformed"),
    ],
)
def test_bad_bytes_are_coded(data: bytes, expected: str) -> None:
    assert code(data) == expected


def test_deflate_bomb_is_stopped_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxrforge.dicom.elements.MAX_INFLATED", 1 << 20)
    assert code(DEFLATED + zlib.compress(b"\0" * (8 << 20), 9)[2:-4]) == "dicom-malformed"


@given(st.binary(max_size=400))
def test_any_bytes_behind_a_header_never_raise(tail: bytes) -> None:
    assert isinstance(read_object(META + tail), Dataset | Issue)
    assert isinstance(read_object(tail), Dataset | Issue)


def test_real_files_look_like_dicom_and_open(shared_data: Path) -> None:
    for path in sorted((shared_data / "dicom").rglob("*.dcm")):
        assert looks_like_dicom(path.read_bytes()[:132]), path.name
        ds = read_object(path)
        assert isinstance(ds, Dataset)
        assert ds.SOPInstanceUID


def test_cut_files_are_truncated(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "dicom" / "highdicom_dx_image.dcm").read_bytes()
    for size in (100, 140, 300, 1000, 20_000, len(whole) - 1):
        assert code(whole[:size]) in {"dicom-truncated", "dicom-not-dicom", "dicom-malformed"}


def test_deferred_pixels_are_read_when_asked_for(shared_data: Path) -> None:
    for name in ("highdicom_dx_image.dcm", "JPLL_RG3_JPLL.dcm"):
        path = shared_data / "dicom" / name
        lazy, eager = read_object(path), read_object(path, defer_pixels=False)
        assert isinstance(lazy, Dataset)
        assert isinstance(eager, Dataset)
        assert lazy.PixelData == eager.PixelData
        assert lazy.pixel_array.shape == eager.pixel_array.shape
