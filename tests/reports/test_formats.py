"""Every format gives the same report, and broken files give coded issues."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrforge.reports.formats import read_reports, sniff
from cxrforge.reports.versions import join_documents
from cxrforge.tables import issue_codes

TEXT = "Chest radiograph PA.\nFINDINGS:\nClear lungs. No effusion & no pneumothorax; heart normal.\nIMPRESSION:\nNormal chest."


def hl7(text: str = TEXT, extra: str = "", status: str = "F") -> bytes:
    lines = "\r".join(
        f"OBX|{i}|TX|18748-4^Report^LN||{line.replace('&', chr(92) + 'T' + chr(92))}||||||{status}"
        for i, line in enumerate(text.split("\n"), 1)
    )
    return (
        "MSH|^~\\&|RIS|St Elsewhere|||20240102||ORU^R01|1|P|2.5.1|||||||UNICODE UTF-8\r"
        "PID|1||4711^^^HOSP||Doe^Jane^^^Dr||19500102|F\r"
        f"OBR|1|P1|A1|CXR|||20240101|||||||||Ref^Erring||||||20240102||RAD|{status}\r{extra}{lines}\r"
    ).encode()


FORMS = {
    "text": TEXT.encode(),
    "json": json.dumps({"AccessionNumber": "A1", "PatientID": "4711", "report": TEXT}).encode(),
    "jsonl": (json.dumps({"accession": "A1", "patient_id": "4711", "text": TEXT}) + "\n").encode() * 1,
    "csv": f'accession,patient_id,report\nA1,4711,"{TEXT}"\n'.encode(),
    "tsv": f'PatientID\tAccession Number\tReport Text\n4711\tA1\t"{TEXT}"\n'.encode("utf-16"),
    "hl7": hl7(),
    "mllp": b"\x0b" + hl7() + b"\x1c\r",
    "fhir": json.dumps(
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "A1"}],
            "subject": {"identifier": {"value": "4711"}},
            "presentedForm": [{"contentType": "text/plain", "data": base64.b64encode(TEXT.encode()).decode()}],
        }
    ).encode(),
    "bundle": json.dumps(
        {
            "resourceType": "Bundle",
            "entry": [
                {"resource": {"resourceType": "Patient", "id": "p", "identifier": [{"value": "4711"}]}},
                {
                    "resource": {
                        "resourceType": "DiagnosticReport",
                        "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "A1"}],
                        "subject": {"reference": "Patient/p"},
                        "text": {"div": "<div>" + TEXT.replace("&", "&amp;").replace("\n", "<br/>") + "</div>"},
                    }
                },
            ],
        }
    ).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_report_gives_the_same_text_and_identifiers(form: str) -> None:
    documents, issues = read_reports(FORMS[form])
    assert not issues
    assert [line.strip() for line in documents[0].text.strip().split("\n")] == TEXT.split("\n")
    if form != "text":
        assert "A1" in documents[0].accession_numbers
        assert documents[0].patient_id == "4711"


def test_hl7_escapes_repetitions_and_several_orders() -> None:
    data = hl7("Lungs clear\\.br\\Heart\\S\\normal~No effusion", extra="OBR|2|P2|A2|CXR|||20240101\r")
    documents, issues = read_reports(data)
    assert not issues
    assert documents[0].text.split("\n") == ["Lungs clear", "Heart^normal", "No effusion"]
    assert set(documents[0].accession_numbers) == {"A1", "P1", "A2", "P2"}
    assert documents[0].header["PatientName"] == "Doe^Jane"


def test_hl7_without_obx_is_an_issue() -> None:
    documents, issues = read_reports(b"MSH|^~\\&|RIS|X|||2024||ORU^R01|1|P|2.5\rPID|1||4711\rOBR|1|P1|A1\r")
    assert not documents
    assert [i.code for i in issues] == ["report-no-text"]


def test_a_broken_row_does_not_stop_the_others() -> None:
    rows = ['A1;1;"chest clear"', 'A2;2;"broken', 'A3;3;"lungs clear"', "A4;4", 'A5;5;"normal"']
    documents, issues = read_reports(("accession;patient_id;report\n" + "\n".join(rows)).encode())
    assert [d.accession_numbers[0] for d in documents] == ["A1", "A3", "A5"]
    assert [i.code for i in issues] == ["report-row-broken", "report-row-broken"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1250", "iso8859-2"])
def test_polish_is_read_in_every_encoding(encoding: str) -> None:
    text = "Opis: Płuca bez zagęszczeń ogniskowych, opłucna wolna. Śródpiersie nieposzerzone, żebra bez złamań."
    assert read_reports(text.encode(encoding))[0][0].text == text


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "iso8859-1", "utf-16"])
def test_western_languages_are_read_in_every_encoding(encoding: str) -> None:
    for text in (
        "Befund: Lunge beidseits belüftet, kein Erguss, Herz größer",
        "Résultats : pas d'épanchement pleural à droite, cœur normal",
    ):
        shown = text if encoding in ("utf-8", "utf-16", "cp1252") else text.replace("œ", "oe")
        assert read_reports(shown.encode(encoding))[0][0].text == shown


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0",
        b"   \n",
        b"\x89PNG....",
        b"{",
        b"[1, 2",
        b'{"report": ""}',
        b"MSH|",
        b"accession;report\n",
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_becomes_a_coded_issue(data: bytes) -> None:
    documents, issues = read_reports(data)
    assert not documents
    assert issues
    assert all(i.code in issue_codes.load() for i in issues)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FORMS)), st.integers(0, 2000), st.binary(max_size=40), st.integers(0, 200))
def test_a_damaged_file_gives_reports_or_issues_and_never_an_exception(
    form: str, at: int, junk: bytes, cut: int
) -> None:
    data = FORMS[form]
    at %= len(data)
    documents, issues = read_reports(data[:at] + junk + data[at + cut :])
    assert documents or issues


def test_the_content_decides_the_format() -> None:
    assert sniff(FORMS["csv"], "a.txt") == "csv"
    assert sniff(FORMS["fhir"], "a.csv") == "fhir"
    assert sniff(FORMS["mllp"], "") == "hl7"


def test_preliminary_gives_way_to_final_and_addenda_follow() -> None:
    preliminary = read_reports(hl7("Lungs: wait.", status="P"))[0][0]
    final = read_reports(hl7("Lungs clear, heart normal."))[0][0]
    addendum = read_reports(
        json.dumps(
            {"accession": "A1", "status": "addendum", "issued": "2024-01-03", "text": "Old rib fracture."}
        ).encode()
    )[0][0]
    joined = join_documents([addendum, preliminary, final])
    assert "wait" not in joined.text
    assert joined.text == "Lungs clear, heart normal.\n\nADDENDUM:\nOld rib fracture."
