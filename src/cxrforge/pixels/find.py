"""Where one frame holds text, and what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.pixels import ocr, screen
from cxrforge.pixels.fit import fit, sides
from cxrforge.pixels.redact import grow
from cxrforge.pixels.render import even_contrast, gray, shrink, stretch, value_range
from cxrforge.records import Box

_READABLE = 0.6
_UPRIGHT = 0.85
"""Score from which a reading is taken for the right way up: the wrong way seldom reads as well."""
_STANDING = 1.5
"""How much higher than wide a line must be to be taken for a standing one."""
_ROOM = 0.12
_SMALL = 64
"""Height, at the screen's scale, up to which a found line explains what the screen points at."""
_MAGNIFY, _CLOSEST = 3.0, 1.6
"""How much closer a place is looked at where the screen sees text and the detector does not, and the closest scale."""
_MOST_CLOSE = 300_000
"""Pixels that such a closer look has at most."""
_FILLS = 0.6
"""Share of a place above which a quad is no line in it: places have room around what was pointed at."""
_SAME_LINE = 0.5
"""A quad inside another one is a part of the same line when it is higher than this share of it."""


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
    frame: NDArray[Any],
    lengths: tuple[int, ...] = (800,),
    windows: Iterable[Box] | None = None,
    fine: int = 1600,
    covered: NDArray[np.bool_] | None = None,
) -> list[Candidate]:
    """Return what looks like text in one frame `(rows, columns[, samples])` of stored values.

    `lengths` are what the image's long side is brought to, in pixels, one look each. At `fine` (0: not at all) the
    screen says where the detector looks once more. With `windows`, only those parts of the frame are looked at.
    """
    values = gray(frame)
    low, high = value_range(values)
    if high <= low:
        return []
    scales = sorted({min(1.0, side / max(values.shape)) for side in lengths}, reverse=True)
    closer = min(1.0, fine / max(values.shape))
    rows, columns = values.shape
    found: list[ocr.Quad] = []
    for x, y, w, h in windows if windows is not None else (Box(0, 0, columns, rows),):
        part = values[y : y + h, x : x + w]
        seen: list[ocr.Quad] = []
        for scale in scales:
            shown = even_contrast(shrink(part, scale), low, high)
            seen.extend(_placed(quad, scale, 0, 0) for quad in ocr.quads(ocr.text_map(shown)))
        if closer > max(scales):
            hidden = None if covered is None else covered[y : y + h, x : x + w]
            seen.extend(_small_text(part, (low, high), closer, seen, hidden))
        found.extend(_placed(quad, 1.0, x, y) for quad in seen)
    kept = _distinct([fit(values, quad) for quad in found])
    return [Candidate(q, r) for q, r in zip(kept, read_quads(values, kept), strict=True)]


def _small_text(
    values: NDArray[np.float32],
    span: tuple[float, float],
    scale: float,
    seen: list[ocr.Quad],
    covered: NDArray[np.bool_] | None,
) -> list[ocr.Quad]:
    """Return what the detector finds in the places that the screen points at and no look has explained yet."""
    shown = even_contrast(shrink(values, scale), *span)
    explained = np.zeros(shown.shape, np.uint8)
    if covered is not None:
        # The rim of a redaction is as sharp as letters are.
        rim = np.ones((2 * screen.CELL + 1,) * 2, np.uint8)
        whole = cv2.resize(covered.astype(np.uint8), shown.shape[::-1], interpolation=cv2.INTER_NEAREST)
        explained[:] = cv2.dilate(whole, rim)
    for quad in seen:
        # What is much higher than the letters that the screen knows explains nothing that lies on it.
        if min(sides(quad.corners)) * scale <= _SMALL:
            cv2.fillConvexPoly(explained, np.round(quad.corners * scale).astype(np.int32), 1)
    found: list[ocr.Quad] = []
    for x, y, w, h in screen.spots(shown, explained.astype(bool)):
        near = _lines(shown[y : y + h, x : x + w])
        if near:
            found.extend(_placed(_placed(quad, 1.0, x, y), scale, 0, 0) for quad in near)
            continue
        left, top, right, bottom = (round(n / scale) for n in (x, y, x + w, y + h))
        room = (_MOST_CLOSE / max(1, (right - left) * (bottom - top))) ** 0.5
        grain = max(scale, min(_CLOSEST, _MAGNIFY * scale, room))
        part = even_contrast(shrink(values[top:bottom, left:right], grain), *span)
        found.extend(_placed(quad, grain, left, top) for quad in _lines(part))
    return found


def _lines(shown: NDArray[np.uint8]) -> list[ocr.Quad]:
    """Return the detector's quads in a place, without those that fill it: grain on which it sees text all over."""
    near = ocr.quads(ocr.text_map(np.ascontiguousarray(shown)))
    return [quad for quad in near if _area(quad) < _FILLS * shown.size]


def _placed(quad: ocr.Quad, scale: float, x: int, y: int) -> ocr.Quad:
    return ocr.Quad(quad.corners / np.float32(scale) + np.array([x, y], np.float32), quad.score)


def _distinct(found: list[ocr.Quad]) -> list[ocr.Quad]:
    """Drop quads that lie almost wholly inside another one of about their height, so that each line is read once.

    Within a much higher one they stay: what looks like one large thing to the net may be anatomy with lines on it.
    """
    kept: list[ocr.Quad] = []
    for quad in sorted(found, key=_area, reverse=True):
        if not any(_is_within(quad, other) for other in kept):
            kept.append(quad)
    return kept


def _is_within(quad: ocr.Quad, other: ocr.Quad) -> bool:
    low, high = (min(sides(q.corners)) for q in (quad, other))
    return low > _SAME_LINE * high and _shared(quad, other) >= 0.8 * _area(quad)


def _area(quad: ocr.Quad) -> float:
    return abs(float(cv2.contourArea(quad.corners)))


def _shared(one: ocr.Quad, other: ocr.Quad) -> float:
    area, _ = cv2.intersectConvexConvex(one.corners, other.corners)
    return float(area)


def read_quads(values: NDArray[np.float32], quads: list[ocr.Quad]) -> list[ocr.Reading]:
    """Return each quad's best reading over the ways it may be turned; the second way only where the first is unsure."""
    return [_read_line(straight(values, quad)) for quad in quads]


def _read_line(line: NDArray[np.uint8]) -> ocr.Reading:
    rows, columns = line.shape
    if rows < _STANDING * columns:
        first, second, sure, least = 0, 2, _UPRIGHT, _READABLE
    else:
        first, second, sure, least = 1, 3, _UPRIGHT, 0.0
    best = _turned(line, first)
    if best.score < sure:
        other = _turned(line, second)
        if other.score > max(least, best.score):
            return other
    return best


def _turned(line: NDArray[np.uint8], turn: int) -> ocr.Reading:
    return replace(ocr.read(np.ascontiguousarray(np.rot90(line, turn))), turn=turn)


def straight(values: NDArray[np.float32], quad: ocr.Quad) -> NDArray[np.uint8]:
    """Return the quad as the image shows it, made axis-parallel, with the room around a line that the net expects."""
    return stretch(ocr.crop(values, grow(ocr.clockwise(quad.corners), _ROOM)))
