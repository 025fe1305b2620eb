"""Planes of rays, and the few image operations that are made on them; all in 32-bit floats."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
"""One value for each ray, (rows, columns)."""


def resized(plane: Plane, rows: int, columns: int, how: int = cv2.INTER_CUBIC) -> Plane:
    """Return `plane` on another grid of the same field."""
    return cast(Plane, cv2.resize(plane, (columns, rows), interpolation=how))


def shrunk(plane: Plane, factor: int) -> Plane:
    """Return means over squares of `factor` by `factor`."""
    return resized(plane, -(-plane.shape[0] // factor), -(-plane.shape[1] // factor), cv2.INTER_AREA)


def blurred(plane: Plane, sigma: float, size: int = 0) -> Plane:
    """Return `plane` smoothed by a Gaussian of `sigma` rays, cut off at `size` rays where given."""
    return cast(Plane, cv2.GaussianBlur(plane, (size, size), sigma))


def filtered(plane: Plane, kernel: Plane, border: int = cv2.BORDER_CONSTANT) -> Plane:
    """Return the correlation of `plane` with `kernel`."""
    return cast(Plane, cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=border))


def rough(rng: np.random.Generator, rows: int, columns: int, step: float) -> Plane:
    """Return smooth noise of variance about one that changes over `step` rays."""
    step = max(step, 1.0)
    few = rng.standard_normal((int(rows / step) + 2, int(columns / step) + 2), np.float32)
    return resized(few, rows, columns)
