"""Made-up radiographs for the tests of this room."""

from __future__ import annotations

import cv2
import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset


def written(texts: dict[str, tuple[int, int]], shape: tuple[int, int]) -> np.ndarray:
    """Where lines of text at (column, row) places have ink."""
    ink = np.zeros(shape, np.uint8)
    for text, place in texts.items():
        cv2.putText(ink, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 1, 2)
    return ink > 0


def radiograph(
    texts: dict[str, tuple[int, int]] | None = None,
    *,
    shape: tuple[int, int] = (600, 500),
    frames: int = 1,
    **more: object,
) -> Dataset:
    """A smooth made-up radiograph of 12 bits with lines of text at (column, row) places."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    body = 1500 + 900 * np.cos(rows / 160) * np.sin(columns / 130)
    noise = np.random.default_rng(3).normal(0, 12, shape)
    frame = np.clip(body + noise, 0, 3000).astype(np.uint16)
    frame[written(texts or {}, shape)] = 4095
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.Rows, ds.Columns, ds.SamplesPerPixel = *shape, 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    if frames > 1:
        ds.NumberOfFrames = frames
    ds.PixelData = np.stack([frame] * frames).tobytes()
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    return ds
