"""A look at an export by its headers: right counts, nothing that identifies, nothing written."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ingest_factory import dicom_bytes, radiograph
from typer.testing import CliRunner

from cxrforge.cli.main import app
from cxrforge.survey import survey
from cxrforge.tables import criteria

THRESHOLDS = criteria.resolve_thresholds({"matrix.pixels": 6})
SECRETS = ("Quandt", "PID0", "ACC", "Kreisspital", "1.2.9")


def study(n: int, **changes: Any) -> bytes:
    uids = {"SOPInstanceUID": f"1.2.9.{n}.1", "StudyInstanceUID": f"1.2.9.{n}", "SeriesInstanceUID": f"1.2.9.{n}.5"}
    device = {"Manufacturer": "Siemens", "ManufacturerModelName": "Ysio", "InstitutionName": "Kreisspital"}
    told = {"PatientID": f"PID0{n}", "AccessionNumber": f"ACC{n}", "PatientAge": "050Y"}
    return dicom_bytes(radiograph(**uids | device | told | changes))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Twenty-five studies of one device, of which twelve are too small; eleven of another; two of a third."""
    folder = tmp_path / "export"
    (folder / "Quandt").mkdir(parents=True)
    for n in range(25):
        small = {"Rows": 4, "PixelData": bytes(48)} if n < 12 else {}
        (folder / "Quandt" / f"{n}.dcm").write_bytes(study(n, **small))
    with zipfile.ZipFile(folder / "more.zip", "w") as packed:
        for n in range(30, 41):
            packed.writestr(f"{n}.dcm", study(n, Manufacturer="Philips", StudyDate="20190101"))
        for n in range(50, 52):
            packed.writestr(f"{n}.dcm", study(n, ManufacturerModelName="Kreisspital 7"))
    (folder / "note.txt").write_text("Quandt")
    return folder


def test_studies_are_counted_by_device_and_year(export: Path) -> None:
    found = survey(export, THRESHOLDS)
    assert (found.files, found.radiographs, found.studies) == (39, 38, 38)
    assert found.states.cells["Siemens Healthineers Ysio"]["total"] in (25, None)
    assert survey(export / "Quandt", THRESHOLDS).years.totals["2020"] == 25
    assert found.turned_away == {"image-matrix": 12}
    outlook = {row.criterion: row for row in found.outlook}
    assert "26 eligible" in outlook["volume"].explanation
    assert "Philips, Siemens Healthineers" in outlook["vendors"].explanation


def test_nothing_that_identifies_comes_out_and_nothing_is_written(export: Path) -> None:
    before = sorted(export.rglob("*"))
    for words in (["survey", str(export)], ["survey", str(export), "--json"]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        assert not [secret for secret in (*SECRETS, export.name) if secret in done.output]
    assert sorted(export.rglob("*")) == before


def test_a_model_that_names_the_house_is_not_shown(tmp_path: Path) -> None:
    for n in range(12):
        (tmp_path / f"{n}.dcm").write_bytes(study(n, ManufacturerModelName="Kreisspital 7"))
    cells = survey(tmp_path, THRESHOLDS).states.cells
    assert "Siemens Healthineers unknown" in cells and "Kreisspital" not in json.dumps(cells)


def test_small_counts_are_withheld_everywhere(tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.dcm").write_bytes(study(n))
    found = survey(tmp_path, THRESHOLDS)
    assert found.studies is None and found.years.totals["2020"] is None
    assert "fewer than 10" in found.outlook[0].explanation and "3" not in found.outlook[0].explanation


def test_an_empty_folder_and_odd_files_do_no_harm(tmp_path: Path) -> None:
    assert survey(tmp_path, THRESHOLDS).studies == 0
    (tmp_path / "a.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 50)
    found = survey(tmp_path, THRESHOLDS)
    assert (found.files, found.radiographs, found.studies) == (1, 0, 0)
    assert not any(row.would_be_met for row in found.outlook)
