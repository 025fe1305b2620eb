"""What processing leaves behind in the pixels: the beat of interpolation, its empty spectrum, and JPEG's 8 × 8 grid.

An interpolated pixel is a weighted mean of its neighbours, and the weights return with the period of the enlargement;
so does the variance of its derivatives (Gallagher 2005; Mahdian and Saic 2008). An enlargement by two with sharp
weights beats at no frequency of its own, but leaves the upper half of the spectrum empty, where every detector has
noise. JPEG quantises blocks of eight by eight (ITU-T T.81), whose seams and empty coefficients beat at the eighths.
Each shows along rows *and* columns at one frequency: an anti-scatter grid or a detector's tiles show along one only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter

from cxrforge.records import Issue

Plane = NDArray[np.float32]

BEAT = 7.0
"""Strength from which a beat counts. Measured: native radiographs, real and made up, at most 6.2; enlarged ones mostly
above 20, and where not (a scanner that passes no fine structure at all) the spectrum is empty."""
GRID = 5.0
"""The same for the weakest of the eighths. Measured: native at most 1.2, through JPEG of quality 90 at least 11."""
EMPTY = -1.4
"""Decades that the band of .30 to .34 cycles per pixel lies below that of .10 to .14 in an enlarged image. Measured:
native −.4 to −1.06, enlarged twofold −1.6 and less."""

_BINS = 1024  # of frequency, from 0 to .5 cycles per pixel
_LOWEST, _HIGHEST = 0.1, 0.49  # beyond: anatomy, and what detectors and wavelets do to every second line
_BLOCK = 128
_CELL = 8
_EVENEST = 0.4  # share of the noisy cells
_PLACES = 8  # blocks looked at along each side


@dataclass(frozen=True, slots=True)
class Traces:
    """How strongly the finest structure beats, and where; how empty the upper spectrum is.

    `beat` is the strength, in multiples of the spectrum's own level, of the strongest frequency that rows and columns
    share, `frequency` that in cycles per pixel; `grid` the strength of the weakest of the eighths; `rolloff` the
    decades from the lower to the upper band.
    """

    beat: float
    frequency: float
    grid: float
    rolloff: float

    @property
    def blocks(self) -> bool:
        """Say whether the pixels went through JPEG: all eighths beat, or an odd one beats above everything else."""
        return self.grid >= GRID or (self.beat >= BEAT and self.at_eighth and round(8 * self.frequency) % 2 == 1)

    @property
    def at_eighth(self) -> bool:
        """Say whether the beat is one that JPEG makes too."""
        return abs(8 * self.frequency - round(8 * self.frequency)) < 0.012

    @property
    def enlarged(self) -> bool:
        """Say whether the pixels were interpolated from a smaller matrix."""
        return not self.blocks and (self.beat >= BEAT or self.rolloff <= EMPTY)


def find_traces(stored: NDArray[Any]) -> Traces:
    """Measure one grey frame of stored values `(rows, columns)`; too small a frame shows nothing."""
    rows, columns = stored.shape
    if min(rows, columns) < 2 * _BLOCK:
        return Traces(0.0, 0.0, 0.0, 0.0)
    top, left = rows // 20, columns // 20
    inner = np.ascontiguousarray(stored[top : rows - top, left : columns - left], np.float32)
    shared = np.zeros(_BINS)
    weights, plain = _even(inner), np.ones_like(inner)
    for order in (1, 2):
        shared = np.maximum(shared, _shared(inner, weights, order))
    seams = np.maximum(shared, _shared(inner, plain, 1))  # the seams of blocks are strongest at edges
    frequency = np.arange(_BINS) / (2 * _BINS)
    free = np.where((frequency > _LOWEST) & (frequency < _HIGHEST), shared, 0)
    best = int(free.argmax())
    eighths = [seams[b - 1 : b + 2].max() for b in (_BINS // 4, _BINS // 2, 3 * _BINS // 4)]
    return Traces(float(free[best]), float(frequency[best]), float(min(eighths)), _rolloff(inner))


def judge_traces(found: Traces) -> tuple[Issue, ...]:
    """Return what the traces say against an image that claims to be as the detector gave it."""
    if found.blocks:
        strength = max(found.grid, found.beat)
        return (Issue("image-jpeg-history", f"a beat of 8 x 8 blocks, {strength:.0f} times the spectrum's level"),)
    if found.beat >= BEAT:
        return (Issue("image-upsampled", f"the finest structure returns every {1 / found.frequency:.2f} pixels"),)
    if found.rolloff <= EMPTY:
        return (Issue("image-upsampled", f"the upper spectrum lies {-found.rolloff:.1f} decades below the lower"),)
    return ()


def _even(image: Plane) -> Plane:
    """Return weights near 1 where the image is even and noisy, near 0 at edges and where nothing was exposed.

    Noise is native to every pixel; the edges of ribs are few, strong, and beat with the ribs.
    """
    rows, columns = image.shape
    size = (columns // _CELL, rows // _CELL)
    coarse = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), 1)
    slope = np.hypot(cv2.Sobel(coarse, cv2.CV_32F, 1, 0), cv2.Sobel(coarse, cv2.CV_32F, 0, 1))
    noise = cv2.resize(np.abs(np.diff(image, axis=1)), size, interpolation=cv2.INTER_AREA)
    noisy = noise > 0.05
    noisy &= noise > 0.3 * (np.median(noise[noisy]) if noisy.any() else 0)
    chosen = noisy & (slope < np.quantile(slope[noisy], _EVENEST)) if noisy.any() else noisy
    inner = cv2.erode(chosen.astype(np.float32), np.ones((3, 3), np.uint8))
    smooth = cv2.resize(cv2.GaussianBlur(inner, (0, 0), 1), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth + np.float32(1e-4), np.float32)


def _shared(image: Plane, weights: Plane, order: int) -> NDArray[np.float64]:
    """Return for each frequency the strength that rows and columns both have."""
    down, across = (_spectrum(profile) for profile in _profiles(image, weights, order))
    return np.minimum(down, across)


def _profiles(image: Plane, weights: Plane, order: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean size of the derivative of each row along columns, and of each column along rows."""
    down, across = (np.abs(np.diff(image, order, axis)) for axis in (0, 1))
    heavy_rows, heavy_columns = weights[: down.shape[0]], weights[:, : across.shape[1]]
    return (
        np.einsum("ij,ij->i", down, heavy_rows) / heavy_rows.sum(1, dtype=np.float64),
        np.einsum("ij,ij->j", across, heavy_columns) / heavy_columns.sum(0, dtype=np.float64),
    )


def _spectrum(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a profile's power by frequency, in multiples of the level around each frequency."""
    level = np.log(profile + 1e-6 * profile.max() + 1e-12)
    level = level - gaussian_filter1d(level, 4)
    level = np.clip(level, *np.percentile(level, (1, 99)))
    power = np.abs(np.fft.rfft((level - level.mean()) * np.hanning(len(level)))) ** 2
    around = percentile_filter(power, 85, 33, mode="mirror") / -np.log(0.15)  # a peak is narrower than 15 % of these
    ratio = power / (around + 1e-12)
    place = np.minimum(np.rint(np.arange(len(ratio)) * (2 * _BINS / len(level))).astype(np.int64), _BINS - 1)
    found = np.zeros(_BINS)
    np.maximum.at(found, place, ratio)
    widened: NDArray[np.float64] = np.maximum(found, np.maximum(np.roll(found, 1), np.roll(found, -1)))
    return widened


def _rolloff(image: Plane) -> float:
    """Return the decades from the power at .10 to .14 cycles per pixel to that at .30 to .34, along the axes.

    It is the median over blocks spread over the image, those left out in which one value fills a fifth.
    """
    rows, columns = image.shape
    window = np.outer(np.hanning(_BLOCK), np.hanning(_BLOCK)).astype(np.float32)
    powers = []
    for top in np.linspace(0.05 * rows, 0.95 * rows - _BLOCK, _PLACES).astype(int):
        for left in np.linspace(0.05 * columns, 0.95 * columns - _BLOCK, _PLACES).astype(int):
            block = image[top : top + _BLOCK, left : left + _BLOCK]
            if (block == np.median(block)).mean() < 0.2:
                powers.append(np.abs(np.fft.rfft2((block - block.mean()) * window)) ** 2)
    if len(powers) < 3:
        return 0.0
    power = np.median(powers, axis=0)
    ring = np.maximum(np.abs(np.fft.fftfreq(_BLOCK))[:, None], np.fft.rfftfreq(_BLOCK)[None])
    low, high = (np.median(power[(ring >= start) & (ring < start + 0.04)]) for start in (0.10, 0.30))
    return float(np.log10((high + 1e-9) / (low + 1e-9)))
