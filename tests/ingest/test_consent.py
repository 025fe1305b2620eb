"""Registers of consent and objection: no objection is missed, nothing is kept of an ID."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.errors import UsageError
from cxrforge.ingest.consent import CONSENTS, OBJECTIONS, ConsentCheck, read_register
from cxrforge.pseudonym import Pseudonymizer

PSEUDONYMS = Pseudonymizer(bytes(range(32)))


def check(text: str, kind: str = OBJECTIONS, site: str = "north") -> ConsentCheck:
    return ConsentCheck([read_register(text.encode(), kind, PSEUDONYMS, site)], PSEUDONYMS, site)


def code(found: ConsentCheck, patient_id: str | None, issuer: str = "") -> str | None:
    issue = found.issue(patient_id, issuer)
    return issue.code if issue else None


def test_who_objects_stays_out_and_others_do_not() -> None:
    found = check("patient_id\n4711\n0815\n")
    assert code(found, "4711") == "patient-objects"
    assert code(found, " 0815 ") == "patient-objects"
    assert code(found, "4712") is None


@pytest.mark.parametrize("seen", ["00815", "815", "08-15", "0815.0"])
def test_an_id_that_a_spreadsheet_may_have_changed_goes_to_a_person(seen: str) -> None:
    assert code(check("patient_id\n0815\n"), seen) == "patient-may-object"


def test_an_issuer_tells_two_patients_of_one_number_apart() -> None:
    found = check("patient_id;issuer\n4711;WEST\n")
    assert code(found, "4711", "WEST&1.2.3&ISO") == "patient-objects"
    assert code(found, "4711", "EAST") is None
    assert code(found, "4711") == "patient-may-object"
    assert code(check("patient_id\n4711\n"), "4711", "EAST") == "patient-objects"


def test_a_register_of_consents_lets_in_whom_it_names() -> None:
    found = check("Patienten-ID;Einwilligung\n1;ja\n2;nein\n3;\n", CONSENTS)
    assert [code(found, i) for i in "1234"] == [None, "patient-without-consent", None, "patient-without-consent"]


def test_yes_and_no_depend_on_what_the_column_asks() -> None:
    assert code(check("patient_id,objection\n1,yes\n2,no\n"), "1") == "patient-objects"
    assert code(check("patient_id,objection\n1,yes\n2,no\n"), "2") is None
    assert code(check("patient_id,consent\n1,yes\n2,no\n"), "2") == "patient-objects"


def test_a_study_without_an_id_cannot_be_looked_up() -> None:
    assert code(check("patient_id\n1\n"), None) == "consent-not-checkable"
    assert code(check("patient_id\n"), None) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4711\n0815\n",  # no header: the first patient would be lost
        "patient_id;status\n1;perhaps\n",
        "patient_id;status\n1;yes\n",  # yes to what?
        "patient_id;status\n1\n",
        "patient_id;status\n;objection\n",
        'patient_id;status\n1;"objection\n',
        "patient_id;consent;objection\n1;yes;yes\n",
    ],
)
def test_a_register_that_cannot_be_read_whole_is_refused_without_its_content(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read_register(text.encode(), OBJECTIONS, PSEUDONYMS, "north")
    assert "4711" not in refusal.value.line() and "perhaps" not in refusal.value.line()


@given(st.text(st.characters(categories=["Lu", "Nd"]), min_size=5, max_size=20))
def test_nothing_of_an_id_is_kept(patient_id: str) -> None:
    register = read_register(f"patient_id\n{patient_id}\n".encode(), OBJECTIONS, PSEUDONYMS, "north")
    kept = json.dumps(register.to_record()) + repr(register)
    assert patient_id not in kept
    assert code(ConsentCheck([register], PSEUDONYMS, "north"), patient_id) == "patient-objects"
