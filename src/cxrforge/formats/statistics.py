"""Aggregates that leave with a release: counts by site and category, small cells suppressed so that they stay so.

A cell under the smallest size is withheld. Because totals are published, more cells are withheld until nobody can
reckon from the rest that a withheld cell lies in a narrower range than "under the smallest size" already says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from cxrforge.formats.release_content import Crosstab

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A published table: `cells[site][category]`, None where withheld; the site `total` holds the sums over sites."""

    cells: Mapping[str, Mapping[str, int | None]]
    smallest_cell: int

    @property
    def totals(self) -> Mapping[str, int | None]:
        """Return the counts over all sites, by category and altogether."""
        return self.cells[TOTAL]

    @property
    def withheld(self) -> int:
        """Return how many cells are withheld."""
        return sum(value is None for row in self.cells.values() for value in row.values())


def suppress(counts: Crosstab, smallest_cell: int) -> Suppressed:
    """Return `counts` with its totals, every cell from 1 to under `smallest_cell` withheld, and what protects them.

    Zeros are shown. Where even withholding everything else would not protect a cell, the totals go as well.
    """
    sites = sorted(counts)
    categories = sorted({category for row in counts.values() for category in row})
    grid = _with_totals(np.array([[counts[s].get(c, 0) for c in categories] for s in sites], dtype=np.int64))
    hidden = (grid > 0) & (grid < smallest_cell)
    while (exposed := _first_exposed(grid, hidden, smallest_cell)) is not None:
        partner = _partner(grid, hidden, exposed)
        if partner is None:
            hidden |= grid > 0
            break
        hidden[partner] = True
    names = [*sites, TOTAL]
    columns = [*categories, TOTAL]
    cells = {
        name: {column: None if hidden[i, j] else int(grid[i, j]) for j, column in enumerate(columns)}
        for i, name in enumerate(names)
    }
    return Suppressed(cells, smallest_cell)


def _with_totals(cells: np.ndarray) -> np.ndarray:
    """Return `cells` (sites, categories) with a last column and a last row of sums."""
    if cells.size == 0:
        return np.zeros((1, 1), dtype=np.int64)
    wide = np.hstack([cells, cells.sum(axis=1, keepdims=True)])
    return np.vstack([wide, wide.sum(axis=0, keepdims=True)])


def _first_exposed(grid: np.ndarray, hidden: np.ndarray, smallest_cell: int) -> tuple[int, int] | None:
    """Return a small withheld cell whose range, reckoned from what is shown, is narrower than its size class."""
    small = hidden & (grid > 0) & (grid < smallest_cell)
    for i, j in zip(*np.nonzero(small), strict=True):
        place = (int(i), int(j))
        low, high = feasible_range(grid, hidden, place)
        if low > 1 + 1e-6 or high < smallest_cell - 1 - 1e-6:
            return place
    return None


def feasible_range(grid: np.ndarray, hidden: np.ndarray, place: tuple[int, int]) -> tuple[float, float]:
    """Return the least and greatest value that a withheld cell can have, given everything shown.

    The reader knows that rows and columns add up to the last column and row, and that a withheld cell is no zero.
    """
    numbers = {cell: k for k, cell in enumerate(zip(*(a.tolist() for a in np.nonzero(hidden)), strict=True))}
    equations, sums = [], []
    for line in _lines(grid.shape):
        row, known = np.zeros(len(numbers)), 0
        for cell, sign in line:
            if cell in numbers:
                row[numbers[cell]] = sign
            else:
                known += sign * int(grid[cell])
        if row.any():
            equations.append(row)
            sums.append(-known)
    target = np.zeros(len(numbers))
    target[numbers[place]] = 1
    return _extreme(target, equations, sums), -_extreme(-target, equations, sums)


def _extreme(target: np.ndarray, equations: Sequence[np.ndarray], sums: Sequence[int]) -> float:
    bounds = (1, None)
    solved = linprog(target, A_eq=np.array(equations), b_eq=np.array(sums), bounds=bounds, method="highs")
    return float(solved.fun) if solved.status == 0 else -np.inf


def _lines(shape: tuple[int, ...]) -> list[list[tuple[tuple[int, int], int]]]:
    """Return every sum in the table: its cells with sign 1 and its total with sign -1."""
    height, width = shape
    rows = [[((i, j), 1 if j < width - 1 else -1) for j in range(width)] for i in range(height)]
    columns = [[((i, j), 1 if i < height - 1 else -1) for i in range(height)] for j in range(width)]
    return [*rows, *columns] if height > 1 and width > 1 else []


def _partner(grid: np.ndarray, hidden: np.ndarray, exposed: tuple[int, int]) -> tuple[int, int] | None:
    """Return the cell to withhold next: the smallest shown one beside the exposed cell, or anywhere, totals last."""
    last = (grid.shape[0] - 1, grid.shape[1] - 1)
    shown = [tuple(map(int, cell)) for cell in np.argwhere(~hidden & (grid > 0))]
    if not shown:
        return None

    def cost(cell: tuple[int, ...]) -> tuple[int, bool, int, tuple[int, ...]]:
        totals = (cell[0] == last[0]) + (cell[1] == last[1])
        beside = cell[0] == exposed[0] or cell[1] == exposed[1]
        return totals, not beside, int(grid[cell]), cell

    best = min(shown, key=cost)
    return best[0], best[1]
