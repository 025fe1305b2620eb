"""Pseudonyms: stable under one key, distinct otherwise, intervals kept."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.pseudonym import SHIFT_DAYS, Pseudonymizer

ONE, OTHER = Pseudonymizer(bytes(32)), Pseudonymizer(bytes(31) + b"\1")
TEXT = st.text(max_size=40)


def test_two_hospitals_4711_are_two_people() -> None:
    assert ONE.patient("4711", "", "north") != ONE.patient("4711", "", "south")
    assert ONE.patient("4711", "A", "north") != ONE.patient("4711", "B", "north")


def test_a_pseudonym_is_known_before_and_after() -> None:
    """A change of the construction would cut every release off from its successor."""
    assert ONE.patient("4711", "A", "north") == "Pb0a212aba48772d0"
    assert ONE.uid("1.2.3") == "2.25.184204792305344804321640359126895013806"


@given(TEXT, TEXT, TEXT)
def test_the_same_original_gives_the_same_pseudonym_and_another_key_another(a: str, b: str, c: str) -> None:
    assert ONE.patient(a, b, c) == Pseudonymizer(bytes(32)).patient(a, b, c) != OTHER.patient(a, b, c)


@given(TEXT, TEXT)
def test_parts_do_not_run_into_each_other(a: str, b: str) -> None:
    assert (ONE.digest("x", a, b) == ONE.digest("x", a + b, "")) == (b == "")


@given(st.from_regex(r"[0-9]{1,10}(\.[0-9]{1,10}){1,5}", fullmatch=True))
def test_a_uid_is_valid_and_carries_nothing_of_the_original(original: str) -> None:
    assert re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", ONE.uid(original))
    assert ONE.uid(f" {original} ") == ONE.uid(original)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-20000, 20000), TEXT)
def test_intervals_within_a_patient_are_kept(day: date, days: int, patient: str) -> None:
    later = day + timedelta(days)
    assert ONE.shift_date(patient, later) - ONE.shift_date(patient, day) == timedelta(days)
    assert -SHIFT_DAYS <= ONE.date_shift(patient).days <= -1


def test_the_key_is_never_shown() -> None:
    assert "00" not in repr(ONE)
    with pytest.raises(ValueError, match="32 bytes"):
        Pseudonymizer(b"short")


def test_an_issuer_is_one_however_hl7_and_dicom_write_it() -> None:
    assert ONE.patient("4711", "NORTH") == ONE.patient("4711", "North&1.2.3&ISO") == ONE.patient("4711", "north ")
    assert ONE.patient("4711", "NORTH") != ONE.patient("4711", "SOUTH")
