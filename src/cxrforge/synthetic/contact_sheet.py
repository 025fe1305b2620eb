"""A sheet of radiographs side by side, for the documentation and for judging likeness by eye."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

Grey = NDArray[np.uint8]


def tile(ds: Dataset, side: int = 320) -> Grey:
    """Return one radiograph as (side, side) 8-bit grey, bones bright, centred on black."""
    values = ds.pixel_array.astype(np.float32)
    if ds.PhotometricInterpretation == "MONOCHROME1":
        values = values.max() - values
    low, high = np.percentile(values, (0.5, 99.5))
    shown = np.clip((values - low) / max(float(high - low), 1.0) * 255, 0, 255).astype(np.uint8)
    scale = side / max(shown.shape)
    size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    canvas: Grey = np.zeros((side, side), np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small
    return canvas


def sheet(tiles: Iterable[Grey], columns: int = 8) -> Grey:
    """Return tiles of one size in rows of `columns`, the last row filled up with black."""
    listed = list(tiles)
    if not listed:
        raise ValueError("a contact sheet needs at least one tile")
    listed += [np.zeros_like(listed[0])] * (-len(listed) % columns)
    rows = [np.hstack(listed[n : n + columns]) for n in range(0, len(listed), columns)]
    whole: Grey = np.vstack(rows)
    return whole
