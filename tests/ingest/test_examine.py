"""Files are told apart by what they hold, and every refusal has a code."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from ingest_factory import (
    csv_report,
    csv_row,
    dicom_bytes,
    hl7_report,
    json_report,
    radiograph,
    text_report,
)
from pydicom.dataset import Dataset

from cxrforge.ingest.examine import ExaminedFile, FileKind, examine
from cxrforge.ingest.limits import Limits
from cxrforge.ingest.scan import FoundFile, find_files
from cxrforge.records import Level
from cxrforge.tables import issue_codes

Examine = Callable[..., ExaminedFile]


def codes(file: ExaminedFile) -> list[str]:
    return [issue.code for issue in file.issues]


def test_an_image_is_told_by_content_and_gives_its_keys(examined: Examine) -> None:
    content = dicom_bytes(radiograph())
    file = examined(content, "report.txt")
    assert (file.kind, file.issues, file.turned_away) == (FileKind.DICOM_IMAGE, (), None)
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert file.image is not None
    assert (file.image.study_uid, file.image.series_uid, file.image.sop_instance_uid) == (
        "1.2.3.4",
        "1.2.3.4.5",
        "1.2.3.4.1",
    )
    assert (file.image.patient_id, file.image.issuer, file.image.accession_number) == ("PID0815", "NORTH", "ACC1")
    assert (file.image.study_date, file.image.study_time) == ("20200301", "101112")
    assert (file.image.facts.rows, file.image.facts.columns, file.image.facts.view) == (8, 6, "PA")
    assert "Quandt^Mara" in file.image.known.patient_names
    assert "PID0815" in file.image.known.ids


def test_an_image_without_preamble_is_found(examined: Examine) -> None:
    assert examined(dicom_bytes(radiograph())[132:]).kind is FileKind.DICOM_IMAGE


def test_dates_of_the_old_form_are_read(examined: Examine) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = dicom_bytes(radiograph(StudyDate="2020.03.01"))
    image = examined(content).image
    assert image is not None and image.study_date == "20200301"


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (text_report(Accession="ACC1"), 1),
        (json_report(), 1),
        (hl7_report(), 1),
        (csv_report(csv_row(), csv_row("ACC2")), 2),
    ],
    ids=["text", "json", "hl7", "csv"],
)
def test_reports_are_told_by_content(examined: Examine, content: bytes, count: int) -> None:
    file = examined(content, "IM0001.dcm")
    assert (file.kind, file.turned_away, len(file.documents)) == (FileKind.REPORT, None, count)
    assert "The lungs are clear" in file.documents[0].text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"PixelData": None}, "pixels-missing"),
        ({"PixelData": b""}, "pixels-missing"),
        ({"Rows": 0}, "pixels-missing"),
        ({"Columns": None}, "pixels-missing"),
        ({"Rows": 9}, "pixels-short"),
        ({"NumberOfFrames": 2}, "pixels-short"),
        ({"StudyInstanceUID": None}, "dicom-no-uid"),
        ({"SeriesInstanceUID": ""}, "dicom-no-uid"),
    ],
)
def test_an_image_that_cannot_be_used_is_turned_away(examined: Examine, changes: dict, code: str) -> None:
    file = examined(dicom_bytes(radiograph(**changes)))
    assert file.kind is FileKind.DICOM_IMAGE
    assert codes(file) == [code]
    assert file.turned_away == file.issues[0]


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.102", "1.2.3.4.5"])
def test_an_unreadable_transfer_syntax_is_turned_away(examined: Examine, syntax: str) -> None:
    """MPEG-4 and a private syntax have no decoder here."""
    content = dicom_bytes(radiograph(), "1.2.840.10008.1.2.1").replace(
        b"1.2.840.10008.1.2.1\0", syntax.encode().ljust(20, b"\0")[:20], 1
    )
    if len(syntax) > 20:
        pytest.skip("longer than the place of the syntax it replaces")
    assert "dicom-transfer-syntax" in codes(examined(content))


def test_every_cut_of_a_dicom_file_is_turned_away(examined: Examine) -> None:
    whole = dicom_bytes(radiograph())
    for end in range(132, len(whole), 13):
        file = examined(whole[:end])
        assert file.turned_away is not None, end
        assert file.turned_away.code in {"dicom-truncated", "dicom-malformed", "pixels-missing", "dicom-no-uid"}, end


def test_an_empty_file_is_turned_away(examined: Examine) -> None:
    assert codes(examined(b"")) == ["file-empty"]


def test_other_dicom_objects_and_the_index_are_accounted_for(examined: Examine) -> None:
    report = radiograph(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.59", PixelData=None, Rows=None, Columns=None)
    assert (examined(dicom_bytes(report)).kind, codes(examined(dicom_bytes(report)))) == (
        FileKind.DICOM_OTHER,
        ["dicom-not-an-image"],
    )
    index = Dataset()
    index.FileSetID = "MEDIUM"
    index.SOPClassUID = "1.2.840.10008.1.3.10"
    index.DirectoryRecordSequence = []
    file = examined(dicom_bytes(index), "DICOMDIR")
    assert (file.kind, codes(file)) == (FileKind.DICOMDIR, ["dicomdir"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%!PS-Adobe-3.0\n...", "document-not-read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "document-not-read"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "picture-not-dicom"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture-not-dicom"),
        (gzip.compress(b"content", mtime=0), "archive-not-read"),
        (b"# How this medium was written\n\nSee the manual.\n", "not-an-export-file"),
        (os.urandom(0) + bytes(range(256)) * 4, "not-an-export-file"),
    ],
)
def test_stray_files_are_accounted_for_with_a_reason(examined: Examine, content: bytes, code: str) -> None:
    file = examined(content, "README")
    assert (file.kind, codes(file)) == (FileKind.OTHER, [code])
    assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_members_of_a_zip_are_examined_and_a_zip_within_is_not_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("IM1", dicom_bytes(radiograph()))
    with zipfile.ZipFile(tmp_path / "z", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("IM1", dicom_bytes(radiograph()))
        archive.writestr("a.hl7", hl7_report())
        archive.writestr("inner.zip", inner.getvalue())
    files = [examine(found) for found in find_files(tmp_path)]
    assert [(f.kind.value, codes(f)) for f in files] == [
        ("dicom-image", []),
        ("report", []),
        ("other", ["zip-nested"]),
    ]


def test_a_damaged_member_is_turned_away_and_the_others_go_on(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("IM1", dicom_bytes(radiograph()))
        archive.writestr("a.hl7", hl7_report())
    raw = bytearray((tmp_path / "z").read_bytes())
    raw[raw.index(b"DICM") + 60] ^= 0xFF
    (tmp_path / "z").write_bytes(raw)
    assert [codes(examine(found)) for found in find_files(tmp_path)] == [["zip-broken"], []]


def test_a_file_that_vanished_is_an_issue(tmp_path: Path) -> None:
    assert codes(examine(FoundFile(str(tmp_path / "gone"), 3))) == ["file-unreadable"]


def test_a_file_that_grew_over_the_limit_is_an_issue(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 200_000)
    assert codes(examine(FoundFile(str(tmp_path / "f"), 3), Limits(max_file_bytes=100_000))) == ["file-too-large"]


def test_a_scan_issue_is_kept(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "link")
    [found] = find_files(tmp_path)
    assert codes(examine(found)) == ["link-not-followed"]


def test_a_csv_with_broken_quotes_loses_only_the_broken_row(examined: Examine) -> None:
    file = examined(csv_report(csv_row("ACC1"), 'ACC2;P;20200301;"Findings: never closed\n', csv_row("ACC3")))
    assert [document.accession_numbers for document in file.documents] == [("ACC1",), ("ACC3",)]
    assert any(issue_codes.load()[code].level is Level.TURNED_AWAY for code in codes(file))
    assert file.turned_away is None


def test_hl7_without_obx_is_turned_away(examined: Examine) -> None:
    file = examined(hl7_report(observations=False))
    assert file.kind is FileKind.REPORT
    assert not file.documents and file.turned_away is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-1"])
def test_a_report_in_any_usual_encoding_keeps_its_letters(examined: Examine, encoding: str) -> None:
    text = "Röntgen Thorax p.a.\n\nBefund: Kein Pleuraerguss, keine Stauung über beiden Lungen.\n\nBeurteilung: Größe normal.\n"
    file = examined(text.encode(encoding))
    assert file.turned_away is None
    assert "Größe normal" in file.documents[0].text


def test_nothing_that_identifies_is_shown_or_warned(
    examined: Examine, recwarn: pytest.WarningsRecorder, capfd: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = dicom_bytes(
            radiograph(StudyDate="Quandt", PatientBirthDate="Mara 1970", SOPInstanceUID="0815.Quandt")
        )
    file = examined(content, "Quandt^Mara.dcm")
    told = repr(file) + "".join(str(w.message) for w in recwarn) + "".join(capfd.readouterr())
    assert not [secret for secret in ("Quandt", "Mara", "PID0815", "ACC1", "1.2.3.4", "NORTH") if secret in told]


def test_what_was_found_can_be_pickled(examined: Examine) -> None:
    for content in (dicom_bytes(radiograph()), hl7_report(), b"", b"%PDF-1.7"):
        file = examined(content)
        assert pickle.loads(pickle.dumps(file)) == file


def test_the_source_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(dicom_bytes(radiograph()))
    before = (path.stat().st_mtime_ns, path.read_bytes())
    examine(next(find_files(path)))
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


def test_every_file_of_the_real_export_is_recognised(shared_data: Path) -> None:
    files = [examine(found) for found in find_files(shared_data / "site-export" / "export")]
    assert Counter(file.kind.value for file in files) == {"dicom-image": 47, "report": 25}
    assert sum(len(file.documents) for file in files) == 30
    assert not [file for file in files if file.turned_away]


def test_every_real_dicom_file_is_an_image_or_has_a_reason(shared_data: Path) -> None:
    files = [examine(found) for found in find_files(shared_data / "dicom")]
    assert not [file for file in files if "examine-fault" in codes(file)]
    images = [file for file in files if file.kind is FileKind.DICOM_IMAGE]
    assert len(images) == 26
    assert Counter(code for file in images for code in codes(file)) == {"pixels-missing": 4}
