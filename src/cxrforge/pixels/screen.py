"""A cheap look at the fine scale: where small text may stand, so that the detector looks there closely.

The screen only adds places to look at: what the detector finds on the whole image does not pass through it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from cxrforge.errors import TableError
from cxrforge.records import Box

CELL = 8
"""Pixels, along each side, that one answer of the screen speaks for."""
_SEED, _SPREAD = 0.5, 0.15
"""How sure a cell must be to have its place looked at, and how sure those that belong to the place."""
_ROOM = 3
"""Cells laid around a place: the detector wants to see what a line stands on."""
_BATCH_ROWS = 512
_OVERLAP = 64
"""Rows that are looked at once more at a seam; the screen sees about as far."""


def spots(shown: NDArray[np.uint8], explained: NDArray[np.bool_] | None = None) -> list[Box]:
    """Return where an image of evened contrast (128 in the middle) may hold small text, in its own pixels.

    A place whose surest cells all lie in `explained` needs no second look.
    """
    sure = text_cells(shown)
    seeds = sure > _SEED
    if explained is not None:
        room = [(0, n * CELL - m) for n, m in zip(sure.shape, shown.shape, strict=True)]
        seeds &= ~np.pad(explained, room)[CELL // 2 :: CELL, CELL // 2 :: CELL]
    _, labels, stats, _ = cv2.connectedComponentsWithStats((sure > _SPREAD).astype(np.uint8), connectivity=8)
    places = np.zeros(sure.shape, np.uint8)
    for label in np.unique(labels[seeds]):
        x, y, w, h, _ = stats[label]
        places[max(0, y - _ROOM) : y + h + _ROOM, max(0, x - _ROOM) : x + w + _ROOM] = 1
    return [_in_pixels(box, shown.shape) for box in _boxes(places)]


def text_cells(shown: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how likely each cell of CELL × CELL pixels holds small text, 0..1 `(cell rows, cell columns)`."""
    rows, columns = shown.shape
    padded = cv2.copyMakeBorder(shown, 0, -rows % CELL, 0, -columns % CELL, cv2.BORDER_CONSTANT, value=128)
    out = np.empty((padded.shape[0] // CELL, padded.shape[1] // CELL), np.float32)
    session = _session()
    for top in range(0, padded.shape[0], _BATCH_ROWS):
        bottom = min(top + _BATCH_ROWS, padded.shape[0])
        first, last = max(0, top - _OVERLAP), min(padded.shape[0], bottom + _OVERLAP)
        part = (padded[first:last].astype(np.float32) - 128) / 48
        (logits,) = session.run(None, {"image": part[None, None]})
        out[top // CELL : bottom // CELL] = logits[0, 0, (top - first) // CELL : (bottom - first) // CELL]
    return np.asarray(1 / (1 + np.exp(-np.clip(out, -30, 30))), np.float32)


def _boxes(places: NDArray[np.uint8]) -> list[Box]:
    """Return boxes around touching places, joined until none overlap."""
    while True:
        count, _, stats, _ = cv2.connectedComponentsWithStats(places, connectivity=8)
        found = [Box(*(int(n) for n in row[:4])) for row in stats[1:count]]
        filled = np.zeros_like(places)
        for x, y, w, h in found:
            filled[y : y + h, x : x + w] = 1
        if np.array_equal(filled, places):
            return found
        places = filled


def _in_pixels(box: Box, shape: tuple[int, ...]) -> Box:
    left, top = box.x * CELL, box.y * CELL
    return Box(left, top, min(shape[1], left + box.w * CELL) - left, min(shape[0], top + box.h * CELL) - top)


@cache
def _session() -> ort.InferenceSession:
    try:
        weights = files("cxrforge.pixels").joinpath("models", "text_screen.onnx").read_bytes()
    except OSError as error:
        raise TableError(
            "weights cannot be read", where="models/text_screen.onnx", next_step="Install again."
        ) from error
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
