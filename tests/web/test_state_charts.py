"""Bars are as long as their counts say, and what is withheld has none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cxrforge.web.charts import LABEL_WIDTH, PLOT_WIDTH, WITHHELD, bars, stacked


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**7)), min_size=1, max_size=20))
def test_bars_are_in_proportion_and_stay_inside(counts: list[int | None]) -> None:
    chart = bars("name", "Title", [(str(i), n) for i, n in enumerate(counts)])
    most = max((n for n in counts if n), default=1)
    for bar, n in zip(chart.bars, counts, strict=True):
        width = sum(s.width for s in bar.segments)
        assert abs(width - PLOT_WIDTH * (n or 0) / most) <= 0.1
        assert bar.y + chart.thickness <= chart.height


def test_a_withheld_count_is_told_and_not_drawn() -> None:
    (bar,) = bars("name", "Title", [("60–69", None)]).bars
    assert bar.note == WITHHELD and bar.segments == ()


def test_segments_of_a_stack_touch() -> None:
    kinds = (("a", "A"), ("b", "B"), ("c", "C"))
    (bar, _) = stacked("name", "Title", [("one", {"a": 1, "b": 2, "c": 1}), ("two", {"a": 8})], kinds).bars
    assert [s.kind for s in bar.segments] == ["a", "b", "c"]
    assert bar.segments[0].x == LABEL_WIDTH
    for left, right in zip(bar.segments, bar.segments[1:], strict=False):
        assert abs(left.x + left.width - right.x) <= 0.2
    assert bar.note == "4"
