from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.audit.agreement import Detection, cohen_kappa, detection, fleiss_kappa, gwet_ac1
from cxrforge.audit.bounds import wilson_interval


def pairs(table: dict[tuple[str, str], int]) -> tuple[list[str], list[str]]:
    one = [a for (a, _), n in table.items() for _ in range(n)]
    other = [b for (_, b), n in table.items() for _ in range(n)]
    return one, other


def test_kappa_of_the_textbook_s_psychiatrists() -> None:
    """Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, table 18.1 and example: kappa .676."""
    table = {("p", "p"): 75, ("p", "n"): 1, ("p", "o"): 4, ("n", "p"): 5, ("n", "n"): 4, ("n", "o"): 1, ("o", "o"): 10}
    found = cohen_kappa(*pairs(table))
    assert found.value == pytest.approx(0.676, abs=5e-4)
    assert found.agreement == pytest.approx(0.89)
    assert found.low is not None and found.high is not None
    standard_error = (found.high - found.low) / (2 * 1.959964)
    assert standard_error == pytest.approx(0.088, abs=5e-4)


def test_perfect_agreement_is_one_and_constant_readings_have_no_kappa() -> None:
    assert cohen_kappa("aabb", "aabb").value == 1
    assert cohen_kappa("aaaa", "aaaa").value is None
    assert cohen_kappa("", "").value is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40))
def test_kappa_is_symmetric_and_inside_its_interval(readings: list[tuple[str, str]]) -> None:
    one, other = [a for a, _ in readings], [b for _, b in readings]
    found, turned = cohen_kappa(one, other), cohen_kappa(other, one)
    if found.value is None:
        assert turned.value is None
        return
    assert found.value == pytest.approx(turned.value)
    assert found.low <= found.value + 1e-12 and found.value <= found.high + 1e-12


def test_detection_counts_against_the_reader() -> None:
    found = detection(["x", "x", "-", "-"], ["x", "-", "x", "-"], "x")
    assert found == Detection(1, 1, 1)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert found.precision_lower() < 0.5 < found.intervals()["precision"][1]


def test_nothing_found_has_no_precision_and_proves_nothing() -> None:
    empty = Detection()
    assert (empty.precision, empty.recall, empty.f1) == (None, None, None)
    assert empty.precision_lower() == 0.0


FLEISS_1971 = (
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
)  # fmt: skip


def rated(counts: tuple[tuple[int, ...], ...]) -> list[list[int]]:
    return [[category for category, n in enumerate(row) for _ in range(n)] for row in counts]


def test_fleiss_kappa_of_ten_items_and_fourteen_raters() -> None:
    """The worked example of ten items, fourteen raters and five categories: agreement .378, chance .213, kappa .210."""
    assert fleiss_kappa(rated(FLEISS_1971)) == pytest.approx(0.2099, abs=5e-5)


def test_gwet_s_coefficient_stays_where_kappa_collapses() -> None:
    """Gwet 2008, example of 125 subjects rated + by nearly all: kappa -.0234, AC1 .9408."""
    one, other = pairs({("+", "+"): 118, ("+", "-"): 5, ("-", "+"): 2})
    assert cohen_kappa(one, other).value == pytest.approx(-0.0234, abs=5e-5)
    found = gwet_ac1(one, other)
    assert found.value == pytest.approx(0.9408, abs=5e-5)
    assert found.low is not None and found.low > 0.89


def test_coefficients_agree_with_statsmodels() -> None:
    rater = pytest.importorskip("statsmodels.stats.inter_rater")
    table = np.array([[40, 5, 3], [6, 30, 4], [2, 7, 20]])
    one, other = pairs({(a, b): int(table[i, j]) for i, a in enumerate("xyz") for j, b in enumerate("xyz")})
    reference, found = rater.cohens_kappa(table), cohen_kappa(one, other)
    assert found.value == pytest.approx(reference.kappa, abs=1e-10)
    assert (found.low, found.high) == pytest.approx((reference.kappa_low, reference.kappa_upp), abs=1e-10)
    assert fleiss_kappa(rated(FLEISS_1971)) == pytest.approx(rater.fleiss_kappa(np.array(FLEISS_1971)), abs=1e-12)


def test_wilson_agrees_with_statsmodels() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for successes, trials in ((3, 40), (687, 700), (0, 20)):
        reference = proportion.proportion_confint(successes, trials, method="wilson")
        assert wilson_interval(successes, trials) == pytest.approx(reference, abs=1e-12)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40))
def test_every_coefficient_is_one_for_perfect_agreement_and_never_above(readings: list[tuple[str, str]]) -> None:
    one, other = [a for a, _ in readings], [b for _, b in readings]
    for a, b in ((one, other), (one, one)):
        values = [fleiss_kappa(list(zip(a, b, strict=True))), gwet_ac1(a, b).value, cohen_kappa(a, b).value]
        assert all(v is None or v <= 1 + 1e-12 for v in values)
        if a is b:
            assert all(v is None or v == pytest.approx(1) for v in values)
