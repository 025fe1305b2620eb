"""A site's register, from the file to the studies that stay out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ingest_factory import dicom_bytes, radiograph, text_report

from cxrforge.errors import UsageError
from cxrforge.workspace import Workspace

NOW = datetime.now(UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as made:
        text = (made.folder / "cxrforge.toml").read_text().replace('"processes"', '"serial"', 1)
        (made.folder / "cxrforge.toml").write_text(text)
    export = tmp_path / "export"
    export.mkdir()
    for n in (1, 2):
        uids = {"SOPInstanceUID": f"1.2.{n}.1", "StudyInstanceUID": f"1.2.{n}", "SeriesInstanceUID": f"1.2.{n}.5"}
        image = radiograph(**uids, PatientID=f"PID{n}", AccessionNumber=f"ACC{n}")
        (export / f"{n}.dcm").write_bytes(dicom_bytes(image))
        (export / f"{n}.txt").write_bytes(text_report(**{"Accession Number": f"ACC{n}", "Patient ID": f"PID{n}"}))
    with Workspace(tmp_path / "workspace") as opened:
        opened.add_site("north", "XX", "en")
        yield opened


def stopped(workspace: Workspace) -> dict[str, int]:
    return workspace.stopped_by_register("north")


def test_an_objecting_patient_is_stopped_whether_the_register_or_the_export_came_first(workspace: Workspace) -> None:
    export = workspace.folder.parent / "export"
    workspace.consult_register("north", b"patient_id\nPID1\n", "objections", NOW - timedelta(days=1))
    workspace.ingest(export, "north")
    assert stopped(workspace) == {"patient-objects": 1}
    workspace.consult_register("north", b"patient_id\nPID1\nPID2\n", "objections", NOW)
    assert stopped(workspace) == {"patient-objects": 2}
    workspace.consult_register("north", b"patient_id\n", "objections", NOW + timedelta(days=1))
    assert stopped(workspace) == {}


def test_consulting_before_ingest_and_before_release_meets_the_criterion(workspace: Workspace) -> None:
    def met(day: datetime) -> bool:
        return next(c for c in workspace.standing(day.date().isoformat()).criteria if c.id == "consent").met

    export = workspace.folder.parent / "export"
    workspace.ingest(export, "north")
    workspace.consult_register("north", b"patient_id\n", "objections", NOW + timedelta(hours=1))
    assert not met(NOW + timedelta(hours=2))  # looked up after the ingest
    workspace.consult_register("north", b"patient_id\n", "objections", NOW - timedelta(days=2))
    assert met(NOW + timedelta(days=1))
    assert not met(NOW + timedelta(days=60))


def test_no_id_of_a_register_stands_in_the_workspace(workspace: Workspace) -> None:
    workspace.consult_register("north", b"patient_id\nQX99Z8877\n", "objections", NOW)
    for path in (p for p in workspace.folder.rglob("*") if p.is_file()):
        assert b"QX99Z8877" not in path.read_bytes(), path.name


def test_a_register_of_nobody_s_site_is_refused(workspace: Workspace) -> None:
    for site in ("south", "consortium"):
        with pytest.raises(UsageError):
            workspace.consult_register(site, b"patient_id\n", "objections", NOW)
