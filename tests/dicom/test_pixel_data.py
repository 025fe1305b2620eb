"""Stored values out of a data set and losslessly back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread, uid
from pydicom.dataset import Dataset, FileMetaDataset

from cxrforge.dicom.pixel_data import LOSSLESS_OF, Undecodable, decode, decode_fully, encode

WRITABLE = [
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.RLELossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
]
DCMTK = {
    uid.JPEGLosslessSV1: "dcmdjpeg",
    uid.JPEGExtended12Bit: "dcmdjpeg",
    uid.JPEGBaseline8Bit: "dcmdjpeg",
    uid.RLELossless: "dcmdrle",
    uid.JPEGLSLossless: "dcmdjpls",
    uid.JPEGLSNearLossless: "dcmdjpls",
    uid.ExplicitVRLittleEndian: "dcmconv",
    uid.ImplicitVRLittleEndian: "dcmconv",
}


def image(
    stored: np.ndarray, syntax: str = uid.ExplicitVRLittleEndian, bits_stored: int | None = None, **more: object
) -> Dataset:
    """A minimal image object holding `stored` (frames, rows, columns[, samples]) natively, told to be `syntax`."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = uid.SecondaryCaptureImageStorage, "1.2.3"
    frames, ds.Rows, ds.Columns = stored.shape[:3]
    if frames > 1:
        ds.NumberOfFrames = frames
    ds.SamplesPerPixel = stored.shape[3] if stored.ndim == 4 else 1
    ds.PhotometricInterpretation = "MONOCHROME2" if stored.ndim == 3 else "RGB"
    if stored.ndim == 4:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = 8 * stored.dtype.itemsize
    ds.BitsStored = bits_stored or ds.BitsAllocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(stored.dtype.kind == "i")
    data = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    if syntax != uid.ExplicitVRLittleEndian:
        ds.file_meta.TransferSyntaxUID = syntax
        # The layout alone decides how values are put back; the native bytes are overwritten.
        encode(ds, stored)
    return ds


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_values_come_back_from_every_syntax(data: st.DataObject) -> None:
    signed = data.draw(st.booleans())
    allocated = data.draw(st.sampled_from([8, 16]))
    stored_bits = data.draw(st.sampled_from([8]) if allocated == 8 else st.sampled_from([10, 12, 15, 16]))
    frames = data.draw(st.integers(1, 3))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    low, high = (-(1 << (stored_bits - 1)), 1 << (stored_bits - 1)) if signed else (0, 1 << stored_bits)
    kind = f"{'i' if signed else 'u'}{allocated // 8}"
    stored = rng.integers(low, high, (frames, 33, 38), dtype=np.int64).astype(kind)
    syntax = data.draw(st.sampled_from(WRITABLE))
    ds = image(stored, syntax, bits_stored=stored_bits)
    assert ds.file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(decode(ds), stored)


@pytest.mark.parametrize("syntax", WRITABLE)
def test_colour_comes_back_from_every_syntax(syntax: str) -> None:
    stored = np.random.default_rng(0).integers(0, 256, (2, 40, 36, 3)).astype(np.uint8)
    np.testing.assert_array_equal(decode(image(stored, syntax)), stored)


@pytest.mark.parametrize(
    ("syntax", "kind", "shape"),
    [(uid.JPEG2000Lossless, np.uint16, (1, 16, 16)), (uid.JPEGLosslessSV1, np.uint8, (1, 15, 17))],
)
def test_an_image_that_its_codec_does_not_take_is_kept_natively(
    syntax: str, kind: type, shape: tuple[int, int, int]
) -> None:
    stored = np.random.default_rng(0).integers(0, 255, shape).astype(kind)
    ds = image(stored, syntax)
    assert ds.file_meta.TransferSyntaxUID == uid.ExplicitVRLittleEndian
    np.testing.assert_array_equal(decode(ds), stored)


def test_planar_colour_stays_planar() -> None:
    stored = np.random.default_rng(0).integers(0, 256, (1, 8, 6, 3)).astype(np.uint8)
    ds = image(stored)
    ds.PlanarConfiguration = 1
    ds.PixelData = np.moveaxis(stored, -1, 1).tobytes()
    before = ds.PixelData
    np.testing.assert_array_equal(decode(ds), stored)
    encode(ds, stored)
    assert ds.PixelData == before


def test_bits_above_bits_stored_are_no_value_but_are_noticed() -> None:
    stored = np.full((1, 8, 8), 100, np.uint16)
    ds = image(stored, bits_stored=12)
    assert decode_fully(ds).hidden == 0
    dirty = stored.copy()
    dirty[0, 2, 2:5] |= 0xF000
    ds.PixelData = dirty.tobytes()
    found = decode_fully(ds)
    np.testing.assert_array_equal(found.values, stored)
    assert found.hidden == 3


def test_a_second_image_behind_the_declared_frames_is_noticed() -> None:
    stored = np.full((1, 8, 8), 100, np.uint16)
    ds = image(stored)
    ds.PixelData += stored.tobytes()
    found = decode_fully(ds)
    np.testing.assert_array_equal(found.values, stored)
    assert found.hidden > 0
    encode(ds, found.values)
    assert decode_fully(ds).hidden == 0


def test_a_high_bit_in_the_high_place_is_read_and_normalised() -> None:
    stored = np.arange(64, dtype=np.uint16).reshape(1, 8, 8)
    ds = image(stored << 4, bits_stored=12)
    ds.HighBit = 15
    np.testing.assert_array_equal(decode(ds), stored)
    encode(ds, stored)
    assert ds.HighBit == 11
    np.testing.assert_array_equal(decode(ds), stored)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"PixelData": None}, "dicom-not-an-image"),
        ({"PixelData": b""}, "dicom-not-an-image"),
        ({"Rows": 0}, "dicom-undecodable"),
        ({"Rows": 65535, "Columns": 65535}, "dicom-undecodable"),
        ({"NumberOfFrames": 100_000_000}, "dicom-undecodable"),
        ({"BitsAllocated": 12}, "dicom-undecodable"),
        ({"BitsStored": 17}, "dicom-undecodable"),
        ({"Rows": 9}, "dicom-undecodable"),
        ({"SamplesPerPixel": 2}, "dicom-undecodable"),
    ],
)
def test_claims_that_cannot_be_believed_are_turned_away(change: dict[str, object], code: str) -> None:
    ds = image(np.zeros((1, 8, 8), np.uint16))
    for keyword, value in change.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    with pytest.raises(Undecodable) as caught:
        decode(ds)
    assert caught.value.issue.code == code


@pytest.mark.parametrize("syntax", [s for s in WRITABLE if s.is_encapsulated])
def test_a_codestream_cut_short_is_turned_away(syntax: str) -> None:
    ds = image(np.random.default_rng(0).integers(0, 4096, (1, 64, 64)).astype(np.uint16), syntax, bits_stored=12)
    ds.PixelData = ds.PixelData[: len(ds.PixelData) // 2]
    with pytest.raises(Undecodable):
        decode(ds)


@pytest.mark.parametrize("syntax", [uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEG2000Lossless])
def test_a_codestream_of_another_size_is_turned_away_before_it_is_decoded(syntax: str) -> None:
    ds = image(np.zeros((1, 64, 64), np.uint16), syntax)
    ds.Rows = 32
    with pytest.raises(Undecodable):
        decode(ds)


def test_an_unknown_syntax_is_named_as_such() -> None:
    ds = image(np.zeros((1, 8, 8), np.uint16))
    ds.file_meta.TransferSyntaxUID = uid.MPEG2MPML
    with pytest.raises(Undecodable) as caught:
        decode(ds)
    assert caught.value.issue.code == "dicom-transfer-syntax"


def test_every_real_image_reads_as_dcmtk_reads_it_and_comes_back_without_loss(
    shared_data: Path, tmp_path: Path
) -> None:
    compared = 0
    for path in sorted((shared_data / "dicom").rglob("*.dcm")):
        ds = dcmread(path)
        try:
            stored = decode(ds)
        except Undecodable:
            assert "PixelData" not in ds
            continue
        source = ds.file_meta.TransferSyntaxUID
        tool = DCMTK.get(source)
        if tool and shutil.which(tool):
            np.testing.assert_array_equal(_by_dcmtk(tool, path, tmp_path), stored, err_msg=path.name)
            compared += 1
        encode(ds, stored)
        assert ds.file_meta.TransferSyntaxUID == LOSSLESS_OF[source]
        ds.save_as(tmp_path / "again.dcm")
        again = dcmread(tmp_path / "again.dcm")
        np.testing.assert_array_equal(decode(again), stored, err_msg=path.name)
        tool = DCMTK.get(again.file_meta.TransferSyntaxUID)
        if tool and shutil.which(tool):
            np.testing.assert_array_equal(_by_dcmtk(tool, tmp_path / "again.dcm", tmp_path), stored, err_msg=path.name)
    assert compared > 8 or not shutil.which("dcmdjpeg")


def _by_dcmtk(tool: str, path: Path, folder: Path) -> np.ndarray:
    """Stored values as an independent decoder sees them."""
    target = folder / "dcmtk.dcm"
    subprocess.run(
        [tool, *(["+te"] if tool == "dcmconv" else []), str(path), str(target)], check=True, capture_output=True
    )
    ds = dcmread(target)
    return decode(ds)
