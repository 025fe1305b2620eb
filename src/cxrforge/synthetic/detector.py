"""From the loss along each ray to stored grey values: scatter, motion, photon noise, the vendor's processing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.synthetic.planes import Plane, blurred, filtered, resized, shrunk

Values = NDArray[np.uint16]
BODY = 0.55
"""Rays that lost more than this (natural logarithm) went through the patient."""


@dataclass(frozen=True, slots=True)
class Technique:
    """How the exposure was made. `dose` is in photons per pixel of the open field."""

    dose: float = 9000.0
    scatter: float = 0.35
    motion_mm: float = 0.0
    margins: tuple[float, float, float, float] = (0.01, 0.01, 0.01, 0.01)  # top, right, bottom, left, of the image


@dataclass(frozen=True, slots=True)
class Look:
    """A vendor's processing for presentation: how much slow contrast is kept, how much detail is lifted, the curve."""

    bits: int = 12
    slow: float = 0.72
    detail: float = 1.35
    curve: float = 0.9
    inverted: bool = False  # MONOCHROME1
    shutter: bool = True  # black outside the collimator, else the penumbra is left as it was


def signal(loss: Plane, pitch: float, rows: int, columns: int, technique: Technique, rng: np.random.Generator) -> Plane:
    """Return the logarithm of what the detector counted, dark where much was lost; (rows, columns), full matrix.

    `pitch` is that of the full matrix; `loss` has rays twice as far apart.
    """
    beam = np.exp(-_moved(loss, technique.motion_mm / (2 * pitch)))
    veil = blurred(shrunk(beam, 8), max(28 / (16 * pitch), 1.0)) * np.float32(technique.scatter)
    beam += resized(veil, beam.shape[0], beam.shape[1], cv2.INTER_LINEAR)
    beam *= _field(beam.shape, technique.margins)
    full = resized(beam, rows, columns)
    np.maximum(full, 2e-4, out=full)
    noise = blurred(rng.standard_normal((rows, columns), np.float32), 0.45, 3)
    full += noise * np.sqrt(full / np.float32(technique.dose))
    np.maximum(full, 1e-4, out=full)
    return np.log(full, out=full)


def _moved(loss: Plane, pixels: float) -> Plane:
    """Return `loss` smeared along the body axis, as by breathing during the exposure."""
    if pixels < 0.5:
        return loss
    n = int(np.ceil(pixels)) | 1
    kernel = np.full((n, 1), 1 / n, np.float32)
    return filtered(loss, kernel, cv2.BORDER_REPLICATE)


def _field(shape: tuple[int, ...], margins: tuple[float, float, float, float]) -> Plane:
    """Return the share of the beam that the collimator lets through, with a narrow penumbra."""
    top, right, bottom, left = margins
    y = np.linspace(0, 1, shape[0], dtype=np.float32)
    x = np.linspace(0, 1, shape[1], dtype=np.float32)
    soft = np.float32(0.0012)
    down = np.clip(0.5 + np.minimum(y - top, 1 - bottom - y) / soft, 0, 1)
    over = np.clip(0.5 + np.minimum(x - left, 1 - right - x) / soft, 0, 1)
    share: Plane = np.outer(down, over)
    share *= np.float32(0.996)
    share += np.float32(0.004)
    return share


def presentation(log_counts: Plane, look: Look, technique: Technique) -> Values:
    """Return grey values for reading: bone bright (or dark where `look.inverted`), slow contrast compressed."""
    rows, columns = log_counts.shape
    small = shrunk(-log_counts, 16)
    slow = blurred(small, max(small.shape) / 26)
    open_field = _inner(small, technique)
    value = log_counts * np.float32(-look.detail)
    value += resized(slow * np.float32(look.slow - look.detail), rows, columns)
    inner_slow = _inner(slow, technique)
    mixed = open_field * look.detail + inner_slow * (look.slow - look.detail)
    behind = mixed[open_field > BODY]
    low, high = np.percentile(behind if behind.size > mixed.size // 8 else mixed, (4.0, 99.3))
    span = max(float(high - low), 1e-3)
    value -= float(low - 0.20 * span)
    value *= 1 / (1.30 * span)
    np.clip(value, 0, 1, out=value)
    np.power(value, look.curve, out=value)
    if look.shutter:
        _shut(value, technique)
    return to_stored(value, look)


def _shut(value: Plane, technique: Technique) -> None:
    """Black out what the collimator kept dark."""
    top, right, bottom, left = technique.margins
    rows, columns = value.shape
    value[: int(top * rows)] = 0
    value[rows - int(bottom * rows) :] = 0
    value[:, : int(left * columns)] = 0
    value[:, columns - int(right * columns) :] = 0


def _inner(plane: Plane, technique: Technique) -> Plane:
    top, right, bottom, left = technique.margins
    r, c = plane.shape
    return plane[int(top * r) + 2 : r - int(bottom * r) - 2, int(left * c) + 2 : c - int(right * c) - 2]


def to_stored(value: Plane, look: Look) -> Values:
    """Return values in 0 … 1 (1 is bright) as stored values of `look.bits` bits."""
    most = (1 << look.bits) - 1
    stored = value * np.float32(-most) + np.float32(most) if look.inverted else value * np.float32(most)
    result: Values = np.rint(np.clip(stored, 0, most)).astype(np.uint16)
    return result


def raw(log_counts: Plane, bits: int) -> Values:
    """Return values FOR PROCESSING: linear to the logarithm of the counts, more signal brighter (air is white)."""
    most = (1 << bits) - 1
    value = (log_counts + np.float32(9.0)) / np.float32(9.6)
    result: Values = np.rint(np.clip(value, 0, 1) * most).astype(np.uint16)
    return result
