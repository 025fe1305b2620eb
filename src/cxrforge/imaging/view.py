"""What the image itself says of its view: frontal or lateral, turned, mirrored.

Gradient histograms and a coarse thumbnail of an equalised square feed four linear classifiers whose weights stand in
`models/view.npz` (made by `tools/train_view.py`). PA against AP is learnt from one hospital and does not carry across
hospitals: it may raise a flag, and never overwrites what a header says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.errors import TableError

Image8 = NDArray[np.uint8]

_SIDE = 128
_CELL = 16
_BINS = 9
_THUMB = 16


@dataclass(frozen=True, slots=True)
class ImageView:
    """`lateral` and its probability; `turned` clockwise degrees the image stands turned by; `mirrored` if frontal.

    Each `…_share` is the classifier's probability of what it says.
    """

    lateral: bool
    lateral_share: float
    turned: int
    turned_share: float
    mirrored: bool
    mirrored_share: float
    ap_share: float


def judge_view(shown: NDArray[np.float32]) -> ImageView:
    """Judge one frame of display values `(rows, columns)`, 0..1 and bright where dense."""
    image = square(shown)
    turns = _shares(features(image), _weights()["turn"])
    quarter = int(turns.argmax())
    upright = np.ascontiguousarray(np.rot90(image, quarter))  # turned clockwise once: turn back anticlockwise once
    straight, mirror = features(upright), features(np.ascontiguousarray(upright[:, ::-1]))
    lateral = float(_shares((straight + mirror) / 2, _weights()["lateral"])[1])
    mirrored = float(_shares(straight - mirror, _weights()["mirror"])[1])
    return ImageView(
        lateral=lateral > 0.5,
        lateral_share=max(lateral, 1 - lateral),
        turned=90 * quarter,
        turned_share=float(turns[quarter]),
        mirrored=mirrored > 0.5 and lateral <= 0.5,
        mirrored_share=max(mirrored, 1 - mirrored),
        ap_share=float(_shares((straight + mirror) / 2, _weights()["ap"])[1]),
    )


def square(shown: NDArray[np.float32]) -> Image8:
    """Return the image squeezed to a square and its histogram equalised, so that shape and exposure do not tell."""
    small = cv2.resize(shown, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(small, (0.5, 99.5))
    grey = np.clip((small - low) * (255 / max(float(high - low), 1e-6)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.equalizeHist(grey), np.uint8)


def features(image: Image8) -> NDArray[np.float32]:
    """Return block-normalised gradient histograms (Dalal and Triggs 2005) and the thumbnail of a square image."""
    grey = np.sqrt(image.astype(np.float32) / 255)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    size = np.hypot(across, down)
    angle = (np.arctan2(down, across) % np.pi) * (_BINS / np.pi) - 0.5
    lower = np.floor(angle).astype(np.int64)
    upper_share = angle - lower
    cells = _SIDE // _CELL
    row, column = np.indices(image.shape) // _CELL
    place = (row * cells + column) * _BINS
    count = cells * cells * _BINS
    histogram = np.bincount((place + lower % _BINS).ravel(), (size * (1 - upper_share)).ravel(), count)
    histogram += np.bincount((place + (lower + 1) % _BINS).ravel(), (size * upper_share).ravel(), count)
    thumb = cv2.resize(image, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA).astype(np.float32) / 255 - 0.5
    return np.concatenate([_blocks(histogram.reshape(cells, cells, _BINS)), 0.5 * thumb.ravel()]).astype(np.float32)


def _blocks(cells: NDArray[Any]) -> NDArray[np.float64]:
    """Return every two by two block of cells, scaled to unit length, clipped at 0.2 and scaled again."""
    blocks = np.stack([cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]], axis=2)
    flat = blocks.reshape(-1, 4 * cells.shape[2])
    flat = np.minimum(flat / np.sqrt((flat**2).sum(1, keepdims=True) + 1e-3), 0.2)
    return np.asarray((flat / np.sqrt((flat**2).sum(1, keepdims=True) + 1e-3)).ravel())


def _shares(values: NDArray[Any], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return class probabilities; the last row of `weights` is the bias."""
    score = values.astype(np.float64) @ weights[:-1] + weights[-1]
    share = np.exp(score - score.max())
    return np.asarray(share / share.sum())


@cache
def _weights() -> dict[str, NDArray[np.float32]]:
    try:
        raw = files("cxrforge.imaging").joinpath("models", "view.npz").read_bytes()
        with np.load(BytesIO(raw)) as archive:
            return {name: archive[name].astype(np.float32) for name in ("lateral", "turn", "mirror", "ap")}
    except (OSError, KeyError, ValueError) as error:
        raise TableError("view weights cannot be read", where="models/view.npz", next_step="Install again.") from error
