"""Taking a marker out of the line it was found in: words by their place in the reading, letters by their ink."""

from __future__ import annotations

import re
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.pixels import ocr
from cxrforge.pixels.find import Candidate, straight
from cxrforge.pixels.redact import grow

_WORD = re.compile(r"\S+")
_ROOM = 0.12


def split_words(candidate: Candidate) -> list[Candidate]:
    """Return one candidate per word of a line, cut half way between neighbouring characters."""
    reading = candidate.reading
    words = list(_WORD.finditer(reading.text))
    if len(words) < 2 or len(reading.places) != len(reading.text):
        return [candidate]
    corners = _reading_direction(candidate)
    edges = [0.0]
    for one, other in pairwise(words):
        edges.append((reading.places[one.end() - 1] + reading.places[other.start()]) / 2)
    edges.append(1.0)
    # The reading's places count the room that was laid around the line.
    width, height = (float(np.linalg.norm(corners[i] - corners[0])) for i in (1, 3))
    room = _ROOM * min(width, height)
    return [
        Candidate(
            ocr.Quad(_slice(corners, *(_inner(e, room, width) for e in edges[n : n + 2])), candidate.quad.score),
            ocr.Reading(word.group(), reading.score),
        )
        for n, word in enumerate(words)
    ]


def _inner(share: float, room: float, width: float) -> float:
    return float(np.clip((share * (width + 2 * room) - room) / width, 0, 1))


def _reading_direction(candidate: Candidate) -> NDArray[np.float32]:
    """Return the quad's corners from the line's own top left, clockwise."""
    # A crop turned k quarters against the clock starts k corners further along.
    return np.roll(ocr.clockwise(candidate.quad.corners), -candidate.reading.turn, axis=0)


def _slice(corners: NDArray[np.float32], start: float, stop: float) -> NDArray[np.float32]:
    top, bottom = corners[1] - corners[0], corners[2] - corners[3]
    return np.array(
        [corners[0] + top * start, corners[0] + top * stop, corners[3] + bottom * stop, corners[3] + bottom * start],
        np.float32,
    )


def split_glyphs(values: NDArray[np.float32], candidate: Candidate, most: int = 6) -> list[Candidate]:
    """Return one candidate per separate letter of a lead marker (side letter with initials), each read alone.

    Returns the candidate itself when its ink does not fall into two to `most` pieces of a letter's size.
    """
    crop = straight(values, candidate.quad)
    boxes = _pieces(crop, most)
    if not boxes:
        return [candidate]
    rows, columns = crop.shape
    outer = grow(ocr.clockwise(candidate.quad.corners), _ROOM)
    across, down = (outer[1] - outer[0]) / columns, (outer[3] - outer[0]) / rows
    readings = [ocr.read(_framed(crop, box)) for box in boxes]
    found = []
    for (x, y, w, h), reading in zip(boxes, readings, strict=True):
        place = outer[0] + across * x + down * y
        corners = np.array([place, place + across * w, place + across * w + down * h, place + down * h], np.float32)
        found.append(Candidate(ocr.Quad(corners, candidate.quad.score), reading))
    return found


def _pieces(crop: NDArray[np.uint8], most: int) -> list[tuple[int, int, int, int]]:
    """Return boxes of connected ink that are large enough to be letters, [] when there are fewer than two."""
    _, mask = cv2.threshold(crop, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if rim.mean() > 0.5:
        mask = 1 - mask
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    least = 0.2 * min(crop.shape)
    boxes = [
        (int(x), int(y), int(w), int(h))
        for x, y, w, h, area in stats[1:count]
        if max(w, h) >= least and area >= 0.01 * crop.size
    ]
    return boxes if 2 <= len(boxes) <= most else []


def _framed(crop: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    x, y, w, h = box
    room = max(2, round(0.25 * max(w, h)))
    part = crop[y : y + h, x : x + w]
    around = int(np.median(np.concatenate([crop[0], crop[-1]])))
    return cv2.copyMakeBorder(part, room, room, room, room, cv2.BORDER_CONSTANT, value=around).astype(np.uint8)
