"""Stored values to what a text detector can see, whatever window a viewer would choose."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGMA = 8.0
"""Pixels at detection scale over which contrast is evened out: about the height of the letters looked for."""
_FLOOR = 0.012
"""Contrast, as a share of the image's range, below which differences fade instead of being raised to full."""
_GAIN = 48.0


def gray(frame: NDArray[Any]) -> NDArray[np.float32]:
    """Return one frame's values as float32 `(rows, columns)`; colour becomes its luminance."""
    if frame.ndim == 3:
        return frame[..., :3].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return frame.astype(np.float32)


def value_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """Return the span that nearly all values lie in, the extremes where that has no width."""
    step = max(1, int(np.sqrt(values.size / 100_000)))
    low, high = (float(p) for p in np.percentile(values[::step, ::step], (0.5, 99.5)))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    return low, high


def shrink(values: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Return the image at `scale` (area average below 1, linear above)."""
    if scale == 1:
        return values
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (max(1, round(values.shape[1] * scale)), max(1, round(values.shape[0] * scale)))
    return cv2.resize(values, size, interpolation=how).astype(np.float32, copy=False)


def even_contrast(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    """Return values with their local mean removed and their local contrast raised to one level, around 128.

    Smooth anatomy fills the detector's map with text from edge to edge and hides real text; on evened contrast it does
    not. Because stored values go in and not windowed ones, text that the header's window clips is seen as well.
    """
    span = max(high - low, 1e-6)
    scaled = np.clip((values - np.float32(low)) / np.float32(span), -1, 2)
    detail = scaled - cv2.GaussianBlur(scaled, (0, 0), _SIGMA)
    spread = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), _SIGMA)) + np.float32(_FLOOR)
    return np.clip(128 + _GAIN * detail / spread, 0, 255).astype(np.uint8)


def stretch(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a crop with its own values spread over 0..255."""
    low, high = (float(p) for p in np.percentile(values, (1, 99)))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.full(values.shape, 128, np.uint8)
    return np.clip((values - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
