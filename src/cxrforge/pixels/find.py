"""Where one frame holds text, and what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.pixels import ocr
from cxrforge.pixels.fit import fit
from cxrforge.pixels.redact import grow
from cxrforge.pixels.render import even_contrast, gray, shrink, stretch, value_range
from cxrforge.records import Box

_READABLE = 0.6
_ROOM = 0.12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A quad in stored image pixels, and what was read in it, upright."""

    quad: ocr.Quad
    reading: ocr.Reading

    @property
    def height(self) -> float:
        """The short side: about the height of the letters."""
        return min(self._sides())

    @property
    def length(self) -> float:
        """The long side."""
        return max(self._sides())

    def _sides(self) -> tuple[float, float]:
        c = self.quad.corners
        return float(np.linalg.norm(c[0] - c[1])), float(np.linalg.norm(c[0] - c[3]))


def find_text(
    frame: NDArray[Any], sides: tuple[int, ...] = (1600, 640), windows: Iterable[Box] | None = None
) -> list[Candidate]:
    """Return what looks like text in one frame `(rows, columns[, samples])` of stored values.

    `sides` are the lengths in pixels that the image's long side is brought to, one look each: fine for small letters,
    coarse for large ones. With `windows`, only those parts of the frame are looked at, at the same scales.
    """
    values = gray(frame)
    low, high = value_range(values)
    if high <= low:
        return []
    scales = sorted({min(1.0, side / max(values.shape)) for side in sides}, reverse=True)
    rows, columns = values.shape
    found: list[ocr.Quad] = []
    for x, y, w, h in windows if windows is not None else (Box(0, 0, columns, rows),):
        part = values[y : y + h, x : x + w]
        for scale in scales:
            shown = even_contrast(shrink(part, scale), low, high)
            place = np.array([x, y], np.float32)
            found.extend(
                ocr.Quad(q.corners / np.float32(scale) + place, q.score) for q in ocr.quads(ocr.text_map(shown))
            )
    kept = _distinct([fit(values, quad) for quad in found])
    return [Candidate(q, r) for q, r in zip(kept, read_quads(values, kept), strict=True)]


def _placed(quad: ocr.Quad, scale: float, x: int, y: int) -> ocr.Quad:
    return ocr.Quad(quad.corners / np.float32(scale) + np.array([x, y], np.float32), quad.score)


def _distinct(found: list[ocr.Quad]) -> list[ocr.Quad]:
    """Drop quads that lie almost wholly inside another one, so that each line is read once."""
    kept: list[ocr.Quad] = []
    for quad in sorted(found, key=_area, reverse=True):
        if all(_shared(quad, other) < 0.8 * _area(quad) for other in kept):
            kept.append(quad)
    return kept


def _area(quad: ocr.Quad) -> float:
    return abs(float(cv2.contourArea(quad.corners)))


def _shared(one: ocr.Quad, other: ocr.Quad) -> float:
    area, _ = cv2.intersectConvexConvex(one.corners, other.corners)
    return float(area)


def read_quads(values: NDArray[np.float32], quads: list[ocr.Quad]) -> list[ocr.Reading]:
    """Return each quad's best reading over the ways it may be turned."""
    crops = [straight(values, quad) for quad in quads]
    tries = [(index, turn) for index, line in enumerate(crops) for turn in _turns(line)]
    best = _best([ocr.Reading("", 0.0)] * len(crops), crops, tries, 0.0)
    doubtful = [(i, 2) for i, r in enumerate(best) if r.score < _READABLE and 0 in _turns(crops[i])]
    return _best(best, crops, doubtful, _READABLE)


def _best(
    known: list[ocr.Reading], crops: list[NDArray[np.uint8]], tries: list[tuple[int, int]], least: float
) -> list[ocr.Reading]:
    """Return, for each crop, the reading known or the better one that a try (crop, quarter turns) gives."""
    best = list(known)
    readings = ocr.read([np.ascontiguousarray(np.rot90(crops[index], turn)) for index, turn in tries])
    for (index, turn), reading in zip(tries, readings, strict=True):
        if reading.score > max(least, best[index].score):
            best[index] = replace(reading, turn=turn)
    return best


def straight(values: NDArray[np.float32], quad: ocr.Quad) -> NDArray[np.uint8]:
    """Return the quad as the image shows it, made axis-parallel, with the room around a line that the net expects."""
    return stretch(ocr.crop(values, grow(ocr.clockwise(quad.corners), _ROOM)))


def _turns(line: NDArray[np.uint8]) -> tuple[int, ...]:
    rows, columns = line.shape
    return (0,) if rows < 1.5 * columns else (1, 3)
