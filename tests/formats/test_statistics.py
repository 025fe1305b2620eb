from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrforge.formats.statistics import TOTAL, feasible_range, suppress

TABLES = st.integers(1, 4).flatmap(
    lambda width: st.dictionaries(
        st.sampled_from(["north", "south", "west"]),
        st.lists(st.integers(0, 40), min_size=width, max_size=width).map(
            lambda row: dict(zip("abcd", row, strict=False))
        ),
        min_size=1,
        max_size=3,
    )
)


def test_large_cells_are_shown_with_their_totals() -> None:
    shown = suppress({"north": {"F": 20, "M": 30}, "south": {"F": 40, "M": 0}}, 10)
    assert shown.withheld == 0
    assert shown.cells["north"] == {"F": 20, "M": 30, TOTAL: 50}
    assert shown.totals == {"F": 60, "M": 30, TOTAL: 90}


def test_one_small_cell_takes_others_with_it() -> None:
    shown = suppress({"north": {"F": 3, "M": 300}, "south": {"F": 200, "M": 100}}, 10)
    assert shown.cells["north"]["F"] is None
    assert all(shown.cells[site][sex] is None for site in ("north", "south") for sex in ("F", "M"))
    assert shown.totals == {"F": 203, "M": 400, TOTAL: 603}


def test_nothing_is_an_empty_table() -> None:
    assert suppress({}, 10).cells == {TOTAL: {TOTAL: 0}}


@settings(deadline=None, max_examples=25)
@given(TABLES)
def test_nobody_can_reckon_a_small_cell_back(counts: dict[str, dict[str, int]]) -> None:
    smallest = 10
    shown = suppress(counts, smallest)
    columns = list(shown.totals)
    hidden = np.array([[row[c] is None for c in columns] for row in shown.cells.values()])
    whole = suppress(counts, 0).cells
    grid = np.array([[whole[site][c] for c in columns] for site in shown.cells])
    assert not ((grid > 0) & (grid < smallest) & ~hidden).any()
    assert not ((grid == 0) & hidden).any()
    if hidden[-1, -1]:  # everything but zeros went: nothing is left to reckon with
        assert hidden[grid > 0].all()
        return
    for i, j in np.argwhere(hidden & (grid < smallest)):
        low, high = feasible_range(grid, hidden, (int(i), int(j)))
        assert low <= 1 + 1e-6
        assert high >= smallest - 1 - 1e-6
    shown_cells = [(i, j) for i, j in np.argwhere(~hidden)]
    assert all(shown.cells[list(shown.cells)[i]][columns[j]] == grid[i, j] for i, j in shown_cells)
