"""SR, PDF, RTF and DOCX give the same report as plain text, and what is no report gives a coded issue."""

from __future__ import annotations

import io
import zipfile

import pytest

from cxrforge.reports.formats import read_reports, sniff
from cxrforge.reports.sections import cut_sections
from cxrforge.tables import issue_codes, sr_documents
from report_forms import (
    COMPREHENSIVE,
    basic_sr,
    code,
    container,
    dicom,
    document,
    docx,
    encapsulated,
    fhir_attachment,
    hl7_attachment,
    item,
    pdf,
    rtf,
    tid_2000,
)

FINDINGS = "Das Herz ist nicht vergrößert. Kein Pleuraerguss (beidseits). Größe < 5 mm & {klein}."
IMPRESSION = "Unauffälliger Röntgenbefund, dz. Łódź."
TEXT = f"Röntgen Thorax p.a.\nPat.-Nr. PID0815   Auftrags-Nr. ACC1\n\nBefund:\n{FINDINGS}\n\nBeurteilung:\n{IMPRESSION}"
FORMS = {
    "text": TEXT.encode(),
    "text-utf-16": TEXT.encode("utf-16"),
    "text-cp1250-mixed-line-ends": TEXT.replace("\n\n", "\r\n\r").encode("cp1250"),
    "basic-sr": dicom(basic_sr(TEXT)),
    "comprehensive-sr": dicom(tid_2000(FINDINGS, IMPRESSION, COMPREHENSIVE)),
    "tid-2000": dicom(tid_2000(FINDINGS, IMPRESSION)),
    "pdf": pdf(TEXT.replace("Łódź", "Łódz").replace("Ł", "ł")),
    "encapsulated-pdf": dicom(encapsulated(pdf(TEXT.replace("Łódź", "łódz")))),
    "rtf": rtf(TEXT),
    "docx": docx(TEXT),
    "fhir-rtf": fhir_attachment(rtf(TEXT), "application/rtf"),
    "fhir-docx": fhir_attachment(docx(TEXT), "application/octet-stream"),
    "hl7-rtf": hl7_attachment(rtf(TEXT), "rtf"),
    "hl7-pdf": hl7_attachment(pdf(TEXT.replace("Łódź", "łódz")), "pdf"),
}


def words(text: str) -> list[str]:
    return text.lower().replace("ź", "z").split()


def sections(text: str) -> dict[str, list[str]]:
    return {s.name: words(text[s.start : s.end]) for s in cut_sections(text, "de")}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_report_gives_the_same_sections_and_keys(form: str) -> None:
    documents, issues = read_reports(FORMS[form])
    assert not issues
    cut = sections(documents[0].text)
    assert cut["findings"] == words(FINDINGS)
    assert cut["impression"] == words(IMPRESSION)
    assert documents[0].accession_numbers == ("ACC1",)
    assert documents[0].patient_id == "PID0815"
    if form not in ("tid-2000", "comprehensive-sr"):
        assert words(documents[0].text) == words(TEXT)


def test_an_sr_hands_on_what_its_header_and_its_context_know() -> None:
    found = read_reports(FORMS["tid-2000"])[0][0]
    assert (found.study_uids, found.study_date, found.language) == (("1.2.3.4",), "20200301", "de")
    assert (found.status, found.issued) == ("final", "20200301130000")
    assert found.header["PatientName"] == "Quandt^Mära"
    assert found.header["NameOfPhysiciansReadingStudy"] == "Öhler^Ruth"
    assert "Öhler" not in found.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"PreliminaryFlag": "PRELIMINARY"}, "preliminary"),
        ({"CompletionFlag": "PARTIAL"}, "preliminary"),
        ({"VerificationFlag": "UNVERIFIED"}, "preliminary"),
        ({"VerificationFlag": "UNVERIFIED", "PreliminaryFlag": "FINAL"}, "final"),
        ({"PredecessorDocumentsSequence": [document()]}, "corrected"),
        ({}, "final"),
    ],
)
def test_flags_of_an_sr_tell_its_status(changes: dict, status: str) -> None:
    assert read_reports(dicom(basic_sr(TEXT, **changes)))[0][0].status == status


def test_nested_sections_codes_and_measurements_of_an_sr_stand_in_reading_order() -> None:
    ds = tid_2000("x", "Normal.")
    number = item("NUM", code("8867-4", "LN", "Cardiothoracic ratio"))
    number.MeasuredValueSequence = [measured := item("NUM")]
    measured.NumericValue = "0.47"
    coded = item("CODE", code("121071", "DCM", "Finding"))
    coded.ConceptCodeSequence = [code("1", "99X", "Lungs clear")]
    inner = container(code("1", "99X", "Heart and mediastinum"), item("TEXT", TextValue="Heart normal."), number)
    ds.ContentSequence = [container(code("121070", "DCM", "Findings"), coded, inner), ds.ContentSequence[3]]
    text = read_reports(dicom(ds))[0][0].text
    assert [line for line in text.split("\n") if line] == [
        "Findings:", "Lungs clear", "Heart and mediastinum:", "Heart normal.", "Cardiothoracic ratio: 0.47",
        "Impressions:", "Normal.",
    ]  # fmt: skip


def test_items_take_their_section_from_the_container_and_not_from_their_own_concept() -> None:
    ds = tid_2000("Heart normal.", "Normal.")
    indication = container(
        code("18785-6", "LN", "Indications"), item("TEXT", code("121071", "DCM", "Finding"), TextValue="Cough.")
    )
    ds.ContentSequence = [indication, *ds.ContentSequence]
    assert sections(read_reports(dicom(ds))[0][0].text)["findings"] == ["heart", "normal."]


def test_items_outside_any_section_are_headed_by_their_own_concept() -> None:
    ds = basic_sr("Heart normal.")
    ds.ContentSequence.append(item("TEXT", code("121073", "DCM", "Impression"), TextValue="Normal."))
    cut = sections(read_reports(dicom(ds))[0][0].text)
    assert (cut["findings"], cut["impression"]) == (["heart", "normal."], ["normal."])


def test_a_heading_of_an_unknown_language_gives_way_to_the_one_of_its_code() -> None:
    ds = tid_2000("Heart normal.", "Normal.")
    ds.ContentSequence[2].ConceptNameCodeSequence[0].CodeMeaning = "Löydökset"
    assert read_reports(dicom(ds))[0][0].text.startswith("FINDINGS:\nHeart normal.")


def test_rtf_headers_hidden_text_pictures_and_code_pages() -> None:
    data = (
        rb"{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset238 Arial;}{\f1\fcharset0 Arial;}}{\info{\author Quandt}}"
        rb"{\header Szpital \'8cl\'b9ski\par}{\pict\pngblip\bin4 }}{{}\f0 Opis: serce nie powi\'eakszone.{\v ukryte}\par"
        rb"\f1 K\'f6lner Schema \u8211\'96 p\u322?uca \u-10179?\u-8704?\par}"
    )
    text = read_reports(data)[0][0].text
    assert text == "Szpital Śląski\nOpis: serce nie powiększone.\nKölner Schema – płuca 😀"


def test_docx_tables_and_text_boxes_are_read_once_and_deleted_text_not_at_all() -> None:
    text = read_reports(FORMS["docx"])[0][0].text
    assert "struck out" not in text
    space = 'xmlns:w="w" xmlns:mc="mc"'
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    box = "<mc:AlternateContent><mc:Choice>{0}</mc:Choice><mc:Fallback>{0}</mc:Fallback></mc:AlternateContent>"
    body = f"<w:tbl><w:tr>{cell.format('Accession')}{cell.format('ACC1')}</w:tr></w:tbl>" + box.format(
        "<w:p><w:r><w:t>Findings: lungs clear, no effusion.</w:t></w:r></w:p>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {space}>{body}</w:document>")
    assert read_reports(out.getvalue())[0][0].text == "Accession   ACC1\nFindings: lungs clear, no effusion."


def docx_with(part: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", part)
    return out.getvalue()


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
BROKEN = {
    "sr-without-content": (dicom(document(COMPREHENSIVE)), "report-no-text"),
    "encapsulated-nothing": (dicom(document("1.2.840.10008.5.1.4.1.1.104.1")), "report-empty"),
    "encapsulated-text": (dicom(encapsulated(b"no PDF at all")), "report-malformed"),
    "pdf-cut": (FORMS["pdf"][:200], "report-malformed"),
    "pdf-scan": (pdf(""), "report-scanned"),
    "pdf-invoice": (pdf("Rechnung Nr. 4711\nBetrag 100 EUR"), "report-not-found"),
    "rtf-nested": (rb"{\rtf1" + b"{" * 10_000, "report-malformed"),
    "rtf-empty": (rb"{\rtf1\ansi{\info secret}}", "report-no-text"),
    "docx-cut": (FORMS["docx"][:300], "report-malformed"),
    "docx-entities": (docx_with(BOMB), "report-malformed"),
    "docx-broken-xml": (docx_with(b"<w:p><w:t>open"), "report-malformed"),
    "docx-bomb": (docx_with(b"<a>" + b" " * 20_000_000 + b"</a>"), "report-too-long"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_documents_that_hold_no_readable_report_say_so(name: str) -> None:
    data, expected = BROKEN[name]
    documents, issues = read_reports(data)
    assert not documents
    assert [i.code for i in issues] == [expected]
    assert issues[0].code in issue_codes.load()


def test_the_content_tells_documents_apart_whatever_they_are_called() -> None:
    assert [sniff(FORMS[form], "x.txt") for form in ("pdf", "rtf", "docx", "tid-2000")] == ["pdf", "rtf", "docx", None]


def test_codes_of_the_table_are_those_of_the_standard() -> None:
    from pydicom.sr._concepts_dict import concepts

    known = {f"{scheme}:{value}" for scheme in ("DCM", "LN") for rows in concepts[scheme].values() for value in rows}
    table = sr_documents.load()
    retired = {
        f"DCM:{n}" for n in (121060, 121062, 121064, 121066, 121068, 121070, 121072, 121074, 121076, 121109, 121110)
    }
    assert {*table.headings, *table.context, sr_documents.LANGUAGE} - known <= retired
