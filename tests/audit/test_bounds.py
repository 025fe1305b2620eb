from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, hypergeom

from cxrforge.audit.bounds import (
    Stratum,
    hypergeometric_upper,
    sample_size_without_hits,
    stratified_upper,
    wilson_interval,
    wilson_lower,
)


def test_wilson_agrees_with_scipy() -> None:
    for successes, trials in ((0, 10), (7, 10), (81, 100), (250, 250)):
        reference = binomtest(successes, trials).proportion_ci(0.95, "wilson")
        assert wilson_interval(successes, trials) == pytest.approx((reference.low, reference.high), abs=1e-12)
        one_sided = binomtest(successes, trials, alternative="greater").proportion_ci(0.95, "wilson")
        assert wilson_lower(successes, trials) == pytest.approx(one_sided.low, abs=1e-12)


def test_wilson_agrees_with_newcombe_1998() -> None:
    """Newcombe, Statistics in Medicine 17:857, table I: 81/263, 15/148, 0/20, 1/29 by the score method."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (successes, trials), interval in published.items():
        assert wilson_interval(successes, trials) == pytest.approx(interval, abs=5e-5)


def test_nothing_read_proves_nothing() -> None:
    assert wilson_lower(0, 0) == 0.0
    assert hypergeometric_upper(1000, 0, 0) == 1000


def test_everything_read_proves_everything() -> None:
    assert hypergeometric_upper(1000, 1000, 3) == 3


def test_rule_of_three_for_a_large_population() -> None:
    """Hanley and Lippman-Hand, JAMA 1983: no event in n bounds the share at about 3 / n."""
    assert hypergeometric_upper(10_000_000, 600, 0) / 10_000_000 == pytest.approx(3 / 600, rel=0.01)


@settings(deadline=None)
@given(st.integers(1, 60), st.data())
def test_the_bound_is_the_last_count_that_is_not_ruled_out(population: int, data: st.DataObject) -> None:
    sampled = data.draw(st.integers(0, population))
    hits = data.draw(st.integers(0, sampled))
    bound = hypergeometric_upper(population, sampled, hits)
    assert hypergeom.cdf(hits, population, bound, sampled) > 0.05
    if bound < population - (sampled - hits):
        assert hypergeom.cdf(hits, population, bound + 1, sampled) <= 0.05


def test_one_stratum_is_the_plain_bound() -> None:
    for population, sampled in ((100, 30), (1600, 500), (50, 50)):
        assert stratified_upper([Stratum(population, sampled)]) == hypergeometric_upper(population, sampled, 0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=3))
def test_without_hits_the_stratified_bound_is_the_worst_placement(sizes: list[tuple[int, int]]) -> None:
    strata = [Stratum(n, min(n, k)) for n, k in sizes]
    worst = 0
    for placed in itertools.product(*(range(s.population + 1) for s in strata)):
        hidden = math.prod(
            Fraction(math.comb(s.population - d, s.sampled), math.comb(s.population, s.sampled))
            for s, d in zip(strata, placed, strict=True)
        )
        if hidden > Fraction(1, 20):
            worst = max(worst, sum(placed))
    assert stratified_upper(strata) == worst


def test_with_hits_the_stratified_bound_is_never_under_the_hits() -> None:
    strata = [Stratum(1000, 300, 2), Stratum(500, 100, 1)]
    assert stratified_upper(strata) >= 3
    assert stratified_upper(strata) >= hypergeometric_upper(1500, 400, 3)


def test_an_undersampled_site_weakens_the_bound() -> None:
    even = stratified_upper([Stratum(1000, 300), Stratum(1000, 300)])
    uneven = stratified_upper([Stratum(1000, 590), Stratum(1000, 10)])
    assert uneven > even


def test_sample_size_is_the_smallest_that_suffices() -> None:
    size = sample_size_without_hits(60_000, 0.005)
    assert hypergeometric_upper(60_000, size, 0) <= 300 < hypergeometric_upper(60_000, size - 1, 0)
    assert 590 < size < 600


def test_a_stratum_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="hits"):
        Stratum(10, 5, 6)
