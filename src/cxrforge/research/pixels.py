"""The pixels of a release's images as arrays: the radiograph at native depth, or its PNG."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray

from cxrforge.dicom.display import display
from cxrforge.errors import UsageError


class PixelSource(StrEnum):
    """Where pixels come from: the DICOM objects, or the derivative with that longer side."""

    DICOM = "dicom"
    PNG_512 = "png-512"
    PNG_1024 = "png-1024"


def read_dicom(folder: Path, path: str) -> NDArray[np.float32]:
    """Return display values in 0..1, float32 `(rows, columns)`; what the detector told apart stays apart."""
    place = inside(folder, path)
    try:
        ds = pydicom.dcmread(place)
        return np.clip(display(ds, ds.pixel_array), 0, 1)
    except (OSError, ValueError, AttributeError, NotImplementedError, RuntimeError, pydicom.errors.InvalidDicomError):
        raise _unreadable(path) from None


def read_png(folder: Path, path: str) -> NDArray[np.float32]:
    """Return an 8-bit PNG as 0..1, float32 `(rows, columns)`."""
    place = inside(folder, path)
    found: Any = cv2.imread(str(place), cv2.IMREAD_GRAYSCALE) if place.is_file() else None
    if found is None:
        raise _unreadable(path)
    values: NDArray[np.float32] = found.astype(np.float32) / np.float32(255)
    return values


def fitted(image: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return an image of `(side, side)`: aspect kept, area resampling when it shrinks, black around it."""
    rows, columns = image.shape
    scale = side / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, size, interpolation=method)
    framed = np.zeros((side, side), np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    framed[top : top + size[1], left : left + size[0]] = small
    return framed


def inside(folder: Path, path: str) -> Path:
    """Return a path of the release's tables on this machine; UsageError where it leads out of the release."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or "\\" in path or ":" in path:
        raise UsageError(
            "a table of the release names a file outside it",
            where="tables/images.parquet",
            next_step="Do not use this copy; check it with `cxrforge release verify`.",
        )
    return folder / parts


def _unreadable(path: str) -> UsageError:
    """Tell which file; its path in the release is made of pseudonyms."""
    return UsageError(
        "an image of the release cannot be read",
        where=path,
        next_step="Check the copy with `cxrforge release verify`.",
    )
