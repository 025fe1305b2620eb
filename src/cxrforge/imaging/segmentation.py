"""Right lung, left lung and heart with mediastinum, from a small network, and whether their shape can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from cxrforge.errors import TableError
from cxrforge.imaging.canvas import Canvas, letterbox
from cxrforge.records import Box

RIGHT_LUNG, LEFT_LUNG, HEART, MEDIASTINUM = 1, 2, 3, 4
PARTS = {"right_lung": (RIGHT_LUNG,), "left_lung": (LEFT_LUNG,), "heart": (HEART, MEDIASTINUM)}
"""What each part is made of; the heart comes with the mediastinum up to the aortic arch, as readers outline it."""
SIDE = 192

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Masks on the canvas (`labels` uint8 `(SIDE, SIDE)`) and how sure the network is of them (0..1)."""

    canvas: Canvas
    labels: NDArray[np.uint8]
    sureness: float
    doubts: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Say whether nothing speaks against the shape."""
        return not self.doubts

    def mask(self, part: str) -> Mask:
        """Return one part's mask on the canvas."""
        return np.asarray(np.isin(self.labels, PARTS[part]))

    def lungs(self) -> Mask:
        """Return both lungs' mask on the canvas."""
        return np.asarray((self.labels == RIGHT_LUNG) | (self.labels == LEFT_LUNG))

    def outlines(self, part: str) -> list[NDArray[np.int32]]:
        """Return one part's outlines as points (x, y) `(n, 2)` in image pixels."""
        found, _ = cv2.findContours(self.mask(part).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        origin = np.array([self.canvas.left, self.canvas.top])
        return [np.rint((piece[:, 0] + 0.5 - origin) / self.canvas.scale).astype(np.int32) for piece in found]

    def box(self, part: str) -> Box | None:
        """Return one part's box in image pixels, None where it is missing or not trusted."""
        return self._in_image(self.mask(part))

    def heart_box(self) -> Box | None:
        """Return the box of the heart without the great vessels, in image pixels; None where it is not trusted."""
        return self._in_image(self.labels == HEART)

    def _in_image(self, mask: Mask) -> Box | None:
        found = extent(mask)
        return self.canvas.to_image(found) if found and self.trusted else None


def segment(shown: NDArray[np.float32]) -> Anatomy:
    """Find lungs and heart in one upright frontal frame of display values `(rows, columns)`."""
    canvas = letterbox(shown, SIDE)
    return anatomy_of(canvas, _shares(canvas.pixels))


def anatomy_of(canvas: Canvas, shares: NDArray[np.float32]) -> Anatomy:
    """Turn class shares `(5, SIDE, SIDE)` into one connected piece a part, and doubt what cannot be."""
    labels = np.zeros((SIDE, SIDE), np.uint8)
    joined = shares[: HEART + 1].copy()
    joined[HEART] += shares[MEDIASTINUM]
    winner = joined.argmax(0)
    for values in PARTS.values():
        labels[_largest(winner == values[0])] = values[0]
    labels[(labels == HEART) & (shares[MEDIASTINUM] > shares[HEART])] = MEDIASTINUM
    inside = labels > 0
    sureness = float(joined.max(0)[inside].mean()) if inside.any() else 0.0
    return Anatomy(canvas, labels, sureness, _doubts(labels, canvas, sureness))


def extent(mask: Mask) -> tuple[int, int, int, int] | None:
    """Return left, top, width, height of a mask, None where it is empty."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    if not len(columns):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def cardiothoracic_ratio(lungs: Mask, heart: Mask) -> float | None:
    """Return the heart's greatest width over that of the thorax inside the ribs (Danzer 1919), None without both.

    The thorax reaches from the right lung's outermost edge to the left lung's.
    """
    chest, inner = extent(lungs), extent(heart)
    return inner[2] / chest[2] if chest and inner else None


def _largest(mask: Mask) -> Mask:
    """Return the largest connected piece of a mask with its holes closed."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    piece = (pieces == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    outlines, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(piece, outlines, -1, 1, cv2.FILLED)
    return np.asarray(piece.astype(bool) & (mask | (pieces == 0)))


def _doubts(labels: NDArray[np.uint8], canvas: Canvas, sureness: float) -> tuple[str, ...]:
    """Return what speaks against the masks; limits enclose the 911 outlines of the landmark set with room to spare."""
    image_area = canvas.rows * canvas.columns * canvas.scale**2
    areas = {name: float(np.isin(labels, values).sum()) / image_area for name, values in PARTS.items()}
    right, left, heart = areas["right_lung"], areas["left_lung"], areas["heart"]
    if min(right, left, heart) == 0:
        return ("a part is missing",)
    found = []
    if not 0.02 < right < 0.45 or not 0.02 < left < 0.45:
        found.append("a lung is too small or too large")
    if not 0.4 < right / left < 3.0:
        found.append("the lungs' sizes do not match")
    if not 0.1 < heart / (right + left) < 1.2:
        found.append("the heart's size does not match the lungs'")
    middle = {name: float(np.where(np.isin(labels, values))[1].mean()) for name, values in PARTS.items()}
    if not middle["right_lung"] < middle["heart"] < middle["left_lung"]:
        found.append("the parts are out of order")
    if min(_solidity(np.isin(labels, values)) for values in PARTS.values()) < 0.72:
        found.append("an outline is frayed")
    if sureness < 0.85:
        found.append("the network is unsure")
    return tuple(found)


def _solidity(mask: Mask) -> float:
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)
    hull = cv2.contourArea(cv2.convexHull(outline))
    return float(cv2.contourArea(outline) / hull) if hull else 0.0


def _shares(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return class shares `(5, SIDE, SIDE)`, averaged over the image and its mirror image."""
    image = pixels.astype(np.float32) / 255
    pair = np.stack([image, image[:, ::-1]])[:, None]
    score = _session().run(None, {"image": pair})[0]
    if score.shape[1] == MEDIASTINUM:  # weights that do not tell the mediastinum from the heart
        score = np.concatenate([score, np.full_like(score[:, :1], -1e9)], axis=1)
    share = np.exp(score - score.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    return np.asarray((share[0] + share[1][[0, LEFT_LUNG, RIGHT_LUNG, HEART, MEDIASTINUM], :, ::-1]) / 2)


@cache
def _session() -> Any:
    try:
        weights = files("cxrforge.imaging").joinpath("models", "segmentation.onnx").read_bytes()
    except OSError as error:
        raise TableError(
            "weights cannot be read", where="models/segmentation.onnx", next_step="Install again."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
