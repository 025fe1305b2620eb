"""Estimates from stratified samples: equal to the plain ones without strata, covering."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from cxrforge.audit.designs import LabelledStudy, allocate, draw_labelled, label_strata
from cxrforge.audit.estimates import Estimate, Total, make_design, more_to_reach, share
from cxrforge.records import OBSERVATIONS


def plain(right: int, wrong: int, population: int = 1_000_000) -> Estimate:
    """A share of a plain sample of a large population."""
    design = make_design(["all"] * (right + wrong), {"all": population})
    good = np.array([1.0] * right + [0.0] * wrong)
    return share(design, good, 1 - good, np.ones(right + wrong))


def test_a_share_s_weights_undo_oversampling() -> None:
    """80 of 800 frequent ones read, 40 of 40 rare ones: 0.9 of 800 and 0.5 of 40 right makes (720 + 20) / 840."""
    design = make_design(["frequent"] * 80 + ["rare"] * 40, {"frequent": 800, "rare": 40})
    right = np.array([1.0] * 72 + [0.0] * 8 + [1.0] * 20 + [0.0] * 20)
    found = share(design, right, 1 - right, np.ones(120))
    assert found.value == pytest.approx(740 / 840)
    assert found.low < found.lower < 740 / 840 < found.high


def test_a_total_of_equal_weights_has_garwood_s_bounds() -> None:
    """Garwood 1936, two-sided 95 % limits of Poisson counts: 0 (0, 3.6889), 1 (0.0253, 5.5716), 10 (4.7954, 18.3904)."""
    for count, low, high in ((0, 0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)):
        total = Total(0, count, count, 1)
        assert (total.lower(0.975), total.upper(0.975)) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("right", "wrong"), [(81, 182), (15, 133), (1, 28), (20, 0), (687, 13)])
def test_a_plain_sample_has_nearly_the_exact_binomial_interval(right: int, wrong: int) -> None:
    """Two Poisson counts given their sum are binomial, so Clopper and Pearson's interval is what should come out."""
    found = plain(right, wrong)
    exact = binomtest(right, right + wrong).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.012)
    assert found.lower == pytest.approx(
        binomtest(right, right + wrong, alternative="greater").proportion_ci(0.95, "exact").low, abs=0.012
    )


def test_what_was_read_to_the_last_item_is_known() -> None:
    found = plain(8, 2, population=10)
    assert (found.low, found.value, found.high, found.lower) == pytest.approx((0.8, 0.8, 0.8, 0.8))


def test_none_wrong_is_no_proof_of_perfection() -> None:
    found = plain(20, 0)
    assert found.value == 1 and found.high == 1 and found.lower < 0.9


def test_faults_that_stand_unseen_in_a_large_stratum_are_reckoned_with() -> None:
    """All 30 found are right, and of 200 not found none was missed: but each of those speaks for 10."""
    design = make_design(["found"] * 30 + ["not"] * 200, {"found": 30, "not": 2000})
    right = np.array([1.0] * 30 + [0.0] * 200)
    assert share(design, right, np.zeros(230), 1 - right).lower < 30 / (30 + 10 * 2.9)


def test_nothing_to_count_is_no_share() -> None:
    design = make_design(["a"] * 3, {"a": 30})
    found = share(design, np.zeros(3), np.zeros(3), np.ones(3))
    assert found.value is None and (found.low, found.high, found.lower) == (0, 1, 0)


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_share_lies_in_its_interval(right: int, wrong: int) -> None:
    found = plain(right, wrong)
    if found.value is not None:
        assert 0 <= found.low <= found.lower + 1e-12 <= found.value + 1e-9 <= found.high + 2e-9 <= 1 + 3e-9


def test_how_many_more_to_read_is_what_then_suffices() -> None:
    found = plain(36, 4)
    more = more_to_reach(found, 0.8)
    assert found.lower < 0.8 and more is not None
    tens = math.ceil((40 + more) / 10)
    assert plain(9 * tens, tens).lower >= 0.8 > plain(9 * (tens - 2), tens - 2).lower
    assert more_to_reach(found, 0.95) is None
    assert more_to_reach(found, 0.5) == 0


def test_allocation_reads_small_strata_more_often_and_adds_up() -> None:
    sizes = {"frequent": 900, "rare": 90, "rarest": 10}
    drawn = allocate(sizes, 100)
    assert sum(drawn.values()) == 100
    assert drawn["rarest"] / 10 > drawn["rare"] / 90 > drawn["frequent"] / 900
    assert allocate(sizes, 5000) == sizes
    assert allocate({"a": 50, "b": 1}, 3) == {"a": 2, "b": 1}


def study(name: str, **labels: str) -> LabelledStudy:
    return LabelledStudy(name, "north", {o: labels.get(o.replace(" ", "_")) for o in OBSERVATIONS})


def test_a_study_stands_with_its_rarest_label_that_is_present_or_uncertain() -> None:
    studies = [study(f"s{n}", Edema="present") for n in range(8)]
    studies += [study("t1", Edema="present", Fracture="uncertain"), study("t2", Edema="absent")]
    strata = label_strata(studies, 10)
    assert strata["Fracture, uncertain"] == ["t1"] and strata["nothing mentioned"] == ["t2"]
    assert len(strata["Edema, present"]) == 8
    assert label_strata(studies, 2) == {"Edema, present": [f"s{n}" for n in range(8)], "other": ["t1", "t2"]}


def population(seed: int, size: int) -> tuple[list[LabelledStudy], dict[str, dict[str, bool]]]:
    """Studies of three sites with a frequent and a rare label, and what is really there: the program errs."""
    random = np.random.default_rng(seed)
    studies, truth = [], {}
    for n in range(size):
        site = ("north", "south", "west")[int(random.random() ** 2 * 3)]
        there = {"Edema": random.random() < 0.3, "Fracture": random.random() < 0.03}
        told: dict[str, str | None] = dict.fromkeys(OBSERVATIONS)
        for name, sensitivity in (("Edema", 0.9), ("Fracture", 0.8)):
            right = random.random() < sensitivity if there[name] else random.random() < 0.985
            told[name] = "present" if there[name] == right else "absent"
        studies.append(LabelledStudy(f"S{n}", site, told))
        truth[f"S{n}"] = there
    return studies, truth


@pytest.mark.slow
def test_intervals_cover_at_their_stated_rate_under_the_stratified_design() -> None:
    """200 draws from a population of known truth: 95 % intervals miss precision and recall no oftener than they say."""
    studies, truth = population(5, 3000)
    told = {s.study: s.labels for s in studies}
    inside: Counter[tuple[str, str]] = Counter()
    above: Counter[tuple[str, str]] = Counter()
    rounds = 200
    for n in range(rounds):
        drawn = draw_labelled(studies, 0.1, n.to_bytes(4, "big") * 8, "simulation")
        names = [s for d in drawn for s in d.items]
        design = make_design([d.stratum for d in drawn for _ in d.items], {d.stratum: d.population for d in drawn})
        for label in ("Edema", "Fracture"):
            said = np.array([told[s][label] == "present" for s in names], dtype=float)
            seen = np.array([truth[s][label] for s in names], dtype=float)
            for kind, under, possible in (("precision", said, said), ("recall", seen, 1 - said)):
                found = share(design, said * seen, under - said * seen, possible)
                real = in_truth(studies, truth, label, kind)
                inside[label, kind] += found.low <= real <= found.high
                above[label, kind] += found.lower <= real
    noise = 3 * math.sqrt(0.95 * 0.05 / rounds)
    assert min(*inside.values(), *above.values()) / rounds > 0.95 - noise, (inside, above)
    assert len(inside) == 4


def in_truth(studies: list[LabelledStudy], truth: dict[str, dict[str, bool]], label: str, kind: str) -> float:
    said = {s.study for s in studies if s.labels[label] == "present"}
    there = {name for name, row in truth.items() if row[label]}
    return len(said & there) / len(said if kind == "precision" else there)
