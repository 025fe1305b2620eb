"""The same image again, under another name, size, contrast, polarity, side or crop; and the same chest twice.

Every image leaves a thumbnail and signatures of 128 numbers, of the whole and of two inner windows, straight and
mirrored. Signatures are compared all with all, one matrix product a block: the whole with the whole, and each whole
with the other's windows, so that a crop is found; signatures are linear, so that an inverted image has its sign turned.
Pairs that look alike are registered to each other and correlated. What correlates like one exposure is confirmed, what
comes near it is doubtful: a person decides on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.errors import TableError

Plane = NDArray[np.float32]

SIGHT = 24
"""Side of the plane that a signature is taken from."""
LENGTH = 128
THUMB = 64

WINDOWS = (1.0, 0.87, 0.76)
"""Shares of height and width, about the middle, that signatures are taken of; between them a signature stays alike."""

ALIKE = 0.8
"""Similarity of signatures from which a pair is registered."""
CONFIRMED = 0.96
DOUBTFUL = 0.85
"""Correlation after registration: one exposure, and what may be one. Measured: 206,000 pairs of different patients at
most .923, repeats with 3 % cropped away mostly above .98."""

_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of an image to find it again.

    `straight` and `mirrored` are the signatures of the windows, float32 `(len(WINDOWS), LENGTH)`; `thumbnail` is uint8
    `(THUMB, THUMB)`.
    """

    straight: Plane
    mirrored: Plane
    thumbnail: NDArray[np.uint8]

    def to_bytes(self) -> bytes:
        """Return the fingerprint as it is stored."""
        return np.stack([self.straight, self.mirrored]).astype("<f2").tobytes() + self.thumbnail.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Fingerprint:
        """Read what `to_bytes` wrote."""
        count = 2 * len(WINDOWS) * LENGTH
        both = np.frombuffer(data, "<f2", count).astype(np.float32).reshape(2, len(WINDOWS), LENGTH)
        return cls(both[0], both[1], np.frombuffer(data, np.uint8, offset=2 * count).reshape(THUMB, THUMB))


@dataclass(frozen=True, slots=True)
class Way:
    """How one image may lie in another: what was done to the second, and which window of either is compared."""

    mirrored: bool = False
    inverted: bool = False
    first_window: int = 0
    second_window: int = 0

    @property
    def sign(self) -> int:
        """Return what a signature is multiplied by."""
        return -1 if self.inverted else 1


WAYS = tuple(
    Way(mirrored, inverted, first, second)
    for first, second in ((0, 0), (0, 1), (0, 2), (1, 0), (2, 0))
    for mirrored in (False, True)
    for inverted in (False, True)
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images, by place in the sequence, that may be one; `correlation` is that after registration."""

    first: int
    second: int
    correlation: float
    mirrored: bool
    inverted: bool

    @property
    def confirmed(self) -> bool:
        """Say whether the two are one exposure beyond doubt."""
        return self.correlation >= CONFIRMED


def fingerprint(shown: NDArray[np.float32]) -> Fingerprint:
    """Take the fingerprint of one frame of display values `(rows, columns)`."""
    weights, _ = _projection()
    small = cv2.resize(shown, (_WORK, _WORK), interpolation=cv2.INTER_AREA)
    straight, mirrored = (
        np.array([unit(local_contrast(_window(plane, share)).ravel()) @ weights for share in WINDOWS], np.float32)
        for plane in (small, np.ascontiguousarray(small[:, ::-1]))
    )
    thumbnail = cv2.resize(small, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(thumbnail, (1, 99))
    grey = np.clip((thumbnail - low) * (255 / max(float(high - low), 1e-6)), 0, 255).astype(np.uint8)
    return Fingerprint(straight, mirrored, grey)


_WORK = 256


def _window(image: NDArray[Any], share: float) -> NDArray[Any]:
    """Return the middle of a square image."""
    side = image.shape[0]
    cut = round(side * (1 - share) / 2)
    return np.ascontiguousarray(image[cut : side - cut, cut : side - cut])


def find_pairs(prints: Sequence[Fingerprint], known: int = 0) -> Iterator[Pair]:
    """Yield every pair that is one image or may be; pairs among the first `known` are left out, found before."""
    if len(prints) < 2:
        return
    for first, second, way in _alike(prints, known):
        correlation = correlate(prints[first], prints[second], way)
        if correlation >= DOUBTFUL:
            yield Pair(first, second, correlation, way.mirrored, way.inverted)


def correlate(one: Fingerprint, other: Fingerprint, way: Way = Way()) -> float:
    """Return the correlation of two thumbnails once the second is laid onto the first."""
    fixed = _fine(one.thumbnail, WINDOWS[way.first_window])
    moving = _fine(other.thumbnail[:, ::-1] if way.mirrored else other.thumbnail, WINDOWS[way.second_window])
    if way.inverted:
        moving = -moving
    move = np.eye(2, 3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(fixed, moving, move, cv2.MOTION_AFFINE, _STOP, _EVERYWHERE, 5)
    except cv2.error:  # it says so when it does not converge
        return 0.0
    if np.abs(found - np.eye(2, 3))[:, :2].max() > 0.25:
        return 0.0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(moving, found, (THUMB, THUMB), flags=flags)
    covered = cv2.warpAffine(np.ones((THUMB, THUMB), np.float32), found, (THUMB, THUMB), flags=flags) > 0.99
    inner = cv2.erode(covered.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if inner.mean() < 0.6:
        return 0.0
    return float(np.corrcoef(fixed[inner], laid[inner])[0, 1])


_EVERYWHERE = np.ones((THUMB, THUMB), np.uint8)
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)


def local_contrast(shown: NDArray[np.float32]) -> Plane:
    """Return `(SIGHT, SIGHT)` of what stands out from its surroundings, in units of the contrast there."""
    side = 4 * SIGHT
    grey = cv2.resize(shown, (side, side), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(grey, (0, 0), 2)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 10)
    level = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 10)) + np.float32(0.01)
    return np.asarray(cv2.resize(detail / level, (SIGHT, SIGHT), interpolation=cv2.INTER_AREA), np.float32)


def unit(values: NDArray[Any]) -> Plane:
    """Return values less their mean, at unit length."""
    centred = values - values.mean()
    return np.asarray(centred / (np.linalg.norm(centred) + 1e-9), np.float32)


def _fine(thumbnail: NDArray[np.uint8], share: float) -> Plane:
    """Return a thumbnail's fine structure in units of the contrast there: what two people do not share."""
    inner = _window(thumbnail.astype(np.float32), share)
    grey = cv2.resize(cv2.GaussianBlur(inner, (0, 0), 0.7), (THUMB, THUMB), interpolation=cv2.INTER_CUBIC)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 4)
    level = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 6)) + 2
    return np.asarray(detail / level, np.float32)


def _alike(prints: Sequence[Fingerprint], known: int) -> Iterator[tuple[int, int, Way]]:
    """Yield pairs whose signatures are alike, with the way in which they are most alike."""
    _, centre = _projection()
    straight, mirrored = np.array([p.straight for p in prints]), np.array([p.mirrored for p in prints])
    plain = [_rows(straight[:, window] - centre) for window in range(len(WINDOWS))]
    sides = {False: straight, True: mirrored}
    changed = {way: _rows(way.sign * sides[way.mirrored][:, way.second_window] - centre) for way in WAYS}
    for start in range(known, len(prints), _BLOCK):
        stop = min(start + _BLOCK, len(prints))
        for left in range(0, stop, _BLOCK):
            right = min(left + _BLOCK, stop)
            best = np.full((right - left, stop - start), -1, np.float32)
            which = np.zeros(best.shape, np.int8)
            for number, way in enumerate(WAYS):
                likeness = plain[way.first_window][left:right] @ changed[way][start:stop].T
                better = likeness > best
                best[better], which[better] = likeness[better], number
            for row, column in np.argwhere(best >= ALIKE):
                if left + row < start + column:
                    yield left + int(row), start + int(column), WAYS[which[row, column]]


def _rows(values: NDArray[Any]) -> Plane:
    return np.asarray(values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-9), np.float32)


@cache
def _projection() -> tuple[Plane, Plane]:
    """Return the weights `(SIGHT², LENGTH)` and what they make of the mean image."""
    try:
        raw = files("cxrforge.imaging").joinpath("models", "signature.npz").read_bytes()
        with np.load(BytesIO(raw)) as archive:
            weights, mean = archive["weights"].astype(np.float32), archive["mean"].astype(np.float32)
    except (OSError, KeyError, ValueError) as error:
        raise TableError(
            "signature weights cannot be read", where="models/signature.npz", next_step="Install again."
        ) from error
    return weights, mean @ weights
