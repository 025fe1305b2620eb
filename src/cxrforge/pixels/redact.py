"""Covering places in stored values so that nothing of them is left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.records import Box

_CELL = 8
"""Pixels on a side of the cells that neighbourhoods are reckoned in."""


def text_mask(shape: tuple[int, int], quads: Iterable[NDArray[np.float32]], margin: float) -> NDArray[np.bool_]:
    """Return where the quads, grown by `margin` of their short side, cover an image of `shape` (rows, columns)."""
    mask = np.zeros(shape, np.uint8)
    for corners in quads:
        cv2.fillConvexPoly(mask, np.round(grow(corners, margin)).astype(np.int32), 1)
    return mask.astype(bool)


def grow(corners: NDArray[np.float32], margin: float) -> NDArray[np.float32]:
    """Return a quad (clockwise) moved outwards on each side by `margin` of its short side, at least two pixels."""
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    width, height = float(np.linalg.norm(across)), float(np.linalg.norm(down))
    reach = max(2.0, margin * min(width, height))
    x = across / max(width, 1e-6) * reach
    y = down / max(height, 1e-6) * reach
    return corners + np.array([-x - y, x - y, x + y, -x + y], np.float32)


def box_of(corners: NDArray[np.float32], shape: tuple[int, int]) -> Box:
    """Return the axis-aligned box of a quad inside an image of `shape` (rows, columns)."""
    rows, columns = shape
    left, top = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    left, top = max(0, min(left, columns - 1)), max(0, min(top, rows - 1))
    return Box(int(left), int(top), int(max(1, min(right, columns) - left)), int(max(1, min(bottom, rows) - top)))


def around(mask: NDArray[np.bool_], reach: int) -> list[Box]:
    """Return boxes that hold every covered place with at least `reach` pixels beside it, joined where they touch."""
    rows, columns = mask.shape
    whole = np.pad(mask, ((0, -rows % _CELL), (0, -columns % _CELL)))
    cells = np.asarray(whole.reshape(whole.shape[0] // _CELL, _CELL, -1, _CELL).any(axis=(1, 3)), np.uint8)
    far = 2 * -(-reach // _CELL) + 1
    wide = cv2.dilate(cells, np.ones((far, far), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
    corners = [(x * _CELL, y * _CELL, (x + w) * _CELL, (y + h) * _CELL) for x, y, w, h, _ in stats[1:count].tolist()]
    return [Box(x, y, min(columns, right) - x, min(rows, below) - y) for x, y, right, below in corners]


def fill(stored: NDArray[Any], mask: NDArray[np.bool_], *, inverted: bool) -> NDArray[Any]:
    """Return `stored` (frames, rows, columns[, samples]) with one value over `mask` in every frame.

    The value is the one the rest of the image shows darkest, so that no window setting brings anything back and an
    automatic window does not move; colour becomes black.
    """
    out = stored.copy()
    if stored.ndim == 4:
        out[:, mask] = 0
        return out
    rest = np.broadcast_to(~mask if not mask.all() else mask, stored.shape)
    info = np.iinfo(stored.dtype)
    value = stored.max(where=rest, initial=info.min) if inverted else stored.min(where=rest, initial=info.max)
    for frame in out:
        np.putmask(frame, mask, value)
    return out
