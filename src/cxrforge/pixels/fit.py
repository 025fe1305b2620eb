"""Fitting a detector's box to the ink it was drawn around: trimmed where there is none, extended where it goes on.

The detector draws generously above and below a line and sometimes stops a letter short of its end. Too much covers
anatomy, too little leaves a letter.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.pixels.ocr import Quad, crop

_HEIGHT = 32
"""Rows that a box's short side is brought to, so that one set of lengths fits letters of all sizes."""
_REACH = 0.6
"""How far beyond its ends, in heights, a box may grow: over a letter cut short; `follow` looks farther."""
_AROUND = (1.6, 0.5)
"""How much of what lies beside and above a box, in heights, is taken to tell ink from grain."""
_LINE = 1.8
"""How much longer than high a box must be to be followed like a line."""
_GAP = 0.75
"""Widest gap between letters of a line, in heights, that is stepped over."""
_CLEAR = 2.8
"""Ink must stand out from the grain by this factor; where it does not, the box is left as the detector drew it."""
_TRIM = 0.4
"""How much of a box's end or edge, in heights, may be trimmed: the detector knows where, only not how tight."""
_EDGE = 0.08
"""Margin left around the ink, in heights."""


def fit(values: NDArray[np.float32], quad: Quad) -> Quad:
    """Return `quad` fitted to its ink, or unchanged where ink and background cannot be told apart."""
    corners = lying(quad.corners)
    width, height = sides(corners)
    if height < 4:
        return quad
    unit = height / _HEIGHT
    across, down = (corners[1] - corners[0]) / width, (corners[3] - corners[0]) / height
    ends, rise = _AROUND[0] * height, _AROUND[1] * height
    origin = corners[0] - across * ends - down * rise
    strip = _sample(values, origin, across, down, unit, width + 2 * ends, height + 2 * rise)
    inside = slice(round(ends / unit), round((ends + width) / unit))
    rows = slice(round(rise / unit), round((rise + height) / unit))
    ink = _ink(strip, rows, inside)
    if ink is None:
        return quad
    # A single letter has no direction that it could go on in.
    reach = round(_REACH * _HEIGHT) if width >= _LINE * height else 0
    ink[:, : inside.start - reach] = ink[:, inside.stop + reach :] = False
    ink[: rows.start] = ink[rows.stop :] = False
    # Beyond the image its edge is repeated, and with it whatever letter touches the edge.
    ink &= _inside(values.shape, strip.shape, origin, across * unit, down * unit)
    # Up and down from the middle, so that the next line's letters in a generous box are left out; then along the
    # middle of what that leaves, for the same reason.
    across_box = ink[:, inside].sum(axis=1)
    core = rows.start + int(np.argmax(np.cumsum(across_box[rows]) >= across_box[rows].sum() / 2))
    top, bottom = _extent(across_box >= 2, core, core + 1, round(0.14 * _HEIGHT), 0)
    trim = round(_TRIM * _HEIGHT)
    top, bottom = min(top, rows.start + trim), max(bottom, rows.stop - trim)
    quarter = (bottom - top) // 4
    along = ink[top + quarter : bottom - quarter].sum(axis=0) >= 2
    left, right = _extent(along, inside.start, inside.stop, round(_GAP * _HEIGHT), trim)
    edge = max(_EDGE * _HEIGHT, 2 / unit)
    above, below = max(rows.start, top - edge), min(rows.stop, bottom + edge)
    place = origin + across * (left - edge) * unit + down * above * unit
    w, h = (right - left + 2 * edge) * unit, (below - above) * unit
    fitted = np.array([place, place + across * w, place + across * w + down * h, place + down * h], np.float32)
    return Quad(fitted, quad.score)


def lying(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return corners so that the first side is the long one."""
    width, height = sides(corners)
    return corners if width >= height else np.roll(corners, 1, axis=0)


def sides(corners: NDArray[np.float32]) -> tuple[float, float]:
    """Return the lengths of the side from the first corner to the second, and of the one from it to the last."""
    return float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[3] - corners[0]))


def _sample(
    values: NDArray[np.float32],
    origin: NDArray[np.float32],
    across: NDArray[np.float32],
    down: NDArray[np.float32],
    unit: float,
    width: float,
    height: float,
) -> NDArray[np.float32]:
    """Return the strip of the image that starts at `origin`, with `unit` image pixels to one of its own."""
    # Large letters need no fine sampling, and a false box may span the image.
    fine = max(1.0, unit / 3) if unit > 1 else unit
    corners = np.array(
        [origin, origin + across * width, origin + across * width + down * height, origin + down * height]
    )
    straight = crop(values, corners.astype(np.float32), fine)
    size = (max(1, round(width / unit)), max(1, round(height / unit)))
    return cv2.resize(straight, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _inside(
    image: tuple[int, ...],
    strip: tuple[int, ...],
    origin: NDArray[np.float32],
    across: NDArray[np.float32],
    down: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Return which of a strip's pixels lie in the image; `across` and `down` are its steps in image pixels."""
    row, column = np.mgrid[: strip[0], : strip[1]] + 0.5
    x = origin[0] + across[0] * column + down[0] * row
    y = origin[1] + across[1] * column + down[1] * row
    inside: NDArray[np.bool_] = (x >= 0) & (x < image[1]) & (y >= 0) & (y < image[0])
    return inside


def _ink(strip: NDArray[np.float32], rows: slice, columns: slice) -> NDArray[np.bool_] | None:
    """Return where the strip has ink of the polarity that prevails in the box, None where it is not clear."""
    # Evened along the line: its contrast changes where a letter leaves the collimated field or crosses a bone.
    detail = strip - cv2.GaussianBlur(strip, (0, 0), _HEIGHT * 0.6)
    spread = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), _HEIGHT * 1.5))
    detail /= spread + np.float32(0.25) * spread.max()
    box = detail[rows, columns]
    # The quartile, not the median, of what a normal grain would have: bold letters fill more than half of a strip.
    grain = float(np.percentile(np.abs(detail), 25)) / 0.3186 + 1e-6
    # Strokes are the lesser part of a line, so that its values are skewed towards them.
    sign = 1.0 if float(((box - box.mean()) ** 3).mean()) >= 0 else -1.0
    height = float(np.percentile(sign * box, 97))
    if height < _CLEAR * grain:
        return None
    mask: NDArray[np.bool_] = sign * detail > 0.4 * height
    return mask


def _extent(
    profile: NDArray[np.bool_], start: int, stop: int, gap: int, trim: int = round(_TRIM * _HEIGHT)
) -> tuple[int, int]:
    """Return first and last place with ink from `start` to `stop`, followed outwards over gaps of up to `gap`."""
    places = np.nonzero(profile)[0]
    within = places[(places >= start) & (places < stop)]
    if not len(within):
        return start, stop
    first, last = min(int(within[0]), start + trim), max(int(within[-1]), stop - 1 - trim)
    for place in places[places < first][::-1]:
        if first - place > gap:
            break
        first = int(place)
    for place in places[places > last]:
        if place - last > gap:
            break
        last = int(place)
    return first, last + 1
