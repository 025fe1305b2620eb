"""The branching vessels of the lungs, grown from the hila inside the lungs' solids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxrforge.synthetic.anatomy import Thorax
from cxrforge.synthetic.planes import Plane
from cxrforge.synthetic.solids import Tube, View, swept

RADII = (3.7, 2.5, 1.65, 1.1, 0.72, 0.5)
"""Radius of each generation of branches in millimetres."""


def tree(body: Thorax, rng: np.random.Generator, fullness: float = 1.0) -> tuple[Tube, ...]:
    """Return the vessels of both lungs; `fullness` above 1 is congestion."""
    tubes: list[Tube] = []
    for side, lung in body.lungs.items():
        matrix, centre = lung.matrix(), np.array(lung.centre)
        root = np.array(body.hilum(side))
        for _ in range(22):
            target = _inside(matrix, centre, root, side, rng)
            _grow(tubes, root + rng.normal(0, 1, 3) * (7, 8, 15), target, 0, matrix, centre, rng, fullness)
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
    matrix: NDArray[np.float64],
    centre: NDArray[np.float64],
    rng: np.random.Generator,
    fullness: float,
) -> None:
    """Add a branch from `start` towards `target`, then let it fork until the last generation."""
    if generation >= len(RADII):
        return
    way = target - start
    length = float(np.linalg.norm(way)) * (0.40 if generation else 0.3)
    if length < 4:
        return
    direction = way / np.linalg.norm(way)
    bend = rng.normal(0, 0.12, 3) * length
    n = max(int(length / 0.35), 4)
    t = np.linspace(0, 1, n)[:, None]
    points = start + direction * length * t + bend * (t * (1 - t)) * 2
    if np.linalg.norm(matrix @ (points[-1] - centre)) > 0.99:
        return
    tubes.append(Tube(points, RADII[generation], density=fullness * float(rng.uniform(0.7, 1.1))))
    for _ in range(2 if generation < 4 else 3):
        spread = rng.normal(0, 0.42, 3) * np.linalg.norm(target - points[-1])
        _grow(tubes, points[-1], target + spread, generation + 1, matrix, centre, rng, fullness)


def vessel_plane(tubes: tuple[Tube, ...], view: View) -> Plane:
    """Return millimetres of blood in the lung vessels along each ray."""
    total = np.zeros((view.rows, view.columns), np.float32)
    for radius in RADII:
        same = [t for t in tubes if t.radius == radius]
        if same:
            total += swept(same, view)
    return total
