"""Pictures of single places of a de-identified image: before and after a redaction, or for a person to decide on.

They are made from the object as it leaves, never from the source. "Before" shows where text stood as hatching, so that
nothing of it can be read out of the picture; places that still wait for a person are hatched in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.records import Box

_ROOM = 1.5
"""How much is shown around a place, in heights of it."""
_LEAST_ROOM = 40
_WIDEST, _HIGHEST = 460, 220
"""Pixels of a picture at most."""
_STRIPE = 9


@dataclass(frozen=True, slots=True)
class RedactedPlace:
    """A place before (hatched where text stood) and after its redaction, as PNG."""

    box: Box
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)


def redacted_places(
    shown: NDArray[np.uint8], redacted: Iterable[Box], waiting: Iterable[Box] = ()
) -> list[RedactedPlace]:
    """Return pictures of every redacted place of a de-identified frame 0..255 `(rows, columns)`."""
    redacted, waiting = list(redacted), list(waiting)
    after = _hatched(shown, waiting)
    before = _hatched(after, redacted)
    made = []
    for box in redacted:
        part = _around(box, shown.shape)
        made.append(RedactedPlace(box, _png(before, part, box), _png(after, part, box)))
    return made


def place_in_question(shown: NDArray[np.uint8], box: Box) -> bytes:
    """Return a place that a person is to decide on, outlined, as PNG. What stands there may identify someone.

    For the person's eyes alone: it is made when asked for and stored nowhere.
    """
    return _png(shown, _around(box, shown.shape), box)


def _around(box: Box, shape: tuple[int, ...]) -> Box:
    room = max(_LEAST_ROOM, round(_ROOM * min(box.w, box.h)))
    left, top = max(0, box.x - room), max(0, box.y - room)
    right, bottom = min(shape[1], box.x + box.w + room), min(shape[0], box.y + box.h + room)
    return Box(left, top, right - left, bottom - top)


def _hatched(shown: NDArray[np.uint8], boxes: Iterable[Box]) -> NDArray[np.uint8]:
    out = shown.copy()
    for x, y, w, h in boxes:
        rows, columns = out[y : y + h, x : x + w].shape
        row, column = np.mgrid[:rows, :columns]
        out[y : y + h, x : x + w] = np.where((row + column) // _STRIPE % 2, 200, 70)
    return out


def _png(picture: NDArray[np.uint8], part: Box, box: Box) -> bytes:
    """Return a part of a picture, brought to a size that fits a page, with an outline around the box."""
    crop = picture[part.y : part.y + part.h, part.x : part.x + part.w]
    scale = min(1.0, _WIDEST / crop.shape[1], _HIGHEST / crop.shape[0])
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    colour = cv2.cvtColor(
        np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8), cv2.COLOR_GRAY2BGR
    )
    left, top = round((box.x - part.x) * scale) - 2, round((box.y - part.y) * scale) - 2
    right, bottom = round((box.x - part.x + box.w) * scale) + 1, round((box.y - part.y + box.h) * scale) + 1
    cv2.rectangle(colour, (left, top), (right, bottom), (60, 140, 255), 1)
    _, data = cv2.imencode(".png", colour)
    return bytes(data.tobytes())
