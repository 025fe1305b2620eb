"""Text detection and recognition: the PP-OCRv6 networks of the rapidocr wheel, run on onnxruntime directly.

Only the two model files are taken from the wheel: its Python code logs, and downloads what it misses. Here a missing
model is an error, nothing touches the network, and one thread per session lets worker processes scale.
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from cxrforge.errors import CxrforgeError

_LINE_HEIGHT = 48
"""Rows the recogniser was trained on."""
_MAX_LINE_WIDTH = 1600
_LEAST_LINE_WIDTH = 160
_WIDTH_STEP = 32
"""Widths are rounded up to these, so that the runtime plans its memory for a few shapes and not for every one."""
_GRAIN = 32
"""The detector wants sides that are multiples of this."""

_MOST_PIXELS = 1_300_000
"""Pixels that the net is given at once: about 450 MB of its memory."""
_OVERLAP = 96
"""Rows that bands share on each side: letters on a seam are seen whole by both."""
_RIM = 16
"""Neutral pixels laid around an image: the detector is weak on text that touches the edge."""


@dataclass(frozen=True, slots=True)
class Quad:
    """A rotated rectangle in image pixels that may hold a line of text: corners clockwise `(4, 2)`, and how sure."""

    corners: NDArray[np.float32]
    score: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        (left, top), (right, bottom) = self.corners.min(axis=0), self.corners.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the recogniser makes of a crop: text, the mean probability of its characters, and where each stands.

    `places` are the characters' centres as shares of the line's width; `turn` is how many quarter turns the crop was
    given against the clock before it was read.
    """

    text: str
    score: float
    places: tuple[float, ...] = ()
    turn: int = 0

    def __repr__(self) -> str:
        return f"Reading({len(self.text)} characters, {self.score:.2f})"


@cache
def _session(kind: str) -> ort.InferenceSession:
    """Return this process's session of the `det` or `rec` network."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    options.log_severity_level = 4
    return ort.InferenceSession(str(model_path(kind)), options, providers=["CPUExecutionProvider"])


def model_path(kind: str) -> Path:
    """Return the `det` or `rec` network's file in the installed rapidocr wheel."""
    spec = importlib.util.find_spec("rapidocr")
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else None
    found = sorted(folder.glob(f"PP-OCR*_{kind}_small.onnx")) if folder else []
    if not found:
        raise CxrforgeError(
            "text recognition model is missing",
            where="rapidocr",
            expected=f"PP-OCRv6 {kind} in the installed wheel",
            next_step="Install rapidocr>=3.10 again.",
        )
    return found[-1]


@cache
def _alphabet() -> tuple[str, ...]:
    characters = _session("rec").get_modelmeta().custom_metadata_map["character"].splitlines()
    return ("", *characters, " ")


def text_map(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the detector's probability of text per pixel `(rows, columns)`; `gray` is even around 128.

    A large image is looked at in overlapping bands, which bounds the memory that the net takes.
    """
    rows, columns = gray.shape
    bands = max(1, math.ceil(rows * columns / _MOST_PIXELS))
    if bands == 1:
        return _band_map(gray)
    out = np.empty(gray.shape, np.float32)
    edges = [rows * n // bands for n in range(bands + 1)]
    for top, bottom in pairwise(edges):
        first, last = max(0, top - _OVERLAP), min(rows, bottom + _OVERLAP)
        out[top:bottom] = _band_map(gray[first:last])[top - first : bottom - first]
    return out


def _band_map(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    rows, columns = gray.shape
    below, beside = _RIM + (-rows - 2 * _RIM) % _GRAIN, _RIM + (-columns - 2 * _RIM) % _GRAIN
    padded = cv2.copyMakeBorder(gray, _RIM, below, _RIM, beside, cv2.BORDER_CONSTANT, value=128)
    scaled = padded.astype(np.float32) * np.float32(2 / 255) - 1
    batch = np.broadcast_to(scaled, (1, 3, *scaled.shape))
    session = _session("det")
    (out,) = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(batch)})
    return out[0, 0, _RIM : _RIM + rows, _RIM : _RIM + columns]


def quads(
    probability: NDArray[np.float32], *, pixel: float = 0.3, box: float = 0.45, grow: float = 1.6, least: float = 3
) -> list[Quad]:
    """Return rotated boxes around the map's connected parts (Liao et al. 2020, differentiable binarization).

    `pixel` is the probability that counts as text, `box` the mean probability a box must have, `grow` how far the
    shrunken kernel the net was trained on is grown back, as a share of area over perimeter.
    """
    mask = cv2.dilate((probability > pixel).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < least:
            continue
        score = _mean_inside(probability, cv2.boxPoints((centre, (width, height), angle)))
        if score < box:
            continue
        margin = width * height * grow / (2 * (width + height))
        corners = cv2.boxPoints((centre, (width + 2 * margin, height + 2 * margin), angle))
        found.append(Quad(clockwise(corners), score))
    return found


def _mean_inside(probability: NDArray[np.float32], corners: NDArray[Any]) -> float:
    rows, columns = probability.shape
    left, top = np.floor(corners.min(axis=0)).astype(int).clip((0, 0), (columns - 1, rows - 1))
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).clip((0, 0), (columns - 1, rows - 1))
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [np.round(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(probability[top : bottom + 1, left : right + 1], mask)[0])


def clockwise(corners: NDArray[Any]) -> NDArray[np.float32]:
    """Order corners: top left, top right, bottom right, bottom left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = (half[np.argsort(half[:, 1], kind="stable")] for half in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def crop(values: NDArray[np.float32], corners: NDArray[np.float32], pixel: float = 1.0) -> NDArray[np.float32]:
    """Return the quad's inside, straightened, with `pixel` image pixels to one of the crop's; edges are repeated."""
    width = max(1, round(float(np.linalg.norm(corners[0] - corners[1])) / pixel))
    height = max(1, round(float(np.linalg.norm(corners[0] - corners[3])) / pixel))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    transform = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    straight = cv2.warpPerspective(
        values, transform, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return straight.astype(np.float32, copy=False)


def read(line: NDArray[np.uint8]) -> Reading:
    """Return what a straightened crop says.

    One crop at a time: the net's work grows with the width alone, and what pads a batch to its widest is wasted.
    """
    width = min(_MAX_LINE_WIDTH, max(8, math.ceil(_LINE_HEIGHT * line.shape[1] / line.shape[0])))
    room = max(_LEAST_LINE_WIDTH, -(-width // _WIDTH_STEP) * _WIDTH_STEP)
    how = cv2.INTER_AREA if line.shape[0] > _LINE_HEIGHT else cv2.INTER_LINEAR
    batch = np.zeros((1, 3, _LINE_HEIGHT, room), np.float32)
    batch[:, :, :, :width] = cv2.resize(line, (width, _LINE_HEIGHT), interpolation=how).astype(np.float32) / 127.5 - 1
    session = _session("rec")
    (out,) = session.run(None, {session.get_inputs()[0].name: batch})
    return _collapse(out[0], room / width)


def _collapse(steps: NDArray[Any], stretch: float) -> Reading:
    """Read one line's character probabilities `(steps, characters)` greedily (CTC: repeats and blanks drop out).

    `stretch` is the padded width over the line's own.
    """
    best = steps.argmax(axis=1)
    kept = best != 0
    kept[1:] &= best[1:] != best[:-1]
    if not kept.any():
        return Reading("", 0.0)
    alphabet = _alphabet()
    where = np.nonzero(kept)[0]
    places = tuple(float(min(1.0, (i + 0.5) / len(best) * stretch)) for i in where)
    text = "".join(alphabet[i] for i in best[kept])
    return Reading(text, float(steps.max(axis=1)[kept].mean()), places)
