"""What leaves, in every transfer syntax of real files, as decoders that are not ours see it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread, uid
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from radiographs import radiograph

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import make_policy
from cxrforge.dicom.pixel_data import LOSSLESS_OF, decode
from cxrforge.pixels import redaction
from cxrforge.pixels.redaction import PixelPolicy, make_redactor
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import DeviceRegion

READERS = {
    uid.JPEGBaseline8Bit: ["dcmdjpeg"],
    uid.JPEGExtended12Bit: ["dcmdjpeg"],
    uid.JPEGLosslessSV1: ["dcmdjpeg"],
    uid.JPEGLSLossless: ["dcmdjpls"],
    uid.JPEGLSNearLossless: ["dcmdjpls"],
    uid.RLELossless: ["dcmdrle"],
    uid.JPEG2000: ["gdcmconv", "--raw"],
    uid.JPEG2000Lossless: ["gdcmconv", "--raw"],
}
LOSSY = {uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLSNearLossless}
FOOT = {"left": 0.1, "top": 0.8, "width": 0.3, "height": 0.1}


def files() -> list[str]:
    return [
        "RLE_RG3_RLE.dcm", "JPLL_RG3_JPLL.dcm", "JPLY_RG2_JPLY.dcm", "JLSL_RG3_JLSL.dcm", "JLSN_RG1_JLSN.dcm",
        "RG3_J2KR.dcm", "RG1_J2KI.dcm", "fodicom_OutOfBoundsOverlay.dcm", "presidio_burnedin/2_ORIGINAL.dcm",
        "presidio_burnedin/RGB_ORIGINAL.dcm", "xrv_Fake_MONOHR1.dcm",
    ]  # fmt: skip


def read_elsewhere(path: Path, folder: Path) -> np.ndarray:
    """Stored values as DCMTK or GDCM sees them; native ones as they lie in the file."""
    ds = dcmread(path)
    reader = READERS.get(ds.file_meta.TransferSyntaxUID)
    if reader:
        if not shutil.which(reader[0]):
            pytest.skip(f"{reader[0]} is not installed")
        path = folder / "plain.dcm"
        subprocess.run([*reader, str(ds.filename), str(path)], check=True, capture_output=True)
    plain = dcmread(path)
    kind = np.dtype(f"<{'i' if plain.PixelRepresentation else 'u'}{plain.BitsAllocated // 8}")
    data = np.frombuffer(plain.PixelData, kind)[: plain.Rows * plain.Columns * plain.SamplesPerPixel]
    return data.reshape(plain.Rows, plain.Columns, -1)


def deidentified(
    source: Path, folder: Path, pseudonyms: Pseudonymizer, monkeypatch: pytest.MonkeyPatch, region: bool
) -> Dataset:
    """The output for `source` with one fixed place redacted, or none; the search for text sees nothing."""
    monkeypatch.setattr(redaction, "find_text", lambda *_, **__: [])
    ds = dcmread(source)
    ds.ManufacturerModelName = "ROOM ONE"
    ds.save_as(folder / "source.dcm")
    devices = (DeviceRegion(**FOOT, model="Room One"),) if region else ()
    made = deidentify_object(
        folder / "source.dcm",
        folder / "output.dcm",
        policy=make_policy(("clean-pixel-data",), ""),
        pseudonyms=pseudonyms,
        redactor=make_redactor(PixelPolicy(devices=devices)),
    )
    assert made.written, made.issues
    return dcmread(folder / "output.dcm")


@pytest.mark.parametrize("name", files())
def test_outside_a_redaction_every_pixel_is_what_it_was(
    name: str, shared_data: Path, tmp_path: Path, pseudonyms: Pseudonymizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shared_data / "dicom" / name
    before = dcmread(source)
    after = deidentified(source, tmp_path, pseudonyms, monkeypatch, region=True)
    syntax = before.file_meta.TransferSyntaxUID
    assert after.file_meta.TransferSyntaxUID == LOSSLESS_OF[syntax]
    assert after.ImageType[0] == "DERIVED" and "redacted" in after.DerivationDescription
    if syntax in LOSSY or before.get("LossyImageCompression") == "01":
        assert after.LossyImageCompression == "01", "values that went through a lossy codec stay so"
        assert after.get("LossyImageCompressionMethod") == before.get("LossyImageCompressionMethod")
    else:
        assert after.get("LossyImageCompression", "00") in ("00", None)
    was, now = read_elsewhere(source, tmp_path), read_elsewhere(tmp_path / "output.dcm", tmp_path)
    rows, columns = was.shape[:2]
    inside = np.zeros((rows, columns), bool)
    inside[int(0.8 * rows) : -(-9 * rows // 10) + 1, int(0.1 * columns) : -(-4 * columns // 10) + 1] = True
    np.testing.assert_array_equal(now[~inside], was[~inside])
    assert (
        len(np.unique(now[int(0.8 * rows) + 1 : int(0.9 * rows) - 1, int(0.1 * columns) + 1 : int(0.4 * columns) - 1]))
        == 1
    )


@pytest.mark.parametrize("name", files())
def test_an_untouched_image_keeps_its_pixel_data_byte_for_byte(
    name: str, shared_data: Path, tmp_path: Path, pseudonyms: Pseudonymizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dcmread(shared_data / "dicom" / name)
    after = deidentified(shared_data / "dicom" / name, tmp_path, pseudonyms, monkeypatch, region=False)
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    if before.file_meta.TransferSyntaxUID.is_compressed:
        frames = [list(generate_frames(ds.PixelData, number_of_frames=1)) for ds in (before, after)]
        assert frames[0] == frames[1]
    assert after.PixelData == before.PixelData
    assert after.get("ImageType") == before.get("ImageType")


def test_an_overlay_with_a_name_does_not_leave(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = radiograph()
    ds.SOPClassUID, ds.SOPInstanceUID = uid.ComputedRadiographyImageStorage, "1.2.826.0.1.3680043.2.1.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.826.0.1.3680043.2.1.2", "1.2.826.0.1.3680043.2.1.3"
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.add_new(0x60000010, "US", 600)
    ds.add_new(0x60000011, "US", 500)
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000050, "SS", [1, 1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60003000, "OW", np.packbits(np.ones(300_000, np.uint8), bitorder="little").tobytes())
    ds.save_as(tmp_path / "source.dcm", enforce_file_format=True)
    before = decode(ds)
    deidentify_object(
        tmp_path / "source.dcm", tmp_path / "output.dcm", policy=make_policy(("clean-pixel-data",), ""),
        pseudonyms=pseudonyms, redactor=make_redactor(),
    )  # fmt: skip
    after = dcmread(tmp_path / "output.dcm")
    assert not [e for e in after if e.tag.group == 0x6000 and e.tag.element == 0x3000]
    np.testing.assert_array_equal(decode(after), before)
