"""Real exports: every report is read with its identifiers, cut, and left without them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxrforge.identity.known import known_from_fields
from cxrforge.records import ReportDocument
from cxrforge.reports.deidentify import deidentify_report
from cxrforge.reports.formats import read_reports, sniff


@pytest.fixture(scope="module")
def truth(shared_data: Path) -> dict[str, dict]:
    rows = json.loads((shared_data / "site-export" / "truth.json").read_text(encoding="utf-8"))
    return {row["accession"]: row for row in rows}


@pytest.fixture(scope="module")
def documents(shared_data: Path) -> list[ReportDocument]:
    found = []
    for path in sorted((shared_data / "site-export" / "export" / "reports").iterdir()):
        read, issues = read_reports(path.read_bytes(), path.name)
        assert not issues, path.suffix
        found += read
    return found


def test_every_report_is_read_with_its_identifiers(truth: dict[str, dict], documents: list[ReportDocument]) -> None:
    assert sorted(d.accession_numbers[0] for d in documents) == sorted(truth)
    for document in documents:
        row = truth[document.accession_numbers[0]]
        assert document.accession_numbers == (row["accession"],)
        assert document.patient_id == row["patient"]["id"]
        assert document.study_date == row["date"]


def test_no_planted_identifier_stays_in_a_report(truth: dict[str, dict], documents: list[ReportDocument]) -> None:
    for document in documents:
        row = truth[document.accession_numbers[0]]
        result = deidentify_report(document.text, known=known_from_fields(document.header))
        names = "^".join((row["patient"]["name"], row["referring"], row["reading"])).split("^")
        planted = [*names, row["hospital"].split()[-1], row["accession"], row["patient"]["id"], row["patient"]["born"]]
        left = [p for p in planted if p.casefold() in result.text.casefold()]
        assert not left
        assert {i.code for i in result.issues} <= {"report-sections-derived", "report-name-doubtful"}


def test_findings_and_impression_are_cut_without_the_signature(documents: list[ReportDocument]) -> None:
    for document in documents:
        result = deidentify_report(document.text, known=known_from_fields(document.header))
        body = document.text.split("FINDINGS:\n", 1)[1]
        findings, rest = body.split("\n\nIMPRESSION:\n", 1)
        assert len(result.findings.split()) >= 0.8 * len(findings.split())
        assert "Reported by" not in result.impression
        assert result.impression.split()[0] == rest.split()[0]


def test_dicom_files_and_notes_are_no_reports(shared_data: Path) -> None:
    image = next((shared_data / "site-export" / "export" / "dicom").iterdir())
    assert sniff(image.read_bytes()[:4096], image.name) is None
    assert sniff(b"# Read me\n\nThis folder holds chest radiographs.\n", "README.md") is None
    assert sniff(b'{"name": "package", "version": "1"}', "package.json") is None
    assert sniff(b"%PDF-1.7 ...", "report.txt") == "pdf"
