"""De-identification of whole objects."""

from __future__ import annotations

import errno
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import DEFAULT_OPTIONS, make_policy
from cxrforge.errors import ConfigError
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import Issue, KnownIdentifiers, PixelOutcome

POLICY = make_policy(DEFAULT_OPTIONS, "site")


def radiograph(**values: object) -> Dataset:
    """A small DX object with the attributes given by keyword."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = (generate_uid() for _ in range(3))
    ds.PatientName, ds.PatientID, ds.Modality = "Quillfeather^Ottoline", "Q4711-88", "DX"
    ds.Rows = ds.Columns = 4
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    ds.PixelData = bytes(range(32))
    return ds


def saved(ds: Dataset, path: Path) -> Path:
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.save_as(path, enforce_file_format=True)
    return path


def run(ds: Dataset, tmp_path: Path, pseudonyms: Pseudonymizer, options=DEFAULT_OPTIONS, **more):
    result = deidentify_object(
        saved(ds, tmp_path / "in.dcm"),
        tmp_path / "out.dcm",
        policy=make_policy(options, "site"),
        pseudonyms=pseudonyms,
        **more,
    )
    return result, pydicom.dcmread(tmp_path / "out.dcm") if result.written else None


def test_a_disk_that_is_full_says_nothing_against_the_source(
    tmp_path: Path, pseudonyms: Pseudonymizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cxrforge.dicom.deidentify.write_file", full)
    with pytest.raises(OSError, match="No space"):
        run(radiograph(), tmp_path, pseudonyms)


def test_identity_becomes_pseudonyms_and_pixels_stay(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = radiograph(StudyDate="20200102", StudyDescription="Chest PA Quillfeather", ViewPosition="PA")
    result, out = run(ds, tmp_path, pseudonyms)
    assert out.PatientID == out.PatientName == result.patient == pseudonyms.patient("Q4711-88", "", "site")
    assert out.SOPInstanceUID == out.file_meta.MediaStorageSOPInstanceUID == pseudonyms.uid(ds.SOPInstanceUID)
    assert out.StudyInstanceUID == pseudonyms.uid(ds.StudyInstanceUID) == result.study_uid
    assert (out.StudyDate, out.StudyDescription, out.ViewPosition) == ("", "Chest PA", "PA")
    assert out.PixelData == ds.PixelData
    assert out.PatientIdentityRemoved == "YES"
    assert [i.CodeValue for i in out.DeidentificationMethodCodeSequence] == ["113100", "113105"]


def test_same_input_gives_same_bytes(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    source = saved(radiograph(), tmp_path / "in.dcm")
    results = [
        deidentify_object(source, tmp_path / name, policy=POLICY, pseudonyms=pseudonyms) for name in ("a.dcm", "b.dcm")
    ]
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    assert results[0] == results[1]


def test_patients_without_an_id_are_never_one_person(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    found = []
    for study in ("1.2.840.99.1", "1.2.840.99.2", "1.2.840.99.1"):
        result, out = run(radiograph(PatientID="", PatientName="", StudyInstanceUID=study), tmp_path, pseudonyms)
        assert out.PatientID == result.patient
        found.append(result.patient)
    assert found[0] == found[2] != found[1]
    assert found[0] == pseudonyms.patient(pseudonyms.study("1.2.840.99.1"), "without a patient id", "site")


def test_the_patient_is_the_same_in_sequences(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    def referenced(patient_id: str) -> Dataset:
        inner = Dataset()
        inner.PatientID = patient_id
        return inner

    items = [referenced("Q4711-88"), referenced("R1"), referenced("")]
    ds = radiograph(IssuerOfPatientID="QH", ReferencedSeriesSequence=items)
    result, out = run(ds, tmp_path, pseudonyms)
    inside = [i.PatientID for i in out.ReferencedSeriesSequence]
    assert inside == [result.patient, pseudonyms.patient("R1", "", "site"), ""]


def test_a_system_without_positioned_reads_and_sendfile_gives_the_same_bytes(
    tmp_path: Path, pseudonyms: Pseudonymizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = saved(radiograph(), tmp_path / "in.dcm")
    deidentify_object(source, tmp_path / "a.dcm", policy=POLICY, pseudonyms=pseudonyms, digest=False)
    for name in ("pread", "preadv", "sendfile"):
        monkeypatch.delattr(f"os.{name}", raising=False)
    for name, digest in (("b.dcm", False), ("c.dcm", True)):
        deidentify_object(source, tmp_path / name, policy=POLICY, pseudonyms=pseudonyms, digest=digest)
        assert (tmp_path / name).read_bytes() == (tmp_path / "a.dcm").read_bytes()


def test_own_output_is_refused(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    run(radiograph(), tmp_path, pseudonyms)
    again = deidentify_object(tmp_path / "out.dcm", tmp_path / "twice.dcm", policy=POLICY, pseudonyms=pseudonyms)
    assert [i.code for i in again.issues] == ["dicom-already-deidentified"]
    assert not (tmp_path / "twice.dcm").exists()


def test_gateways_method_stays_in_front_of_ours(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = radiograph(PatientIdentityRemoved="YES", DeidentificationMethod="Gateway rules 7")
    _, out = run(ds, tmp_path, pseudonyms)
    assert out.DeidentificationMethod[0] == "Gateway rules 7"
    assert out.DeidentificationMethod[1].startswith("cxrforge ")
    assert out.PatientID == pseudonyms.patient("Q4711-88", "", "site")


def test_contradictory_and_unknown_options_are_refused() -> None:
    with pytest.raises(ConfigError):
        make_policy(["retain-longitudinal-full-dates", "retain-longitudinal-modified-dates"])
    with pytest.raises(ConfigError):
        make_policy(["retain-everything"])


def test_identifier_in_a_kept_place_is_a_leak_and_no_output(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = radiograph(PatientID="69437172", KVP="69437172")
    result, _ = run(ds, tmp_path, pseudonyms)
    assert [i.code for i in result.issues] in (["header-leak"], [])
    assert not result.written or b"69437172" not in (tmp_path / "out.dcm").read_bytes()


def test_redacted_pixels_change_transfer_syntax_and_truthful_codes(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    def redact(ds: Dataset, known: KnownIdentifiers) -> PixelOutcome:
        assert "Quillfeather^Ottoline" in known.patient_names
        ds.PixelData = b"\0" * 32
        ds.PatientName = "Leak^Me"
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        return PixelOutcome(examined=True, changed=True)

    ds = radiograph()
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    _, out = run(ds, tmp_path, pseudonyms, redactor=redact)
    assert out.PixelData == b"\0" * 32
    assert out.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert out.BurnedInAnnotation == "NO"
    assert out.Rows == 4
    assert "Leak" not in str(out.PatientName)
    assert "113101" in [i.CodeValue for i in out.DeidentificationMethodCodeSequence]


def test_modified_dates_keep_intervals(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = radiograph(StudyDate="20200102", AcquisitionDateTime="20200103235959.5+0100", StudyTime="101112")
    result, out = run(ds, tmp_path, pseudonyms, ["retain-longitudinal-modified-dates"])
    shift = pseudonyms.date_shift(result.patient)
    from datetime import date

    moved = date(2020, 1, 2) + shift
    assert f"{moved:%Y%m%d}" == out.StudyDate
    assert str(out.AcquisitionDateTime)[8:] == "235959.5+0100"
    assert out.StudyTime == "101112"
    assert out.LongitudinalTemporalInformationModified == "MODIFIED"


def test_safe_private_attributes_stay_only_under_their_option(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = radiograph()
    block = ds.private_block(0x0903, "GEIIS PACS", create=True)
    block.add_new(0x10, "US", 1)
    block.add_new(0x77, "LO", "Quillfeather")
    ds.private_block(0x0019, "SOMEBODY", create=True).add_new(0x10, "LO", "Quillfeather")
    _, without = run(ds, tmp_path, pseudonyms)
    assert not [e for e in without if e.tag.is_private]
    _, kept = run(ds, tmp_path, pseudonyms, ["retain-safe-private"])
    assert [(f"{e.tag.group:04x}", e.value) for e in kept if e.tag.is_private] == [("0903", "GEIIS PACS"), ("0903", 1)]
    assert "113111" in [i.CodeValue for i in kept.DeidentificationMethodCodeSequence]


def test_a_short_patient_number_costs_no_measurement(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = radiograph(PatientID="2000", ExposureInuAs="2000", StudyDescription="Chest 2000", Manufacturer="Philips")
    ds.OperatorsName = "Philips^Service"
    _, out = run(ds, tmp_path, pseudonyms)
    assert (out.ExposureInuAs, out.StudyDescription, out.Manufacturer) == ("2000", "Chest", "Philips")


def test_a_source_that_is_not_there_is_an_issue(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    result = deidentify_object(tmp_path / "gone", tmp_path / "out.dcm", policy=POLICY, pseudonyms=pseudonyms)
    assert [i.code for i in result.issues] == ["dicom-unreadable"]


def test_a_redactors_issue_keeps_the_object_in(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    def refuse(ds: Dataset, known: KnownIdentifiers) -> PixelOutcome:
        return PixelOutcome(examined=False, issues=(Issue("dicom-undecodable"),))

    result, out = run(radiograph(), tmp_path, pseudonyms, redactor=refuse)
    assert out is None
    assert [i.code for i in result.issues] == ["dicom-undecodable"]


def test_an_unexamined_object_claims_no_clean_pixels(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    _, out = run(radiograph(BurnedInAnnotation="YES"), tmp_path, pseudonyms)
    assert out.BurnedInAnnotation == "YES"
    assert "113101" not in [i.CodeValue for i in out.DeidentificationMethodCodeSequence]
