"""Reports say what the findings are, and their truth says what they say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cxrforge.records import OBSERVATIONS
from cxrforge.reports.formats import read_reports
from cxrforge.reports.sections import cut_sections
from cxrforge.synthetic import documents, plan, texts
from cxrforge.synthetic.documents import Document
from cxrforge.tables import synthetic_people, synthetic_wording

HOSPITALS = synthetic_people.load().hospitals
LANGUAGES = [hospital.language for hospital in HOSPITALS]
STUDIES = plan.consortium(48, 5, len(HOSPITALS), (2500, 2048))


@pytest.mark.parametrize("study", STUDIES[:24], ids=lambda s: f"{s.hospital.language}-{s.index}")
def test_expected_sections_stand_in_the_report_word_for_word(study: plan.Study) -> None:
    report = texts.report(study)
    assert report.findings in report.text
    assert report.impression in report.text
    assert set(report.labels) == set(OBSERVATIONS)
    for _, value in report.identifiers:
        assert value in report.text


def test_labels_follow_the_findings() -> None:
    for study in STUDIES:
        labels, kinds = texts.report(study).labels, {f.kind for f in study.findings}
        assert labels["Cardiomegaly"] == int("cardiomegaly" in kinds)
        assert labels["Pleural Effusion"] == (1 if "effusion" in kinds else -1 if "effusion-possible" in kinds else 0)
        assert labels["Pneumothorax"] == int("pneumothorax" in kinds)
        assert (labels["No Finding"] == 1) == (not kinds - {"pacemaker", "line", "sternotomy"})


def test_no_planted_name_occurs_in_the_wording_of_any_language() -> None:
    words = " ".join(
        sentence
        for wording in synthetic_wording.load().wordings.values()
        for part in (wording.findings, wording.impression, wording.indications)
        for sentences in part.values()
        for sentence in sentences
    ).casefold()
    for names in synthetic_people.load().names.values():
        for part in (*names.family, *names.female, *names.male):
            assert part.casefold() not in words


def test_wordings_of_all_statements_fill_in_both_sides() -> None:
    for wording in synthetic_wording.load().wordings.values():
        for sentences in (*wording.findings.values(), *wording.impression.values()):
            for sentence in sentences:
                filled = [sentence.format(side=wording.sides[side]) for side in ("left", "right")]
                assert ("{side}" in sentence) == (filled[0] != filled[1])


@pytest.mark.parametrize("kind", [f for f in documents.FORMATS if f != "csv"])
@pytest.mark.parametrize("study", [next(s for s in STUDIES if s.hospital is h) for h in HOSPITALS], ids=LANGUAGES)
@pytest.mark.parametrize("version", ["final", "preliminary"])
def test_every_format_of_every_language_is_read_back(study: plan.Study, kind: str, version: str) -> None:
    document = Document(replace(study, report_format=kind), texts.report(study, version), version)
    found, issues = read_reports(documents.encoded(document))
    assert not issues
    cut = {s.name: found[0].text[s.start : s.end].split() for s in cut_sections(found[0].text, study.hospital.language)}
    assert cut["findings"] == document.text.findings.split()
    impression = document.text.impression.split()
    assert (
        cut["impression"][: len(impression)] == impression
    )  # German signatures start with a date, which is no heading
    assert found[0].status == version


@pytest.mark.parametrize("kind", ["txt", "json", "hl7", "fhir"])
def test_every_format_carries_the_whole_text(kind: str) -> None:
    study = replace(STUDIES[0], report_format=kind)
    document = Document(study, texts.report(study))
    data = documents.encoded(document)
    if kind == "json":
        assert json.loads(data)["report"] == document.text.text
    elif kind == "hl7":
        lines = [s.split("|")[5] for s in data.decode().split("\r") if s.startswith("OBX")]
        assert [documents._hl7_text(line) for line in document.text.text.splitlines()] == lines
    elif kind == "fhir":
        assert json.loads(data)["conclusion"] == document.text.impression
    else:
        assert data.decode() == document.text.text


def test_accession_numbers_can_name_files_and_never_repeat() -> None:
    numbers = [study.accession for study in STUDIES]
    assert len(set(numbers)) == len(numbers)
    assert not [number for number in numbers if set(number) & set("/\\ ")]
