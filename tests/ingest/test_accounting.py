"""Found = taken + turned away: every file once, every refusal with a code of the table."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest_factory import csv_report, csv_row, dicom_bytes, hl7_report, json_report, radiograph, text_report

from cxrforge.ingest.accounting import Intake, settle
from cxrforge.ingest.examine import ExaminedFile, FileKind, examine
from cxrforge.ingest.scan import find_files
from cxrforge.tables import issue_codes


def intake(folder: Path, contents: dict[str, bytes]) -> Intake:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return settle([examine(found) for found in find_files(folder)])


def fates(result: Intake) -> dict[str, str | None]:
    return {Path(place).name: issue.code if issue else None for place, issue in result.fates.items()}


LATERAL = {"SOPInstanceUID": "1.2.3.4.2", "ViewPosition": "LL"}


def test_images_and_report_of_one_study_are_taken(tmp_path: Path) -> None:
    result = intake(
        tmp_path,
        {"pa": dicom_bytes(radiograph()), "lat": dicom_bytes(radiograph(**LATERAL)), "r": hl7_report()},
    )
    assert (result.found, result.taken, dict(result.turned_away)) == (3, 3, {})
    assert len(result.encounters) == 1 and list(result.pairing.rules.values()) == ["accession"]


def test_one_of_each_refusal(tmp_path: Path) -> None:
    lonely = radiograph(StudyInstanceUID="1.9", SOPInstanceUID="1.9.1", AccessionNumber="ACC9", PatientID="P9")
    result = intake(
        tmp_path,
        {
            "image": dicom_bytes(radiograph()),
            "image-copy": dicom_bytes(radiograph()),
            "report": json_report(),
            "report-copy": json_report(),
            "lonely-image": dicom_bytes(lonely),
            "lonely-report": hl7_report("ACC7", "P7"),
            "empty": b"",
            "letter.pdf": b"%PDF-1.7",
        },
    )
    assert fates(result) == {
        "image": None,
        "image-copy": "duplicate-file",
        "report": None,
        "report-copy": "duplicate-file",
        "lonely-image": "study-without-report",
        "lonely-report": "report-without-study",
        "empty": "file-empty",
        "letter.pdf": "report-malformed",
    }
    assert result.found == 8 == result.taken + sum(result.turned_away.values())


def test_a_table_is_taken_when_one_of_its_reports_is(tmp_path: Path) -> None:
    result = intake(tmp_path, {"pa": dicom_bytes(radiograph()), "t.csv": csv_report(csv_row(), csv_row("X", "P"))})
    assert fates(result) == {"pa": None, "t.csv": None}
    assert [issue.code for issue in result.pairing.turned_away.values()] == ["report-without-study"]


def test_contradicting_keys_turn_image_and_report_away(tmp_path: Path) -> None:
    result = intake(tmp_path, {"pa": dicom_bytes(radiograph()), "r": hl7_report("ACC1", "ANOTHER")})
    assert fates(result) == {"pa": "pairing-conflict", "r": "pairing-conflict"}


def test_the_report_of_a_study_that_stops_is_turned_away_with_it(tmp_path: Path) -> None:
    other = radiograph(**LATERAL, PatientID="PID0816")
    result = intake(
        tmp_path, {"a": dicom_bytes(radiograph()), "b": dicom_bytes(other), "r": text_report(Accession="ACC1")}
    )
    assert fates(result) == dict.fromkeys("abr", "study-patient-conflict")


def test_two_contents_under_one_sop_uid_turn_both_away(tmp_path: Path) -> None:
    other = radiograph(PatientID="PID0816")
    result = intake(tmp_path, {"a": dicom_bytes(radiograph()), "b": dicom_bytes(other), "r": hl7_report()})
    assert fates(result) == {"a": "sop-uid-conflict", "b": "sop-uid-conflict", "r": "report-without-study"}


CONTENTS = (
    dicom_bytes(radiograph()),
    dicom_bytes(radiograph(**LATERAL)),
    dicom_bytes(radiograph(**LATERAL, PatientID="PID0816")),
    dicom_bytes(radiograph(StudyInstanceUID="1.9", SOPInstanceUID="1.9.1")),
    dicom_bytes(radiograph(PixelData=None, SOPInstanceUID="1.9.2")),
    hl7_report(),
    hl7_report("ACC1", "PID0816"),
    json_report(),
    text_report(Accession="ACC1"),
    csv_report(csv_row(), csv_row("ACC2")),
    b"",
    b"%PDF-1.7",
    b"nothing of the kind",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(CONTENTS), max_size=8), st.randoms(use_true_random=False))
def test_found_is_taken_plus_turned_away_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], chance: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("export")
    for number, content in enumerate(contents):
        (folder / f"{number}").write_bytes(content)
    files = [examine(found) for found in find_files(folder)]
    result = settle(files)
    assert result.found == len(contents) == result.taken + sum(result.turned_away.values())
    assert set(result.turned_away) <= set(issue_codes.load())
    shuffled = settle(chance.sample(files, len(files)))
    assert (shuffled.fates, shuffled.pairing) == (result.fates, result.pairing)


def test_two_files_of_one_place_are_refused() -> None:
    file = ExaminedFile("/x", 0, "", FileKind.OTHER)
    with pytest.raises(ValueError, match="one place"):
        settle([file, file])


def test_the_books_show_no_place_and_no_text(tmp_path: Path) -> None:
    result = intake(tmp_path, {"Quandt^Mara": dicom_bytes(radiograph()), "PID0815.hl7": hl7_report()})
    assert not [secret for secret in ("Quandt", "PID0815", "ACC1", "1.2.3.4", "lungs") if secret in repr(result)]


def test_the_real_export_is_paired_whole(shared_data: Path) -> None:
    result = settle([examine(found) for found in find_files(shared_data / "site-export" / "export")])
    assert (result.found, result.taken, dict(result.turned_away)) == (72, 72, {})
    assert len(result.encounters) == len(result.pairing.documents) == 30
    assert not result.pairing.study_issues and not result.pairing.turned_away
