"""Small PNGs with CheXpert's names and lists."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from cxrforge.errors import UsageError
from cxrforge.formats.derived import derivations
from cxrforge.formats.release_content import ImageFile
from cxrforge.formats.release_tree import write_release


def _dicom(path: Path) -> None:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1000, 800, 16, 12, 11
    ds.PixelRepresentation, ds.SamplesPerPixel, ds.PhotometricInterpretation = 0, 1, "MONOCHROME1"
    ds.WindowCenter, ds.WindowWidth = 2048, 4096
    stored = np.linspace(0, 4095, 800, dtype="<u2")[None].repeat(1000, 0)
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
    ds.save_as(path, enforce_file_format=True)


@pytest.fixture
def derived(make_content, tmp_path: Path):  # type: ignore[no-untyped-def]
    _dicom(tmp_path / "image.dcm")
    data = (tmp_path / "image.dcm").read_bytes()
    content = make_content()
    told = {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
    images = [ImageFile(replace(i.row, **told), tmp_path / "image.dcm") for i in content.images]
    return replace(content, images=images)


def test_every_image_has_a_png_that_its_list_names(derived, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = write_release(tmp_path / "r", derived, derived=512).folder / "derived" / "png-512"
    listed = []
    for split in ("train", "valid", "test"):
        for row in csv.DictReader((folder / f"{split}.csv").open()):
            assert re.fullmatch(rf"{split}/patient\w+/study\w+/view[12]_(frontal|lateral)\.png", row["Path"])
            assert (row["Frontal/Lateral"] == "Frontal") == ("frontal" in row["Path"])
            listed.append(row["Path"])
    assert sorted(listed) == sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.png"))
    assert len(listed) == len(derived.images) == 24
    assert json.loads((folder / "transform.json").read_text())["longer_side"] == 512


def test_the_png_is_small_8_bit_and_shown_the_right_way_round(derived, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = write_release(tmp_path / "r", derived, derived=512).folder
    small = cv2.imread(str(next((folder / "derived").rglob("*.png"))), cv2.IMREAD_UNCHANGED)
    assert small.shape == (512, 410) and small.dtype == np.uint8
    assert small[0, 0] > 250 and small[0, -1] < 5  # MONOCHROME1: low values are bright


def test_derived_releases_have_the_same_bytes_twice(derived, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    one, other = (write_release(tmp_path / name, derived, derived=512).digest for name in ("a", "b"))
    assert one == other


def test_an_odd_side_is_refused(derived, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError):
        derivations(derived, 333, tmp_path)
