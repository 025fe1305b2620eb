"""National numbers prove themselves by their check digits, in any grouping, and near misses do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.reports.national import find_national, is_nhs, is_pesel

VALID = {
    "NHS number": ("943 476 5919", "943-476-5919"),
    "BSN": ("111222333", "1112.22.333"),
    "PESEL": ("44051401359",),
    "CPF": ("529.982.247-25", "52998224725"),
    "NISS": ("85.07.30-033.28",),
    "tax number": ("86 095 742 719",),
    "AHV number": ("756.9217.0769.85",),
    "NIR": ("255081416802538",),
    "DNI": ("12345678Z", "X1234567L"),
    "codice fiscale": ("RSSMRA85T10A562S",),
    "KVNR": ("A123456780",),
}


@pytest.mark.parametrize(("name", "written"), [(n, w) for n, forms in VALID.items() for w in forms])
def test_a_number_is_found_by_its_check_digit_without_a_label(name: str, written: str) -> None:
    text = f"seen {written} today".lower()
    found = [(s.evidence, text[s.start : s.end]) for s in find_national(text)]
    assert (name, written.lower()) in found


@pytest.mark.parametrize(
    "text", ["rr 120 80 65 12 98", "1.2 3.4 5.6 7.8 9.1", "943 476 5918", "12345678a", "t4 12 13 14 mm", "111111111"]
)
def test_figures_whose_check_digit_does_not_hold_are_left(text: str) -> None:
    assert list(find_national(text)) == []


@given(st.lists(st.integers(0, 9), min_size=10, max_size=10))
def test_one_changed_digit_breaks_an_nhs_number(digits: list[int]) -> None:
    if is_nhs(digits):
        assert not is_nhs([(digits[0] + 1) % 10, *digits[1:]]) or len(set(digits)) < 3


@given(st.lists(st.integers(0, 9), min_size=11, max_size=11), st.integers(0, 10))
def test_one_changed_digit_breaks_a_pesel(digits: list[int], at: int) -> None:
    if is_pesel(digits):
        changed = [(d + 1) % 10 if i == at else d for i, d in enumerate(digits)]
        assert not is_pesel(changed)
