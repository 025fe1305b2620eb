"""A closer look along a line that was found: is there more of it before its start or after its end?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxrforge.pixels import ocr
from cxrforge.pixels.fit import lying, sides
from cxrforge.pixels.render import even_contrast, shrink, value_range

_LETTER = 26
"""Rows that letters are brought to for the closer look: where the detector is at its best."""
_AHEAD = 6.0
"""How far beyond each end is looked, in heights."""
_ASIDE = 0.8
_NEAR = 1.5
"""Widest gap, in heights, between a line and what is taken for more of it."""


def follow(values: NDArray[np.float32], quad: ocr.Quad) -> ocr.Quad:
    """Return `quad` lengthened over the text that a closer look finds in its run, on the strip's own contrast."""
    corners = lying(quad.corners)
    width, height = sides(corners)
    if width < 1.5 * height:
        return quad
    scale = _LETTER / height
    across, down = (corners[1] - corners[0]) / width, (corners[3] - corners[0]) / height
    origin = corners[0] - across * _AHEAD * height - down * _ASIDE * height
    long, high = width + 2 * _AHEAD * height, height * (1 + 2 * _ASIDE)
    outer = np.array([origin, origin + across * long, origin + across * long + down * high, origin + down * high])
    strip = shrink(ocr.crop(values, outer.astype(np.float32)), scale)
    low, high_value = value_range(strip)
    found = ocr.quads(ocr.text_map(even_contrast(strip, low, high_value)))
    start, stop = _run(found, _AHEAD * _LETTER, (_AHEAD * height + width) * scale)
    first, last = start / scale - _AHEAD * height, stop / scale - _AHEAD * height
    if last - first <= width + 1:
        return quad
    place = corners[0] + across * first
    end = place + across * (last - first)
    return ocr.Quad(np.array([place, end, end + down * height, place + down * height], np.float32), quad.score)


def _run(found: list[ocr.Quad], start: float, stop: float) -> tuple[float, float]:
    """Return the run from `start` to `stop` joined with every quad level with it, nearest first."""
    middle = _LETTER * (0.5 + _ASIDE)
    spans = []
    for quad in found:
        left, top, right, bottom = quad.bounds
        if abs((top + bottom) / 2 - middle) < 0.35 * _LETTER and bottom - top < 1.9 * _LETTER:
            spans.append((left, right))
    changed = True
    while changed:
        changed = False
        for left, right in spans:
            near = left < stop + _NEAR * _LETTER and right > start - _NEAR * _LETTER
            if near and (left < start or right > stop):
                start, stop, changed = min(start, left), max(stop, right), True
    return start, stop
