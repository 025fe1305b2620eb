"""A square, contrast-equalised thumbnail that the learnt parts look at, and the way back to image pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.records import Box


@dataclass(frozen=True, slots=True)
class Canvas:
    """`pixels` uint8 `(side, side)`, equalised, with the image centred on black; `levels` the same as displayed, 0..1.

    `scale` is canvas pixels per image pixel.
    """

    pixels: NDArray[np.uint8]
    levels: NDArray[np.float32]
    scale: float
    left: int
    top: int
    rows: int
    columns: int

    def to_image(self, box: tuple[float, float, float, float]) -> Box:
        """Return a box (left, top, width, height) on the canvas as a box in image pixels, cut at the image's edge."""
        x0, y0 = (box[0] - self.left) / self.scale, (box[1] - self.top) / self.scale
        x1, y1 = x0 + box[2] / self.scale, y0 + box[3] / self.scale
        left, top = max(0, round(x0)), max(0, round(y0))
        return Box(left, top, min(self.columns, round(x1)) - left, min(self.rows, round(y1)) - top)


def letterbox(shown: NDArray[np.float32], side: int) -> Canvas:
    """Shrink display values (0..1, bright where dense) to fit a square, equalise the image's own histogram."""
    rows, columns = shown.shape
    scale = side / max(rows, columns)
    height, width = max(1, round(rows * scale)), max(1, round(columns * scale))
    small = cv2.resize(shown, (width, height), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(small, (0.5, 99.5))
    grey = np.clip((small - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)
    pixels, levels = np.zeros((side, side), np.uint8), np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    pixels[top : top + height, left : left + width] = cv2.equalizeHist(grey)
    levels[top : top + height, left : left + width] = small
    return Canvas(pixels, levels, scale, left, top, rows, columns)
