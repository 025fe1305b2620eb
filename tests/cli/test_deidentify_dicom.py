"""`cxrforge deidentify-dicom` on files, folders and archives."""

from __future__ import annotations

import json
import stat
import sys
import zipfile
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from cxrforge.cli.main import main


def radiograph(path: Path, number: int) -> Path:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.8.498.7{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"
    ds.PatientName, ds.PatientID, ds.Modality = "Quillfeather^Ottoline", "Q4711-88", "DX"
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    radiograph(folder / "Quillfeather" / "IM1", 1)
    radiograph(folder / "IM2.dcm", 2)
    (folder / "notes.txt").write_text("no DICOM at all, but long enough")
    (folder / "empty").write_bytes(b"")
    (folder / "cut.dcm").write_bytes((folder / "IM2.dcm").read_bytes()[:-9])
    radiograph(tmp_path / "third", 3)
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.write(tmp_path / "third", "deep/IM3")
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["cxrforge", "deidentify-dicom", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_input_has_an_output_or_a_reason(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, key, map_file = tmp_path / "out", tmp_path / "key", tmp_path / "map.jsonl"
    arguments = (export, "--output", out, "--key", key, "--map", map_file, "--no-pixels", "--json")
    assert run(monkeypatch, *arguments) == 0
    assert json.loads(capsys.readouterr().out) == {
        "found": 6,
        "written": 3,
        "already_there": 0,
        "turned_away": 3,
        "issues": {"dicom-empty": 1, "dicom-not-dicom": 1, "dicom-truncated": 1},
    }
    made = rows(map_file)
    assert len(made) == 6
    assert {r["issue"] for r in made if "issue" in r} == {"dicom-empty", "dicom-not-dicom", "dicom-truncated"}
    for row in (r for r in made if "output" in r):
        ds = pydicom.dcmread(out / row["output"])
        assert (out / row["output"]).name == f"{ds.SOPInstanceUID}.dcm"
        assert {"path": "(0010,0010)", "action": "Z", "rule": "E.1-1 (0010,0010)"} in row["actions"]
    everything = b"".join(p.read_bytes() + p.name.encode() for p in out.rglob("*") if p.is_file())
    for secret in (b"Quillfeather", b"Q4711-88", b"3680043.8.498"):
        assert secret not in everything
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(bytes.fromhex(key.read_text())) == 32


def test_a_repeat_makes_nothing_again(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, arguments = tmp_path / "out", ("--key", tmp_path / "key", "--no-pixels", "--json")
    run(monkeypatch, export, "--output", out, *arguments)
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in out.rglob("*.dcm")}
    capsys.readouterr()
    run(monkeypatch, export, "--output", out, *arguments)
    summary = json.loads(capsys.readouterr().out)
    assert (summary["written"], summary["already_there"]) == (0, 3)
    assert before == {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in out.rglob("*.dcm")}


def test_explain_names_row_and_action_and_no_value(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--output", tmp_path / "out", "--key", tmp_path / "key", "--no-pixels", "--explain")
    assert run(monkeypatch, export / "IM2.dcm", *arguments) == 0
    printed = capsys.readouterr().out
    assert "(0010,0010) PatientName: E.1-1 (0010,0010)" in printed
    assert "Quillfeather" not in printed


@pytest.mark.parametrize(
    "arguments",
    [
        ("--option", "retain-everything"),
        ("--option", "retain-longitudinal-full-dates", "--option", "retain-longitudinal-modified-dates"),
    ],
)
def test_options_that_cannot_be_used_are_one_line(
    arguments: tuple[str, ...],
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, export, "--output", tmp_path / "o", "--key", tmp_path / "k", "--no-pixels", *arguments) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(("content", "mode"), [("short", 0o600), ("07" * 32, 0o644)])
def test_a_key_that_is_malformed_or_readable_by_others_is_refused(
    content: str, mode: int, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_text(content)
    key.chmod(mode)
    assert run(monkeypatch, export, "--output", tmp_path / "o", "--key", key, "--no-pixels") == 1
    assert not list((tmp_path / "o").rglob("*.dcm"))
