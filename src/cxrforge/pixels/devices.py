"""Fixed places where a device burns text in: configured by a site, applied besides detection, learnt from outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from cxrforge.records import Box, DeviceRegion

_GRID = 50
"""Cells along each side in which recurring text is counted: 2 % of the image."""


def boxes_for(ds: Dataset, regions: Iterable[DeviceRegion]) -> tuple[Box, ...]:
    """Return the boxes, in stored pixels, that the device which made `ds` always loses."""
    rows, columns = int(ds.Rows), int(ds.Columns)
    header = {
        "manufacturer": _plain(ds.get("Manufacturer")),
        "model": _plain(ds.get("ManufacturerModelName")),
        "station": _plain(ds.get("StationName")),
    }
    found = []
    for region in regions:
        if all(_plain(getattr(region, name)) in value for name, value in header.items()):
            left, top = int(region.left * columns), int(region.top * rows)
            right = min(columns, int(np.ceil((region.left + region.width) * columns)))
            bottom = min(rows, int(np.ceil((region.top + region.height) * rows)))
            found.append(Box(left, top, right - left, bottom - top))
    return tuple(found)


def _plain(value: object) -> str:
    return "".join(str(value or "").casefold().split())


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A place where a device's images keep losing text: shares of the image's sides, and the share of images."""

    left: float
    top: float
    width: float
    height: float
    share: float


def recurring(
    images: Iterable[tuple[tuple[int, int], Iterable[Box]]], least: float = 0.5, least_images: int = 20
) -> tuple[Recurrence, ...]:
    """Return where text was redacted in at least `least` of one device's images, for a person to make regions of.

    `images` pairs each image's (rows, columns) with its redacted boxes. Fewer than `least_images` images tell nothing.
    """
    counts = np.zeros((_GRID, _GRID), np.int64)
    number = 0
    for (rows, columns), boxes in images:
        number += 1
        seen = np.zeros_like(counts, bool)
        for box in boxes:
            seen[_cells(box, rows, columns)] = True
        counts += seen
    if number < max(1, least_images):
        return ()
    return tuple(_rectangles(counts / number, least))


def _cells(box: Box, rows: int, columns: int) -> tuple[slice, slice]:
    top, bottom = box.y * _GRID // rows, -(-(box.y + box.h) * _GRID // rows)
    left, right = box.x * _GRID // columns, -(-(box.x + box.w) * _GRID // columns)
    return slice(top, bottom), slice(left, right)


def _rectangles(share: NDArray[np.float64], least: float) -> list[Recurrence]:
    """Return bounding rectangles of touching cells that reach `least`."""
    count, labels = cv2.connectedComponents((share >= least).astype(np.uint8), connectivity=8)
    found = []
    for label in range(1, count):
        rows, columns = np.nonzero(labels == label)
        top, left = rows.min(), columns.min()
        height, width = rows.max() + 1 - top, columns.max() + 1 - left
        left, top, width, height = (float(n) / _GRID for n in (left, top, width, height))
        found.append(Recurrence(left, top, width, height, float(share[labels == label].max())))
    return found
