"""Letters in the picture: lead markers of the side, and text that a console burned in."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cxrforge.records import Box
from cxrforge.synthetic.detector import Values

FACES = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


@dataclass(frozen=True, slots=True)
class Letters:
    """A line to burn in: `place` is the share of columns and rows where its upper left corner stands.

    `bright` is the share of full display brightness; `boxed` puts it on a dark plate; `turn` in degrees.
    """

    text: str
    place: tuple[float, float]
    height: float  # of capitals, in pixels
    identifier: bool
    face: int = 0
    bright: float = 1.0
    boxed: bool = False
    turn: float = 0.0


def burn(values: Values, letters: Letters, most: int, inverted: bool) -> Box | None:
    """Draw `letters` into `values` in place and return the box of what was drawn; None when nothing fell inside."""
    stamp, plate = _stamp(letters)
    rows, columns = values.shape
    x = min(int(letters.place[0] * columns), columns - stamp.shape[1] - 2)
    y = min(int(letters.place[1] * rows), rows - stamp.shape[0] - 2)
    x, y = max(x, 0), max(y, 0)
    window = values[y : y + stamp.shape[0], x : x + stamp.shape[1]]
    stamp, plate = stamp[: window.shape[0], : window.shape[1]], plate[: window.shape[0], : window.shape[1]]
    ink = (1 - letters.bright) * most if inverted else letters.bright * most
    ground = most if inverted else 0
    under = window * (1 - plate) + ground * plate
    window[...] = np.rint(under * (1 - stamp) + ink * stamp).astype(values.dtype)
    lit_rows, lit_columns = np.any(stamp > 0.3, axis=1), np.any(stamp > 0.3, axis=0)
    if not lit_rows.any():
        return None
    top, left = int(lit_rows.argmax()), int(lit_columns.argmax())
    bottom, right = len(lit_rows) - int(lit_rows[::-1].argmax()), len(lit_columns) - int(lit_columns[::-1].argmax())
    return Box(x + left, y + top, right - left, bottom - top)


def _stamp(letters: Letters) -> tuple[np.ndarray, np.ndarray]:
    """Return how much ink and how much plate covers each pixel, in 0 … 1."""
    face = FACES[letters.face % len(FACES)]
    scale = letters.height / 21.0  # a Hershey capital is 21 units high
    thick = max(1, round(letters.height / (11 if letters.face % 2 else 14)))
    (wide, high), base = cv2.getTextSize(letters.text, face, scale, thick)
    pad = max(4, thick * 2)
    ink = np.zeros((high + base + 2 * pad, wide + 2 * pad), np.uint8)
    cv2.putText(ink, letters.text, (pad, high + pad), face, scale, 255, thick, cv2.LINE_AA)
    plate = np.full_like(ink, 255 if letters.boxed else 0)
    if letters.turn:
        ink, plate = _turned(ink, letters.turn), _turned(plate, letters.turn)
    return ink.astype(np.float32) / 255, plate.astype(np.float32) / 255


def _turned(image: np.ndarray, degrees: float) -> np.ndarray:
    rows, columns = image.shape
    reach = int(np.hypot(rows, columns)) + 2
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1.0)
    matrix[:, 2] += ((reach - columns) / 2, (reach - rows) / 2)
    return cv2.warpAffine(image, matrix, (reach, reach), flags=cv2.INTER_LINEAR)
