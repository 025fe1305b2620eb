from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.audit.bounds import Stratum, stratified_upper
from cxrforge.audit.sampling import draw, draw_by_stratum, identifier_audit_sizes

KEY = bytes(range(32))
ITEMS = [f"S{n:04}" for n in range(100)]


def test_a_draw_repeats_under_its_key_and_purpose_alone() -> None:
    assert draw(ITEMS, 10, KEY, "images/1") == draw(ITEMS[::-1], 10, KEY, "images/1")
    assert draw(ITEMS, 10, KEY, "images/1") != draw(ITEMS, 10, KEY, "images/2")
    assert draw(ITEMS, 10, KEY, "images/1") != draw(ITEMS, 10, KEY[::-1], "images/1")


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_larger_draw_begins_with_the_smaller(one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert draw(ITEMS, large, KEY, "x")[:small] == draw(ITEMS, small, KEY, "x")
    assert len(set(draw(ITEMS, large, KEY, "x"))) == large


def test_every_item_has_the_same_chance() -> None:
    """10 of 100 in 2,000 rounds: 200 each, standard deviation 13.4; five of those either way."""
    drawn = Counter(item for n in range(2000) for item in draw(ITEMS, 10, KEY, str(n)))
    assert all(133 < drawn[item] < 267 for item in ITEMS)


def test_more_than_there_is_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="draw"):
        draw(ITEMS, 101, KEY, "x")


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 50)), st.floats(0, 1, allow_subnormal=False))
def test_every_stratum_reaches_its_share(sizes: dict[str, int], share: float) -> None:
    strata = {name: [f"{name}{n}" for n in range(size)] for name, size in sizes.items()}
    for name, drawn in draw_by_stratum(strata, share, KEY, "labels").items():
        assert set(drawn) <= set(strata[name])
        assert len(drawn) >= share * sizes[name] - 1e-6
        assert bool(drawn) == bool(sizes[name])


@pytest.mark.parametrize(
    "populations", [{"a": 60_000}, {"a": 40_000, "b": 15_000, "c": 800}, {"a": 300, "b": 20}, {"a": 0}]
)
def test_the_sizes_of_an_identifier_audit_suffice_without_a_hit(populations: dict[str, int]) -> None:
    sizes = identifier_audit_sizes(populations, 0.005)
    total = sum(populations.values())
    assert stratified_upper([Stratum(n, sizes[name]) for name, n in populations.items()]) <= 0.005 * total
    assert sum(sizes.values()) <= min(total, 610)
