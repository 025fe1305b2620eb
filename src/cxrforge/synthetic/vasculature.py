"""The branching vessels of the lungs, grown from the hila inside the lungs' solids."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrforge.synthetic.anatomy import Thorax
from cxrforge.synthetic.planes import Plane
from cxrforge.synthetic.solids import Tube, View, swept

RADII = (3.7, 2.5, 1.65, 1.1, 0.72, 0.5)
"""Radius of each generation of branches in millimetres."""


@dataclass(frozen=True, slots=True)
class _Bed:
    """The lung that vessels grow in, and what all of them share: how full they are, and how many times they fork."""

    matrix: NDArray[np.float64]
    centre: NDArray[np.float64]
    fullness: float
    generations: int


def tree(body: Thorax, rng: np.random.Generator, fullness: float = 1.0, pitch: float = 0.0) -> tuple[Tube, ...]:
    """Return the vessels of both lungs; `fullness` above 1 is congestion.

    Generations much thinner than `pitch`, the millimetres between rays, are left out: no detector shows them.
    """
    tubes: list[Tube] = []
    generations = sum(radius > 0.8 * pitch for radius in RADII)
    for side, lung in body.lungs.items():
        matrix, centre = lung.matrix(), np.array(lung.centre)
        root = np.array(body.hilum(side))
        for _ in range(22):
            target = _inside(matrix, centre, root, side, rng)
            bed = _Bed(matrix, centre, fullness, generations)
            _grow(tubes, root + rng.normal(0, 1, 3) * (7, 8, 15), target, 0, bed, rng)
    return tuple(tubes)


def _inside(
    matrix: NDArray[np.float64],
    centre: NDArray[np.float64],
    root: NDArray[np.float64],
    side: str,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return a point in the lung to grow towards, more often low than high: blood follows gravity."""
    out = -1.0 if side == "right" else 1.0
    while True:
        angle = rng.normal(-0.35, 0.95)
        far = rng.uniform(55, 150)
        step = np.array([out * np.cos(angle) * far, rng.normal(0, 45), np.sin(angle) * far])
        point: NDArray[np.float64] = root + step
        if np.linalg.norm(matrix @ (point - centre)) < 0.93:
            return point


def _grow(
    tubes: list[Tube],
    start: NDArray[np.float64],
    target: NDArray[np.float64],
    generation: int,
    bed: _Bed,
    rng: np.random.Generator,
) -> None:
    """Add a branch from `start` towards `target`, then let it fork until the last generation."""
    if generation >= bed.generations:
        return
    way = (0.40 if generation else 0.3) * (target - start)
    length = math.sqrt(way @ way)
    if length < 4:
        return
    bend = rng.normal(0, 0.24, 3) * length
    end = start + way
    tip = bed.matrix @ (end - bed.centre)
    if tip @ tip > 0.98:
        return
    n = max(int(length / 0.35), 4)
    t = (np.arange(n) / (n - 1))[:, None]
    density = bed.fullness * float(rng.uniform(0.7, 1.1))
    tubes.append(Tube(start + t * (way + (1 - t) * bend), RADII[generation], density=density))
    rest = target - end
    reach = 0.42 * math.sqrt(rest @ rest)
    for spread in rng.normal(0, reach, (2 if generation < 4 else 3, 3)):
        _grow(tubes, end, target + spread, generation + 1, bed, rng)


def vessel_plane(tubes: tuple[Tube, ...], view: View) -> Plane:
    """Return millimetres of blood in the lung vessels along each ray."""
    total = np.zeros((view.rows, view.columns), np.float32)
    for radius in RADII:
        same = [t for t in tubes if t.radius == radius]
        if same:
            total += swept(same, view)
    return total
