"""How many grey levels an image really uses, whatever its header says is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from cxrforge.records import Issue

COMB_SHARE = 0.55
"""Share of a histogram's fine structure in one frequency above which it is a comb. Measured: stretched 8 bit with and
without noise .79 to 1.0, native radiographs below .1, one 10 bit CR with a doubled look-up table .47."""

_BORDER = 0.05  # of each side: collimator shadow and burned-in text are not the body
_SEGMENT = 512  # grey levels; long enough for 30 teeth of 8 bit stretched to 12


@dataclass(frozen=True, slots=True)
class Depth:
    """Grey levels over the body, away from the borders and from the two end values.

    `distinct` is how many values occur; `span` how many lie between the first and the last; `comb_period` the distance
    of the histogram's teeth in grey levels (None without a comb) and `comb_share` how much of its fine structure they
    are; `levels` what remains when teeth count once; `bits` their binary logarithm.
    """

    distinct: int
    span: int
    comb_period: float | None
    comb_share: float
    levels: int
    bits: float
    blank: bool


def effective_bits(stored: NDArray[Any]) -> Depth:
    """Measure one grey frame of stored integer values `(rows, columns)`."""
    body = _body(stored)
    low, high = int(body.min()), int(body.max())
    counts = np.bincount((body.ravel() - low).astype(np.int64))
    inner = counts.copy()
    inner[[0, -1]] = 0  # end values collect saturation and background
    distinct = int((inner > 0).sum())
    cumulated = np.cumsum(inner)
    if high == low or distinct < 2:
        return Depth(distinct, high - low + 1, None, 0.0, max(distinct, 1), 0.0, blank=True)
    first, last = (int(np.searchsorted(cumulated, cumulated[-1] * share)) for share in (0.005, 0.995))
    span = last - first + 1
    period, share = _comb(inner[first : last + 1].astype(np.float64))
    levels = min(distinct, round(span / period)) if period else distinct
    blank = bool(distinct < 16 or inner.sum() < 0.02 * body.size)
    return Depth(distinct, span, period, share, levels, float(np.log2(max(levels, 1))), blank)


def judge_depth(depth: Depth, bits_stored: int, min_bits_stored: int = 12, min_levels: int = 1024) -> tuple[Issue, ...]:
    """Return what a measured depth says against an image that claims `bits_stored`.

    Images whose header already falls short are judged by screening alone.
    """
    if depth.blank:
        return (Issue("image-blank", f"{depth.distinct} grey values away from the borders"),)
    if bits_stored < min_bits_stored or depth.levels >= min_levels:
        return ()
    if depth.comb_period:
        return (Issue("image-depth-effective", f"histogram teeth every {depth.comb_period:.1f} grey values"),)
    return (Issue("image-depth-effective", f"expected at least {min_levels} grey values, found {depth.levels}"),)


def _body(stored: NDArray[Any]) -> NDArray[Any]:
    rows, columns = stored.shape
    top, left = int(rows * _BORDER), int(columns * _BORDER)
    return stored[top : rows - top, left : columns - left]


def _comb(counts: NDArray[np.float64]) -> tuple[float | None, float]:
    """Return the distance of a histogram's teeth and their share, from its populated segments.

    The root of a count has constant noise, so that sparse and dense parts weigh alike; each segment has its own period,
    because a gamma curve stretches the teeth.
    """
    if len(counts) < 64:
        return None, 0.0
    length = max(min(_SEGMENT, len(counts)), len(counts) // 6)
    found = [_teeth(part) for part in _segments(counts, length) if (part > 0).sum() >= 8]
    if not found:
        return None, 0.0
    periods, shares = np.array(found).T
    share = float(np.median(shares))
    return (float(np.median(periods[shares >= share])), share) if share >= COMB_SHARE else (None, share)


def _segments(counts: NDArray[np.float64], length: int) -> list[NDArray[np.float64]]:
    return [counts[start : start + length] for start in range(0, max(1, len(counts) - length + 1), max(1, length // 2))]


def _teeth(counts: NDArray[np.float64]) -> tuple[float, float]:
    """Return period and share of the strongest frequency and its overtones in one segment's fine structure."""
    root = np.sqrt(counts)
    fine = (root - gaussian_filter1d(root, max(8.0, len(root) / 40))) * np.hanning(len(root))
    power = np.abs(np.fft.rfft(fine - fine.mean())) ** 2
    lowest = 6  # cycles in a segment: slower is the histogram's own shape
    power[:lowest] = 0
    total = power.sum()
    if total <= 0:
        return 1.0, 0.0
    smooth = np.convolve(power, np.ones(5), "same")
    best, period = 0.0, 1.0
    for peak in np.argsort(smooth[lowest : len(power)])[::-1][:3] + lowest:
        overtones = np.arange(peak, len(power), peak)
        share = float(smooth[overtones].sum() / total) - 5 * len(overtones) / len(power)
        if share > best:
            best, period = share, len(root) / float(peak)
    return period, min(best, 1.0)
