"""Pairing goes by key and never by guess."""

from __future__ import annotations

import pickle
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.ingest.pairing import DocumentKey, StudyKey, pair

UIDS = ("1.2.1", "1.2.2", "1.2.3")
NUMBERS = ("A1", "A2", "A3")
PATIENTS = ("4711", "4712")
ISSUERS = (None, "NORTH", "SOUTH")
DATES = ("20200101", "20200102")


def study(id: str, uid: str = "", number: str = "", patient: str = "", issuer: str = "", day: str = "") -> StudyKey:
    return StudyKey(id, (uid,), (number,), patient, issuer, day)


def report(id: str, uid: str = "", number: str = "", patient: str = "", issuer: str = "", day: str = "") -> DocumentKey:
    return DocumentKey(id, (uid,), (number,), patient, issuer, day)


def fate(studies: list[StudyKey], document: DocumentKey) -> str:
    """The rule that paired `document`, or the code that turned it away."""
    result = pair(studies, [document])
    return result.rules.get(document.id) or result.turned_away[document.id].code


def test_study_uid_pairs() -> None:
    result = pair([study("S", uid="1.2"), study("T", uid="1.3")], [report("R", uid="1.2")])
    assert (result.documents, result.rules) == ({"S": ("R",)}, {"R": "study-uid"})
    assert [issue.code for issue in result.study_issues["T"]] == ["study-without-report"]
    assert "S" not in result.study_issues


def test_accession_number_pairs_where_no_study_has_the_uid() -> None:
    assert fate([study("S", number="A1", patient="1")], report("R", uid="9.9", number="A1", patient="1")) == "accession"


def test_one_report_for_several_accession_numbers_goes_to_several_studies() -> None:
    studies = [study("S", "1.1", "A1", "1"), study("T", "1.2", "A2", "1"), study("U", "1.3", "A3", "1")]
    result = pair(studies, [DocumentKey("R", accession_numbers=("A1", "A2"), patient_id="1")])
    assert result.documents == {"S": ("R",), "T": ("R",)}


def test_a_uid_of_one_study_does_not_hide_the_other_accession_numbers() -> None:
    studies = [study("S", "1.1", "A1"), study("T", "1.2", "A2")]
    result = pair(studies, [DocumentKey("R", study_uids=("1.1",), accession_numbers=("A1", "A2"))])
    assert result.documents == {"S": ("R",), "T": ("R",)}


def test_patient_and_date_pair_where_nothing_else_is_given() -> None:
    assert (
        fate([study("S", patient="1", day="20200101")], report("R", patient="1", day="20200101")) == "patient-and-date"
    )


def test_patient_and_date_of_another_hospital_do_not_pair() -> None:
    here = [study("S", patient="4711", issuer="NORTH", day="20200101")]
    assert fate(here, report("R", patient="4711", issuer="SOUTH", day="20200101")) == "report-without-study"
    assert fate(here, report("R", patient="4711", day="20200101")) == "patient-and-date"
    assert fate(here, report("R", patient="4711", issuer="north&1.2.3&ISO", day="20200101")) == "patient-and-date"


def test_two_studies_of_one_patient_on_one_date_are_ambiguous() -> None:
    studies = [study("S", "1.1", patient="1", day="20200101"), study("T", "1.2", patient="1", day="20200101")]
    result = pair(studies, [report("R", patient="1", day="20200101")])
    assert result.turned_away["R"].code == "report-ambiguous"
    assert {id: issues[0].code for id, issues in result.study_issues.items()} == dict.fromkeys(
        "ST", "study-without-report"
    )


def test_two_hospitals_4711_on_one_date_are_ambiguous_for_a_report_without_issuer() -> None:
    studies = [
        study("S", patient="4711", issuer="NORTH", day="20200101"),
        study("T", patient="4711", issuer="SOUTH", day="20200101"),
    ]
    assert fate(studies, report("R", patient="4711", day="20200101")) == "report-ambiguous"


def test_an_accession_number_of_two_studies_is_ambiguous() -> None:
    studies = [study("S", "1.1", "A1", "1"), study("T", "1.2", "A1", "1")]
    assert fate(studies, report("R", number="A1", patient="1")) == "report-ambiguous"
    assert fate(studies, report("R", number="A1")) == "report-ambiguous"


def test_an_accession_number_of_two_patients_goes_to_the_one_the_report_names() -> None:
    studies = [study("S", "1.1", "A1", "1"), study("T", "1.2", "A1", "2")]
    result = pair(studies, [report("R", number="A1", patient="2")])
    assert result.documents == {"T": ("R",)}


def test_the_report_of_another_examination_of_the_same_day_stays_out() -> None:
    radiograph = [study("S", "1.1", "A1", "1", day="20200101")]
    assert fate(radiograph, report("R", number="CT7", patient="1", day="20200101")) == "report-without-study"
    assert fate(radiograph, report("R", uid="9.9", patient="1", day="20200101")) == "report-without-study"


def test_uid_and_accession_number_of_different_studies_stop_both() -> None:
    studies = [study("S", "1.1", "A1"), study("T", "1.2", "A2"), study("U", "1.3", "A3")]
    result = pair(studies, [report("R", uid="1.1", number="A2"), report("Q", uid="1.3")])
    assert result.turned_away["R"].code == "pairing-conflict"
    assert {id: issues[0].code for id, issues in result.study_issues.items()} == dict.fromkeys("ST", "pairing-conflict")
    assert result.documents == {"U": ("Q",)}


@pytest.mark.parametrize("keys", [{"uid": "1.1"}, {"number": "A1"}, {"uid": "1.1", "number": "A1"}])
def test_an_agreeing_key_with_another_patient_stops_both(keys: dict[str, str]) -> None:
    result = pair([study("S", "1.1", "A1", "1")], [report("R", patient="2", **keys)])
    assert result.turned_away["R"].code == "pairing-conflict"
    assert result.study_issues["S"][0].code == "pairing-conflict"


def test_a_contradicting_accession_number_needs_the_patient_id_to_confirm_the_uid() -> None:
    studies = [study("S", "1.1", "A1", "1")]
    assert fate(studies, report("R", uid="1.1", number="A9")) == "pairing-conflict"
    assert fate(studies, report("R", uid="1.1", number="A9", patient="1")) == "study-uid"


def test_a_report_of_studies_of_two_patients_stops() -> None:
    studies = [study("S", "1.1", "A1", "1"), study("T", "1.2", "A2", "2")]
    result = pair(studies, [DocumentKey("R", accession_numbers=("A1", "A2"))])
    assert result.turned_away["R"].code == "pairing-conflict"
    assert set(result.study_issues) == {"S", "T"}


def test_versions_of_one_report_are_listed_oldest_first() -> None:
    documents = [
        DocumentKey("later", ("1.1",), issued="20200102"),
        DocumentKey("first", ("1.1",), issued="20200101"),
        DocumentKey("same", ("1.1",), issued="20200101"),
    ]
    assert pair([study("S", "1.1")], documents).documents == {"S": ("first", "same", "later")}


def test_a_report_without_any_key_says_so() -> None:
    result = pair([study("S", "1.1")], [DocumentKey("R")])
    assert result.turned_away["R"].code == "report-without-study"
    assert "no key" in result.turned_away["R"].detail


def test_ids_must_be_distinct() -> None:
    with pytest.raises(ValueError, match="studies share"):
        pair([study("S"), study("S")], [])
    with pytest.raises(ValueError, match="documents share"):
        pair([], [report("R"), report("R")])


def test_keys_and_outcome_show_no_identifier_and_can_be_pickled() -> None:
    keys = [study("S", "1.2.840", "ACC77", "PID99", "NORTH", "20200101")]
    documents = [report("R", "1.2.840", "ACC77", "PID98", "NORTH", "20200101")]
    result = pair(keys, documents)
    told = repr((keys, documents, result))
    assert not [secret for secret in ("1.2.840", "ACC77", "PID9", "NORTH", "20200101") if secret in told]
    assert pickle.loads(pickle.dumps(result)) == result


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


def optional(values: tuple[str | None, ...]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


KEYS = st.tuples(some(UIDS), some(NUMBERS), optional(PATIENTS), optional(ISSUERS), optional(DATES))
STUDIES = st.lists(KEYS, max_size=6).map(lambda rows: [StudyKey(f"S{i}", *row) for i, row in enumerate(rows)])
DOCUMENTS = st.lists(st.tuples(KEYS, st.sampled_from(("", "2020", "2021"))), max_size=6).map(
    lambda rows: [DocumentKey(f"R{i}", *row, issued) for i, (row, issued) in enumerate(rows)]
)


@given(STUDIES, DOCUMENTS)
def test_every_document_lands_exactly_once(studies: list[StudyKey], documents: list[DocumentKey]) -> None:
    result = pair(studies, documents)
    listed = {id for ids in result.documents.values() for id in ids}
    assert listed == set(result.rules)
    assert listed | set(result.turned_away) == {d.id for d in documents}
    assert not listed & set(result.turned_away)
    assert all(result.documents.values())


@given(STUDIES, DOCUMENTS)
def test_a_study_has_a_report_or_a_reason(studies: list[StudyKey], documents: list[DocumentKey]) -> None:
    result = pair(studies, documents)
    for key in studies:
        assert key.id in result.documents or key.id in result.study_issues


@given(STUDIES, DOCUMENTS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    studies: list[StudyKey], documents: list[DocumentKey], chance: random.Random
) -> None:
    expected = pair(studies, documents)
    shuffled = pair(chance.sample(studies, len(studies)), chance.sample(documents, len(documents)))
    assert shuffled == expected
    assert list(shuffled.documents) == list(expected.documents)


@given(STUDIES, DOCUMENTS)
def test_no_report_is_paired_with_another_patient(studies: list[StudyKey], documents: list[DocumentKey]) -> None:
    result = pair(studies, documents)
    study_of, document_of = {s.id: s for s in studies}, {d.id: d for d in documents}
    for id, listed in result.documents.items():
        for document in listed:
            one, other = study_of[id].patient_id, document_of[document].patient_id
            assert not one or not other or one == other


@pytest.mark.slow
def test_forty_thousand_studies_pair_in_seconds() -> None:
    count = 40_000
    studies = [
        StudyKey(f"S{i}", (f"1.2.{i}",), (f"A{i}",), f"{i % 9000}", "N", f"2020{i % 365:04}") for i in range(count)
    ]
    documents = [DocumentKey(f"R{i}", (), (f"A{i}",), f"{i % 9000}", "N") for i in range(count)]
    started = time.perf_counter()
    result = pair(studies, documents)
    assert time.perf_counter() - started < 15
    assert len(result.documents) == count
