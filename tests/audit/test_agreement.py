from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.audit.agreement import Detection, cohen_kappa, detection


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
