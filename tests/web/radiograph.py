"""Radiographs written for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid


def write(path: Path, values: NDArray[Any], **header: Any) -> Path:
    """Write a radiograph with these stored values."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Rows, ds.Columns = values.shape[:2]
    ds.SamplesPerPixel = 1 if values.ndim == 2 else 3
    ds.PhotometricInterpretation = "MONOCHROME2" if values.ndim == 2 else "RGB"
    if values.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = ds.BitsStored = 8 * values.dtype.itemsize
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(values.dtype.kind == "i")
    ds.PixelData = values.tobytes() + b"\0" * (values.nbytes % 2)
    for name, value in header.items():
        setattr(ds, name, value)
    ds.save_as(path, enforce_file_format=True)
    return path
