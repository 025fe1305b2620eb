"""A small release as it lies on disk, with real DICOM objects, laterals and a derivative."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import DEFAULT_OPTIONS, make_policy
from cxrforge.formats.release_content import Contributor, ImageFile, Provenance, ReleaseContent
from cxrforge.formats.release_tables import BoxRow, ImageRow, LabelRow, QualityRow, ReportRow, StudyRow
from cxrforge.formats.release_tree import write_release
from cxrforge.formats.splits import SplitPatient, assign_splits, leave_one_site_out
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import OBSERVATIONS, Assertion, Box, Section

TEXT = "Findings: Small left pleural effusion. No pneumothorax.\nImpression: Effusion, possibly oedema.\n"
LABELS = {
    **dict.fromkeys(OBSERVATIONS),
    "Pleural Effusion": Assertion.PRESENT,
    "Pneumothorax": Assertion.ABSENT,
    "Edema": Assertion.UNCERTAIN,
}
ROWS, COLUMNS, STUDIES = 600, 500, 40


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty studies of two sites under real pseudonyms; every second has a lateral; one waits for a person."""
    pseudonyms = Pseudonymizer(bytes(range(32)))
    store = tmp_path_factory.mktemp("store")
    studies = [_study(n, pseudonyms) for n in range(STUDIES)]
    images = [image for study in studies for image in _images(study, store, pseudonyms)]
    default = assign_splits([SplitPatient(s.patient, s.site) for s in studies], bytes(32))
    content = ReleaseContent(
        name="small",
        version="1.0.0",
        title="Small",
        draft=True,
        studies=studies,
        images=images,
        reports=[_report(study) for study in studies],
        labels=[
            LabelRow(image=i.row.image, study=i.row.study, patient=i.row.patient, site=i.row.site, labels=LABELS)
            for i in images
        ],
        boxes=[
            BoxRow(
                image=i.row.image,
                study=i.row.study,
                category="Pleural Effusion",
                box=Box(10, 20, 30, 40),
                status=status,
            )
            for i, status in zip(images, ["confirmed"] * 12 + ["proposed"], strict=False)
        ],
        quality=[
            QualityRow(image=i.row.image, study=i.row.study, check="motion", value=0.1, verdict="pass") for i in images
        ],
        splits=[*default, *leave_one_site_out(default)],
        criteria=[],
        thresholds={},
        demographics={},
        coverage={},
        governance={"north": {}, "south": {}},
        contributors=[Contributor(site="north"), Contributor(site="south")],
        provenance=Provenance(cxrforge_version="0.1.0", stage_versions={"label": "1"}, profile_edition="2024e"),
        turned_away={},
        published="2030-01-01",
    )
    return write_release(tmp_path_factory.mktemp("releases") / "small-1.0.0", content, derived=512).folder


def _study(n: int, pseudonyms: Pseudonymizer) -> StudyRow:
    return StudyRow(
        study=pseudonyms.study(f"1.2.{n}"),
        patient=pseudonyms.patient(f"{n}"),
        site="north" if n % 2 else "south",
        primary_image=pseudonyms.image(f"1.2.{n}.1"),
        report=pseudonyms.report(f"{n}"),
        images=1 + (n // 2) % 2,
        has_lateral=bool((n // 2) % 2),
        language="en",
        paediatric=False,
        waiting=("quality",) if n == 7 else (),
    )


def _images(study: StudyRow, store: Path, pseudonyms: Pseudonymizer) -> list[ImageFile]:
    files = []
    for view in ("PA", "LATERAL")[: study.images]:
        image = study.primary_image if view == "PA" else pseudonyms.image(f"{study.study}.2")
        assert image
        source = store / image
        export = store / f"{image}.export"
        _write_dicom(export, view, study.study, image)
        made = deidentify_object(export, source, policy=make_policy(DEFAULT_OPTIONS, study.site), pseudonyms=pseudonyms)
        assert made.written, made.issues
        data = source.read_bytes()
        row = ImageRow(
            image=image,
            study=study.study,
            patient=study.patient,
            site=study.site,
            sop_instance_uid=str(dcmread(source, stop_before_pixels=True).SOPInstanceUID),
            view=view,
            primary=view == "PA",
            rows=ROWS,
            columns=COLUMNS,
            bits_stored=12,
            photometric_interpretation="MONOCHROME2",
            transfer_syntax_uid=ExplicitVRLittleEndian,
            lossy=False,
            redacted=(),
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
        )
        files.append(ImageFile(row, source))
    return files


def _write_dicom(path: Path, view: str, study: str, image: str) -> None:
    """Write what a hospital exports: a 12-bit ramp, from left to right if PA, from top to bottom if lateral."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[image])
    ds.StudyInstanceUID, ds.SeriesInstanceUID = (generate_uid(entropy_srcs=[study, n]) for n in ("study", view))
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Planted^Person", study[:12], "19500101", "F"
    ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber = "20200102", "101112", "1", study[:10]
    ds.ReferringPhysicianName, ds.Manufacturer, ds.Modality = "Sender^Ann", "Maker", "CR"
    ds.SeriesNumber = ds.InstanceNumber = 1
    ds.BodyPartExamined, ds.ViewPosition = "CHEST", "PA" if view == "PA" else "LL"
    ds.PatientOrientation = ["L", "F"] if view == "PA" else ["A", "F"]
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = ROWS, COLUMNS, 16, 12, 11
    ds.PixelRepresentation, ds.SamplesPerPixel, ds.PhotometricInterpretation = 0, 1, "MONOCHROME2"
    ds.WindowCenter, ds.WindowWidth = 2048, 4096
    ramp = np.linspace(0, 4095, COLUMNS if view == "PA" else ROWS).astype("<u2")
    stored = np.broadcast_to(ramp if view == "PA" else ramp[:, None], (ROWS, COLUMNS))
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
    ds.save_as(path, enforce_file_format=True)


def _report(study: StudyRow) -> ReportRow:
    return ReportRow(
        report=study.report or "",
        study=study.study,
        patient=study.patient,
        site=study.site,
        language="en",
        text=TEXT,
        findings="Small left pleural effusion. No pneumothorax.",
        impression="Effusion, possibly oedema.",
        sections=(Section("findings", 10, 55), Section("impression", 68, 94)),
    )
