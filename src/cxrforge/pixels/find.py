"""Where one frame holds text, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.pixels import ocr
from cxrforge.pixels.render import even_contrast, gray, shrink, stretch, value_range

_READABLE = 0.6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A quad in stored image pixels, and what was read in it, upright."""

    quad: ocr.Quad
    reading: ocr.Reading

    @property
    def height(self) -> float:
        """The short side: about the height of the letters."""
        c = self.quad.corners
        return float(min(np.linalg.norm(c[0] - c[1]), np.linalg.norm(c[0] - c[3])))


def find_text(frame: NDArray[Any], sides: tuple[int, ...] = (1600, 640)) -> list[Candidate]:
    """Return what looks like text in one frame `(rows, columns[, samples])` of stored values.

    `sides` are the lengths in pixels that the image's long side is brought to, one look each: fine for small letters,
    coarse for large ones.
    """
    values = gray(frame)
    low, high = value_range(values)
    if high <= low:
        return []
    found: list[ocr.Quad] = []
    for scale in sorted({min(1.0, side / max(values.shape)) for side in sides}, reverse=True):
        shown = even_contrast(shrink(values, scale), low, high)
        found.extend(ocr.Quad(q.corners / np.float32(scale), q.score) for q in ocr.quads(ocr.text_map(shown)))
    kept = _distinct(found)
    return [Candidate(q, r) for q, r in zip(kept, read_quads(values, kept), strict=True)]


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
    turned: list[NDArray[np.uint8]] = []
    owners: list[int] = []
    for index, quad in enumerate(quads):
        for line in _turns(_straight(values, quad)):
            turned.append(line)
            owners.append(index)
    best: list[ocr.Reading] = [ocr.Reading("", 0.0)] * len(quads)
    for owner, reading in zip(owners, ocr.read(turned), strict=True):
        if reading.score > best[owner].score:
            best[owner] = reading
    doubtful = [i for i, r in enumerate(best) if r.score < _READABLE]
    upside_down = [np.ascontiguousarray(np.rot90(_straight(values, quads[i]), 2)) for i in doubtful]
    for owner, reading in zip(doubtful, ocr.read(upside_down), strict=True):
        if reading.score > max(_READABLE, best[owner].score):
            best[owner] = reading
    return best


def _straight(values: NDArray[np.float32], quad: ocr.Quad) -> NDArray[np.uint8]:
    return stretch(ocr.crop(values, quad.corners))


def _turns(line: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    rows, columns = line.shape
    if rows < 1.5 * columns:
        return [line]
    return [np.ascontiguousarray(np.rot90(line, k)) for k in (1, 3)]
