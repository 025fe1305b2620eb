"""Reports as SR, PDF, RTF and DOCX are found in an export, paired by header, text or file name, and accounted for."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from ingest_factory import REPORT, dicom_bytes, radiograph

from cxrforge.ingest.accounting import Intake, settle
from cxrforge.ingest.examine import examine
from cxrforge.ingest.scan import find_files
from report_forms import basic_sr, dicom, docx, encapsulated, pdf, rtf


def taken_in(folder: Path, **contents: bytes) -> Intake:
    (folder / "pa.dcm").write_bytes(dicom_bytes(radiograph()))
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return settle([examine(found) for found in find_files(folder)])


def rule(result: Intake) -> str:
    assert (result.found, result.taken) == (2, 2), dict(result.turned_away)
    return next(iter(result.pairing.rules.values()))


@pytest.mark.parametrize(
    "content",
    [dicom(basic_sr(REPORT)), dicom(encapsulated(pdf(REPORT)))],
    ids=["sr", "encapsulated-pdf"],
)
def test_dicom_reports_pair_by_their_header(tmp_path: Path, content: bytes) -> None:
    assert rule(taken_in(tmp_path, IM2=content)) == "study-uid"


@pytest.mark.parametrize("form", [pdf, rtf, docx])
def test_documents_pair_by_the_lines_of_their_header_block(tmp_path: Path, form) -> None:
    assert rule(taken_in(tmp_path, befund=form("Accession ACC1   MRN PID0815\n" + REPORT))) == "accession"


@pytest.mark.parametrize(
    "name", ["ACC1.pdf", "ACC1_v2.pdf", "1.2.3.4.pdf", "PID0815_20200301.pdf", "Befund PID0815 20200301.pdf"]
)
def test_documents_without_keys_pair_by_their_name(tmp_path: Path, name: str) -> None:
    assert rule(taken_in(tmp_path, **{name: pdf(REPORT)})) == "file-name"


def test_a_name_never_outweighs_what_the_document_says(tmp_path: Path) -> None:
    result = taken_in(tmp_path, **{"ACC1.pdf": pdf("MRN PID9999\n" + REPORT)})
    assert result.turned_away == {"pairing-conflict": 2}
    other = tmp_path / "other"
    other.mkdir()
    result = taken_in(other, **{"ACC1.pdf": pdf("Accession ACC7   MRN PID0815\n" + REPORT)})
    assert result.turned_away == {"report-without-study": 1, "study-without-report": 1}


def test_a_name_that_is_no_key_leaves_the_document_without_a_study(tmp_path: Path) -> None:
    result = taken_in(tmp_path, **{"letter2020.pdf": pdf(REPORT)})
    assert result.turned_away == {"report-without-study": 1, "study-without-report": 1}


def test_documents_are_read_inside_a_zip_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("pa", dicom_bytes(radiograph()))
        archive.writestr("reports/ACC1.docx", docx(REPORT))
    result = settle([examine(found) for found in find_files(tmp_path)])
    assert (result.found, result.taken) == (2, 2)


def test_scans_spreadsheets_and_invoices_are_turned_away_with_a_reason(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    result = taken_in(tmp_path, **{"scan.pdf": pdf(""), "invoice.rtf": rtf("Rechnung 4711"), "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"})  # fmt: skip
    codes = {"not-an-export-file", "report-scanned", "report-not-found", "document-not-read", "study-without-report"}
    assert result.turned_away == dict.fromkeys(codes, 1)
