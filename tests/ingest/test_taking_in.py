"""What ingest does when it was interrupted, or when files moved, changed or came from the wrong place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
import sqlalchemy as sa
from ingest_factory import dicom_bytes, radiograph, text_report

from cxrforge import intake
from cxrforge.catalogue import schema
from cxrforge.cli.terminal import RunBars
from cxrforge.errors import UsageError, VaultError
from cxrforge.workspace import Workspace

FIELDS = {"Accession Number": "ACC1", "Patient ID": "PID0815"}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "a.dcm").write_bytes(dicom_bytes(radiograph()))
    (folder / "a.txt").write_bytes(text_report(**FIELDS))
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as made:
        text = (made.folder / "cxrforge.toml").read_text().replace("processes", "serial", 1)
        (made.folder / "cxrforge.toml").write_text(text)
    with Workspace(tmp_path / "workspace") as opened:
        opened.add_site("north", "XX", "en")
        yield opened


def books(workspace: Workspace) -> dict[str, int]:
    return dict(workspace.standing().books["north"])


def test_an_interruption_between_vault_and_catalogue_loses_no_file(
    workspace: Workspace, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("cxrforge.workspace.record_files", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            workspace.ingest(export, "north")
    summary = workspace.ingest(export, "north")
    assert (summary.found, summary.taken, summary.studies) == (2, 2, 1)
    assert books(workspace)["files_found"] == 2


def test_an_export_that_moved_is_taken_from_its_new_place(workspace: Workspace, export: Path, tmp_path: Path) -> None:
    """The new place sorts after the old one, which is gone."""
    workspace.ingest(export, "north")
    moved = export.rename(tmp_path / "moved")
    summary = workspace.ingest(moved, "north")
    assert (summary.found, summary.taken, summary.studies, summary.reasons) == (2, 2, 1, {})
    assert books(workspace)["files_found"] == 2
    [(_, record)] = workspace.vault.unseal_site("image", "north")
    assert record["locator"] == str(moved / "a.dcm")


def test_a_copy_beside_the_first_stays_a_repeat(workspace: Workspace, export: Path, tmp_path: Path) -> None:
    workspace.ingest(export, "north")
    shutil.copytree(export, tmp_path / "twice")
    assert workspace.ingest(tmp_path / "twice", "north").reasons == {"duplicate-file": 2}
    assert books(workspace)["files_found"] == 4


def test_a_new_version_of_ingest_reads_files_again(
    workspace: Workspace, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.ingest(export, "north")
    assert workspace.ingest(export, "north").known_before == 2
    monkeypatch.setattr(intake, "_READ_BY", "next")
    assert workspace.ingest(export, "north").known_before == 0


def test_a_workspace_does_not_take_in_itself(workspace: Workspace) -> None:
    for path in (workspace.folder, workspace.folder.parent, workspace.folder / "store"):
        with pytest.raises(UsageError, match="lie in each other"):
            workspace.ingest(path, "north")


def test_folders_that_a_backup_left_out_are_made_again(workspace: Workspace, export: Path) -> None:
    for name in ("quarantine", "logs", "releases", "store"):
        (workspace.folder / name).rmdir()
    workspace.ingest(export, "north")
    assert list((workspace.folder / "quarantine").iterdir())


def test_images_of_one_study_carry_one_patient_whoever_their_headers_name(workspace: Workspace, export: Path) -> None:
    """A lateral without PatientID, and an issuer in another spelling, are still the patient of the study."""
    lateral = {
        "SOPInstanceUID": "1.2.3.4.2",
        "ViewPosition": "LL",
        "PixelData": np.arange(1, 49, dtype="<u2").tobytes(),
    }
    (export / "b.dcm").write_bytes(dicom_bytes(radiograph(**lateral, PatientID=None, IssuerOfPatientID=None)))
    lateral |= {"SOPInstanceUID": "1.2.3.4.3", "PixelData": np.arange(2, 50, dtype="<u2").tobytes()}
    (export / "c.dcm").write_bytes(dicom_bytes(radiograph(**lateral, IssuerOfPatientID="North&1.2.3&ISO")))
    config = workspace.folder / "cxrforge.toml"
    config.write_text(
        config.read_text().replace('"clean-pixel-data", ', "").replace("[criteria]", "[criteria.matrix]\npixels = 1")
    )
    workspace.ingest(export, "north")
    with Workspace(workspace.folder) as again:
        again.run(RunBars(None), executor="serial")
        with again.catalogue.read() as connection:
            [patient] = connection.execute(sa.select(schema.patient.c.id)).scalars()
    objects = [pydicom.dcmread(path) for path in sorted((workspace.folder / "store").rglob("*.dcm"))]
    assert [ds.PatientID for ds in objects] == [patient] * 3


def test_a_second_site_does_not_take_what_the_first_one_holds(workspace: Workspace, export: Path) -> None:
    workspace.ingest(export, "north")
    workspace.add_site("south", "XX", "en")
    summary = workspace.ingest(export, "south")
    assert summary.reasons == {"image-at-another-site": 1, "report-without-study": 1}
    assert (summary.taken, summary.studies) == (0, 0)
    assert books(workspace)["images_found"] == 1
    assert workspace.ingest(export, "north").taken == 2


def test_a_lost_vault_is_refused_instead_of_replaced_by_an_empty_one(workspace: Workspace) -> None:
    workspace.close()
    (workspace.folder / "vault" / "vault.sqlite").rename(workspace.folder.parent / "elsewhere")
    with pytest.raises(VaultError, match="backup"):
        Workspace(workspace.folder)
    assert not (workspace.folder / "vault" / "vault.sqlite").exists()


def test_an_id_without_issuer_is_that_of_the_only_issuer_the_site_uses_for_it(
    workspace: Workspace, export: Path
) -> None:
    """Else one person would be two patients, who can fall into two splits."""
    other = radiograph()
    other.StudyInstanceUID, other.SOPInstanceUID, other.AccessionNumber = "1.2.3.77", "1.2.3.77.1", "ACC2"
    del other.IssuerOfPatientID
    other.PixelData = bytes(len(other.PixelData))
    (export / "b.dcm").write_bytes(dicom_bytes(other))
    workspace.ingest(export, "north")
    with workspace.catalogue.read() as connection:
        assert len(connection.execute(sa.select(schema.study)).all()) == 2
        assert len(connection.execute(sa.select(schema.patient)).all()) == 1


def test_free_text_of_a_device_with_a_name_in_it_stays_out_of_the_catalogue(workspace: Workspace, export: Path) -> None:
    named = radiograph()
    family = str(named.PatientName).split("^")[0]
    named.ManufacturerModelName, named.ImageType = f"Room of {family}", ["ORIGINAL", "PRIMARY", family.upper()]
    (export / "a.dcm").write_bytes(dicom_bytes(named))
    workspace.ingest(export, "north")
    assert len(family) > 3
    for path in workspace.folder.glob("catalogue.sqlite*"):
        assert family.lower().encode() not in path.read_bytes().lower()
