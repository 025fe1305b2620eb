"""Putting grey values into a data set, in the transfer syntax an archive would send; all of them lossless."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import gdcm
import numpy as np
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from cxrforge.synthetic.detector import Values


def fill(ds: Dataset, values: Values, syntax: str) -> None:
    """Set Pixel Data (7FE0,0010) and the transfer syntax; `syntax` is a key of `ENCODERS` or native."""
    data = values.astype(np.uint8) if ds.BitsAllocated == 8 else values
    if syntax == "native":
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        raw = data.tobytes()
        ds.PixelData = raw + b"\0" * (len(raw) % 2)
        ds["PixelData"].VR = "OB" if ds.BitsAllocated == 8 else "OW"
        return
    ENCODERS[syntax](ds, data)


def _jpegls(ds: Dataset, data: np.ndarray) -> None:
    ds.compress(JPEGLSLossless, data, generate_instance_uid=False)


def _rle(ds: Dataset, data: np.ndarray) -> None:
    ds.compress(RLELossless, data, encoding_plugin="pylibjpeg", generate_instance_uid=False)


def _jpeg2000(ds: Dataset, data: np.ndarray) -> None:
    ds.compress(JPEG2000Lossless, data, generate_instance_uid=False)


def _jpeg(ds: Dataset, data: np.ndarray) -> None:
    """Compress as JPEG Lossless SV1 by GDCM, which alone of the kept libraries writes it; headers stay ours."""
    bare = Dataset()
    bare.file_meta = type(ds.file_meta)()
    bare.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword in ("SOPClassUID", "SOPInstanceUID", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation",
                    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):  # fmt: skip
        setattr(bare, keyword, ds[keyword].value)
    bare.PixelData = data.tobytes()
    bare["PixelData"].VR = "OB" if ds.BitsAllocated == 8 else "OW"
    frame = _by_gdcm(bare)
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = JPEGLosslessSV1


def _by_gdcm(bare: Dataset) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a", Path(folder) / "b"
        dcmwrite(source, bare, enforce_file_format=True)
        reader = gdcm.ImageReader()
        reader.SetFileName(str(source))
        if not reader.Read():
            raise RuntimeError("GDCM cannot read what was just written")
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        if not change.Change():
            raise RuntimeError("GDCM cannot compress to JPEG Lossless")
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(target))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        if not writer.Write():
            raise RuntimeError("GDCM cannot write JPEG Lossless")
        made = dcmread(target)
        return next(iter(generate_frames(made.PixelData, number_of_frames=1)))


ENCODERS: dict[str, Callable[[Dataset, np.ndarray], None]] = {
    "jpegls": _jpegls,
    "rle": _rle,
    "jpeg2000": _jpeg2000,
    "jpeg": _jpeg,
}


def file_bytes(ds: Dataset) -> bytes:
    """Return the data set as a DICOM file."""
    out = io.BytesIO()
    dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue()
