from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cxrforge.formats.anonymity import k_anonymity
from cxrforge.formats.release_content import ReleaseContent

MakeContent = Callable[..., ReleaseContent]


def test_patients_who_look_alike_are_counted_together(make_content: MakeContent) -> None:
    told = k_anonymity(make_content().studies, 10)
    assert told["columns"] == ["site", "language", "paediatric"]
    assert (told["groups"], told["k"]) == (2, 6)
    assert told["patients_in_groups_under_smallest_cell"] == 12


def test_one_column_more_can_single_a_patient_out(make_content: MakeContent) -> None:
    studies = list(make_content().studies)
    studies[0] = replace(studies[0], age_band="90-99")
    told = k_anonymity(studies, 5)
    assert told["k"] == 1
    assert "age_band" in told["columns"]
    assert told["patients_in_groups_under_smallest_cell"] == 1


def test_two_studies_of_a_patient_are_one_patient(make_content: MakeContent) -> None:
    studies = list(make_content().studies)
    again = replace(studies[0], study="S9999")
    assert k_anonymity([*studies, again], 5)["k"] == 6


def test_nobody_has_no_k() -> None:
    assert k_anonymity([], 10)["k"] == 0
