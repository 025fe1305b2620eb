from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from cxrforge.formats.splits import DEFAULT_SET, DEFAULT_SHARES, SplitPatient, assign_splits, leave_one_site_out

KEY = bytes(range(32))
PATIENTS = st.dictionaries(
    st.integers(0, 999).map("P{:03}".format),
    st.tuples(
        st.sampled_from(["north", "south", "west"]), st.frozensets(st.sampled_from("abc"), max_size=2), st.booleans()
    ),
    max_size=60,
).map(lambda d: [SplitPatient(p, *rest) for p, rest in d.items()])


@given(PATIENTS, st.randoms())
def test_splits_do_not_depend_on_the_order_of_patients(patients: list[SplitPatient], chance: random.Random) -> None:
    mixed = patients[:]
    chance.shuffle(mixed)
    assert assign_splits(patients, KEY) == assign_splits(mixed, KEY)


@given(PATIENTS)
def test_every_patient_stands_in_one_split(patients: list[SplitPatient]) -> None:
    rows = assign_splits(patients, KEY)
    assert Counter(row.patient for row in rows) == Counter(p.patient for p in patients)
    assert {row.split for row in rows} <= set(DEFAULT_SHARES)
    assert {row.set for row in rows} <= {DEFAULT_SET}


@given(PATIENTS)
def test_each_site_is_split_by_its_shares(patients: list[SplitPatient]) -> None:
    rows = assign_splits(patients, KEY)
    for site in {p.site for p in patients}:
        counts = Counter(row.split for row in rows if row.site == site)
        total = sum(counts.values())
        assert all(abs(counts[split] - share * total) <= 1 for split, share in DEFAULT_SHARES.items())


@given(PATIENTS)
def test_a_left_out_site_is_the_test_split_and_nothing_else(patients: list[SplitPatient]) -> None:
    default = assign_splits(patients, KEY)
    rows = leave_one_site_out(default)
    sites = {row.site for row in default}
    assert {row.set for row in rows} == ({f"leave-out-{site}" for site in sites} if len(sites) > 1 else set())
    for row in rows:
        assert (row.split == "test") == (row.set == f"leave-out-{row.site}")
    for name in {row.set for row in rows}:
        assert Counter(r.patient for r in rows if r.set == name) == Counter(p.patient for p in patients)


@settings(max_examples=50)
@given(PATIENTS, st.integers(0, 60))
def test_a_later_release_keeps_what_an_earlier_one_said(patients: list[SplitPatient], known: int) -> None:
    earlier = {row.patient: row.split for row in assign_splits(patients[:known], KEY)}
    later = {row.patient: row.split for row in assign_splits(patients, KEY, previous=earlier)}
    assert earlier.items() <= later.items()


def test_another_key_gives_other_splits() -> None:
    patients = [SplitPatient(f"P{n}", "north") for n in range(200)]
    assert assign_splits(patients, KEY) != assign_splits(patients, KEY[::-1])


def test_labels_are_spread_over_the_splits() -> None:
    """A label that one patient in twenty has, by chance alone, often misses a tenth of 400 patients."""
    patients = [SplitPatient(f"P{n}", "north", frozenset({"rare"} if n % 20 == 0 else {"common"})) for n in range(400)]
    split = {row.patient: row.split for row in assign_splits(patients, KEY)}
    rare = Counter(split[p.patient] for p in patients if "rare" in p.positives)
    assert rare == {"train": 16, "valid": 2, "test": 2}


def test_audited_patients_are_tested_on_first() -> None:
    patients = [SplitPatient(f"P{n}", "north", audited=n < 20) for n in range(100)]
    split = {row.patient: row.split for row in assign_splits(patients, KEY)}
    assert all(split[f"P{n}"] != "train" for n in range(20))
