"""Solids cut by parallel rays: exact chords of ellipsoids, swept tubes, and the lengths of what lies between them.

Millimetres throughout. The patient's axes: x to the patient's left, y to the back, z to the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cxrforge.synthetic.planes import Plane, filtered

Vector = tuple[float, float, float]
MISS = np.float32(1e6)


@dataclass(frozen=True, slots=True)
class View:
    """Parallel rays along `along`; `across` runs to the right of the image, z runs up.

    `centre` is (across, z) at the middle of the detector; `pitch` the distance of rays.
    """

    across: Vector
    along: Vector
    rows: int
    columns: int
    pitch: float
    centre: tuple[float, float]

    def coarser(self, factor: int) -> View:
        """Return the same field with rays `factor` times as far apart."""
        rows, columns = -(-self.rows // factor), -(-self.columns // factor)
        du = (columns * factor - self.columns) * self.pitch / 2
        dz = (rows * factor - self.rows) * self.pitch / 2
        centre = (self.centre[0] + du, self.centre[1] - dz)
        return View(self.across, self.along, rows, columns, self.pitch * factor, centre)

    def grid(self) -> tuple[Plane, Plane]:
        """Return the position of every ray: across (1, columns) and z (rows, 1)."""
        u = self.centre[0] + (np.arange(self.columns) - (self.columns - 1) / 2) * self.pitch
        z = self.centre[1] - (np.arange(self.rows) - (self.rows - 1) / 2) * self.pitch
        return u[None, :].astype(np.float32), z[:, None].astype(np.float32)

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (column, row) of points (n, 3), in pixels of this view."""
        u = points @ np.array(self.across)
        column = (u - self.centre[0]) / self.pitch + (self.columns - 1) / 2
        row = (self.centre[1] - points[:, 2]) / self.pitch + (self.rows - 1) / 2
        return np.stack([column, row], axis=1)


def turned(degrees: float) -> tuple[Vector, Vector]:
    """Return `across` and `along` of a beam from the back, the patient turned by `degrees` about z."""
    c, s = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))
    return (c, s, 0.0), (-s, c, 0.0)


class Chord(NamedTuple):
    """Where each ray enters and leaves a solid; `enter > leave` where it misses."""

    enter: Plane
    leave: Plane

    def length(self) -> Plane:
        return np.maximum(self.leave - self.enter, 0)

    def __and__(self, other: Chord) -> Chord:
        return Chord(np.maximum(self.enter, other.enter), np.minimum(self.leave, other.leave))


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """A solid ellipsoid; `tilt` turns it about (x, y, z) in degrees, in this order.

    With `open_top` it goes on upwards from its centre as an upright cylinder (and must not be tilted).
    """

    centre: Vector
    semi: Vector
    tilt: Vector = (0.0, 0.0, 0.0)
    open_top: bool = False

    def matrix(self) -> NDArray[np.float64]:
        """Return what takes an offset from the centre into the unit sphere."""
        ax, ay, az = np.radians(self.tilt)
        cx, sx, cy, sy, cz, sz = np.cos(ax), np.sin(ax), np.cos(ay), np.sin(ay), np.cos(az), np.sin(az)
        rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        rz = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        inverse: NDArray[np.float64] = np.diag(1 / np.array(self.semi)) @ (rz @ ry @ rx).T
        return inverse

    def chord(self, view: View) -> Chord:
        """Return where the rays of `view` cross the surface: the roots of |M(o + t·d − c)|² = 1."""
        enter = np.full((view.rows, view.columns), MISS, np.float32)
        leave = np.full((view.rows, view.columns), -MISS, np.float32)
        rows, columns = self._shadow(view)
        m = self.matrix()
        mu, mz, md = m @ np.array(view.across), m[:, 2], m @ np.array(view.along)
        mc = m @ np.array(self.centre)
        u, z = view.grid()
        u, z = u[:, columns], z[rows]
        if self.open_top:
            z = np.minimum(z, np.float32(self.centre[2]))
        a = float(md @ md)
        b = (u * float(mu @ md) - float(mc @ md)) + z * float(mz @ md)
        flat_u = u * u * float(mu @ mu) - 2 * u * float(mu @ mc) + float(mc @ mc) - 1
        flat_z = z * z * float(mz @ mz) - 2 * z * float(mz @ mc)
        disc = b * b - a * (flat_u + flat_z + (2 * float(mu @ mz)) * u * z)
        root = np.sqrt(np.maximum(disc, 0)) / a
        middle = -b / a
        hit = disc > 0
        enter[rows, columns] = np.where(hit, middle - root, MISS)
        leave[rows, columns] = np.where(hit, middle + root, -MISS)
        return Chord(enter, leave)

    def _shadow(self, view: View) -> tuple[slice, slice]:
        """Return the rows and columns outside of which every ray misses."""
        half = np.linalg.inv(self.matrix())
        across = np.array(view.across)
        u, wide = float(across @ np.array(self.centre)), float(np.linalg.norm(across @ half))
        z, high = self.centre[2], float(np.linalg.norm(half[2]))
        top = view.centre[1] + view.rows * view.pitch if self.open_top else z + high
        left = (u - wide - view.centre[0]) / view.pitch + (view.columns - 1) / 2
        right = (u + wide - view.centre[0]) / view.pitch + (view.columns - 1) / 2
        first = (view.centre[1] - top) / view.pitch + (view.rows - 1) / 2
        last = (view.centre[1] - (z - high)) / view.pitch + (view.rows - 1) / 2
        rows = slice(int(np.clip(first, 0, view.rows)), int(np.clip(last + 2, 0, view.rows)))
        return rows, slice(int(np.clip(left, 0, view.columns)), int(np.clip(right + 2, 0, view.columns)))

    def surface(self, n: int = 120) -> NDArray[np.float64]:
        """Return points of the surface, (n·n, 3)."""
        theta, phi = np.meshgrid(np.linspace(0, np.pi, n), np.linspace(0, 2 * np.pi, n))
        unit = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1).reshape(-1, 3)
        points: NDArray[np.float64] = unit @ np.linalg.inv(self.matrix()).T + np.array(self.centre)
        return points

    def scaled(self, factor: float, centre: Vector | None = None) -> Ellipsoid:
        """Return it grown by `factor` about `centre` (its own unless given)."""
        about = np.array(self.centre if centre is None else centre)
        moved = about + factor * (np.array(self.centre) - about)
        semi = tuple(float(s) * factor for s in self.semi)
        return Ellipsoid((float(moved[0]), float(moved[1]), float(moved[2])), (semi[0], semi[1], semi[2]), self.tilt)


def covered(within: Chord, solids: Sequence[Chord]) -> Plane:
    """Return the length of the union of `solids` that lies `within`."""
    total = np.zeros_like(within.enter)
    rays = np.flatnonzero(within.leave > within.enter)
    first, last = within.enter.ravel()[rays], within.leave.ravel()[rays]
    near = [s for s in solids if ((s.leave > within.enter) & (s.enter < within.leave)).any()]
    if not near or not len(rays):
        return total
    enters = np.stack([np.clip(s.enter.ravel()[rays], first, last) for s in near], axis=1)
    leaves = np.stack([np.clip(s.leave.ravel()[rays], first, last) for s in near], axis=1)
    # Sorted by where they begin: one 64-bit key of begin and end, in micrometres above the deepest ray.
    low = float(first.min())
    keys = ((enters - low) * 1000).astype(np.int64) << 32 | ((leaves - low) * 1000).astype(np.int64)
    keys.sort(axis=1)
    reached = np.zeros(len(rays), np.int64)
    length = np.zeros(len(rays), np.int64)
    for n in range(keys.shape[1]):
        end = keys[:, n] & 0xFFFFFFFF
        length += np.maximum(end - np.maximum(keys[:, n] >> 32, reached), 0)
        np.maximum(reached, end, out=reached)
    total.ravel()[rays] = length.astype(np.float32) / 1000
    return total


def hull(solids: Sequence[Chord]) -> Chord:
    """Return from where each ray first enters any of `solids` to where it last leaves one."""
    enter, leave = solids[0]
    for solid in solids[1:]:
        enter, leave = np.minimum(enter, solid.enter), np.maximum(leave, solid.leave)
    return Chord(enter, leave)


@dataclass(frozen=True, slots=True)
class Tube:
    """A curve (n, 3) swept by an ellipsoid of half-width `radius` and half-height `radius * height`.

    `rim` is the share of its matter that sits in the wall, as in cortical bone; `density` scales it.
    """

    points: NDArray[np.float64]
    radius: float
    height: float = 1.0
    rim: float = 0.0
    density: float = 1.0


def swept(tubes: Sequence[Tube], view: View) -> Plane:
    """Return the length of matter along each ray for tubes of one radius, height and rim."""
    weights = []
    for tube in tubes:
        apart = tube.points[1:] - tube.points[:-1]
        steps = np.sqrt((apart * apart).sum(axis=1)) * tube.density
        weight = np.zeros(len(tube.points))
        weight[:-1] += steps / 2
        weight[1:] += steps / 2
        weights.append(weight)
    place = view.place(np.concatenate([tube.points for tube in tubes]))
    plane = _splat(view, place, np.concatenate(weights))
    return filtered(plane, _kernel(tubes[0], view.pitch))


def _splat(view: View, place: NDArray[np.float64], weight: NDArray[np.float64]) -> Plane:
    """Return each point's weight shared out to its four nearest rays."""
    corner = np.floor(place).astype(np.int64)
    part = place - corner
    where, share = [], []
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = corner[:, 0] + dx, corner[:, 1] + dy
            inside = (column >= 0) & (column < view.columns) & (row >= 0) & (row < view.rows)
            where.append((row * view.columns + column)[inside])
            share.append((np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1]) * weight)[inside])
    flat = np.bincount(np.concatenate(where), np.concatenate(share), view.rows * view.columns)
    return flat.reshape(view.rows, view.columns).astype(np.float32)


def _kernel(tube: Tube, pitch: float) -> Plane:
    """Return what one millimetre of curve adds around itself: the tube's cross-section area over the plane."""
    rx, ry = tube.radius / pitch, tube.radius * tube.height / pitch
    half_x, half_y = int(np.ceil(rx + 1)), int(np.ceil(ry + 1))
    x, y = np.meshgrid(np.arange(-half_x, half_x + 1), np.arange(-half_y, half_y + 1))
    rho = np.sqrt((x / rx) ** 2 + (y / ry) ** 2)
    solid = np.sqrt(np.maximum(1 - rho**2, 0)) + 1e-9 * (rho == 0)
    width = max(0.12, 0.8 / rx)
    ring = np.exp(-(((rho - 1 + width / 2) / (width / 2)) ** 2)) * (rho < 1.2)
    shape = (1 - tube.rim) * solid / solid.sum() + tube.rim * ring / ring.sum()
    area = np.pi * tube.radius * tube.radius * tube.height
    kernel: Plane = (shape * area / pitch**2).astype(np.float32)
    return kernel


def along(points: Sequence[Vector] | NDArray[np.float64], step: float = 0.3) -> NDArray[np.float64]:
    """Return a smooth curve through `points` (Catmull-Rom) with about `step` between neighbours."""
    p = np.asarray(points, np.float64)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    counts = np.maximum(2, (np.linalg.norm(c - b, axis=1) / step).astype(np.int64) + 1)
    piece = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    t = ((np.arange(len(piece)) - first[piece]) / counts[piece])[:, None]
    terms = (2 * b, c - a, 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d)
    k0, k1, k2, k3 = (term[piece] for term in terms)
    return np.concatenate([0.5 * (k0 + t * (k1 + t * (k2 + t * k3))), p[-2:-1]])
