"""DICOM headers as the devices of different makers write them, identifiers in every place they are known to hide."""

from __future__ import annotations

from datetime import timedelta

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
)

from cxrforge.synthetic.plan import Image, Study
from cxrforge.tables import synthetic_wording

CHEST_REGION = ("816094009", "SCT", "Chest")
KNEE_REGION = ("72696002", "SCT", "Knee")
VIEW_CODES = {
    "PA": ("272479007", "SCT", "postero-anterior"),
    "AP": ("399348003", "SCT", "antero-posterior"),
    "LATERAL": ("399067008", "SCT", "lateral"),
}
IMPLEMENTATION = "2.25.190472213811347096452113745810921"


def header(study: Study, image: Image, pitch: float, labelled: bool) -> Dataset:
    """Return the data set of one image without its pixels; `pitch` is the detector's in millimetres."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = UID(IMPLEMENTATION)
    ds.file_meta.SourceApplicationEntityTitle = study.station[:16]
    ds.SpecificCharacterSet = study.vendor.charset
    _identity(ds, study, image)
    _patient(ds, study)
    _examination(ds, study, image)
    _people_and_place(ds, study)
    _equipment(ds, study)
    _picture(ds, study, image, pitch, labelled)
    _order(ds, study)
    _private(ds, study)
    return ds


def sop_class(study: Study, image: Image) -> UID:
    """Return the SOP class: DX, DX for processing, CR, or secondary capture."""
    if image.kind == "secondary-capture":
        return SecondaryCaptureImageStorage
    if study.vendor.modality == "CR":
        return ComputedRadiographyImageStorage
    return (
        DigitalXRayImageStorageForProcessing
        if image.kind == "for-processing"
        else (DigitalXRayImageStorageForPresentation)
    )


def _identity(ds: Dataset, study: Study, image: Image) -> None:
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = sop_class(study, image)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(image.sop_uid)
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study.study_uid, image.series_uid
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = study.accession[-8:], image.number, 1
    ds.ImageType = {
        "bone-suppressed": ["DERIVED", "SECONDARY", "", "BONE SUPPRESSED"],
        "dual-energy": ["DERIVED", "PRIMARY", "", "SOFT TISSUE"],
        "secondary-capture": ["DERIVED", "SECONDARY"],
    }.get(image.kind, ["ORIGINAL", "PRIMARY", ""])
    ds.Modality = "OT" if image.kind == "secondary-capture" else study.vendor.modality
    if image.kind == "secondary-capture":
        ds.ConversionType = "WSD"


def _patient(ds: Dataset, study: Study) -> None:
    person = study.person
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = person.pn, person.id, person.issuer
    ds.PatientBirthDate, ds.PatientSex = f"{person.born:%Y%m%d}", person.sex
    ds.PatientAge = f"{study.age:03d}Y"
    if study.index % 2:
        ds.PatientAddress, ds.PatientTelephoneNumbers = person.street, person.phone
        ds.PatientComments = f"{person.given} {person.family}, {person.phone}"
    if study.vendor.id in {"ge", "siemens", "samsung"}:
        other = Dataset()
        other.PatientID, other.IssuerOfPatientID, other.TypeOfPatientID = person.id, person.issuer, "TEXT"
        ds.OtherPatientIDsSequence = Sequence([other])
    if study.index % 5 == 0:
        ds.OtherPatientNames = person.pn.upper()


def _examination(ds: Dataset, study: Study, image: Image) -> None:
    day = f"{study.day:%Y%m%d}"
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
    ds.StudyTime = study.time
    ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = study.time
    ds.AccessionNumber = study.accession
    names = synthetic_wording.load().wordings[study.hospital.language].headings
    body = names["knee"] if image.kind == "other" else names["exam"]
    ds.StudyDescription = f"{body} {study.person.family}" if study.index % 3 == 1 else body
    ds.SeriesDescription = {
        "bone-suppressed": "Bone Suppressed",
        "for-processing": "RAW",
        "dual-energy": "Dual Energy Soft Tissue",
    }.get(image.kind, f"{body.split()[0]} {image.view if image.kind != 'other' else 'AP'}")
    ds.ProtocolName = f"{body.split()[0]} {image.view}"
    if image.kind == "other":
        ds.BodyPartExamined, ds.ViewPosition = "KNEE", "AP"
    else:
        ds.BodyPartExamined = study.vendor.body_part.upper()
        frontal = "AP" if study.expect == "wrong-view" else study.vendor.view
        ds.ViewPosition = {"PA": frontal, "LATERAL": study.vendor.lateral, "AP": "AP"}[image.view]
    if image.kind == "bone-suppressed":
        ds.DerivationDescription = "Bone suppression"
    if image.kind == "dual-energy":
        ds.DerivationDescription = "Dual energy subtraction"
    if study.index % 4 == 2:
        ds.ImageComments = f"Dr {study.referrer[0]}, {study.hospital.phone}"
    if study.age > 17 and image.view == "AP":
        ds.PatientPosition = ""


def _people_and_place(ds: Dataset, study: Study) -> None:
    hospital = study.hospital
    ds.InstitutionName, ds.InstitutionAddress = hospital.name, f"{hospital.street}, {hospital.postcode} {hospital.city}"
    ds.InstitutionalDepartmentName = hospital.ward
    ds.ReferringPhysicianName = "^".join(study.referrer)
    ds.NameOfPhysiciansReadingStudy = "^".join(study.reader)
    ds.OperatorsName = "^".join(study.operator)
    if study.index % 2 == 0:
        ds.PerformingPhysicianName = "^".join(study.reader)
        ds.ReferringPhysicianTelephoneNumbers = hospital.phone


def _equipment(ds: Dataset, study: Study) -> None:
    vendor = study.vendor
    ds.Manufacturer = vendor.manufacturer
    ds.ManufacturerModelName = vendor.models[study.index % len(vendor.models)]
    ds.DeviceSerialNumber, ds.StationName = study.serial, study.station
    ds.SoftwareVersions = "7.1"
    ds.DateOfLastCalibration = f"{study.day - timedelta(days=20):%Y%m%d}"


def _picture(ds: Dataset, study: Study, image: Image, pitch: float, labelled: bool) -> None:
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, image.photometric
    ds.Rows, ds.Columns = image.rows, image.columns
    ds.BitsAllocated = 8 if image.bits == 8 else 16
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = image.bits, image.bits - 1, 0
    ds.BurnedInAnnotation = "YES" if labelled and study.vendor.id != "fuji" else "NO"  # one maker never says so
    ds.LossyImageCompression = "00"
    if image.kind == "secondary-capture":
        ds.PatientOrientation = ""
        return
    ds.KVP, ds.Exposure, ds.ExposureTime = "125", 3, 12
    ds.DistanceSourceToDetector, ds.Grid = "1800", "FOCUSED"
    ds.ImagerPixelSpacing = [f"{pitch:.4f}", f"{pitch:.4f}"]
    ds.PatientOrientation = ["P", "F"] if image.view == "LATERAL" else ["L", "F"]
    if image.kind != "for-processing":
        most = (1 << image.bits) - 1
        ds.WindowCenter, ds.WindowWidth = str((most + 1) // 2), str(most + 1)
    if study.vendor.modality == "CR":
        ds.PlateID, ds.Laterality = study.serial, ""
        return
    ds.PresentationIntentType = "FOR PROCESSING" if image.kind == "for-processing" else "FOR PRESENTATION"
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = -1 if image.photometric == "MONOCHROME2" else 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "IDENTITY" if image.photometric == "MONOCHROME2" else "INVERSE"
    ds.PositionerType = "COLUMN"
    ds.ImageLaterality, ds.DetectorType = "U", "SCINTILLATOR"
    ds.DetectorID = study.serial
    ds.AcquisitionContextSequence = Sequence([])
    ds.AnatomicRegionSequence = Sequence([code(*(KNEE_REGION if image.kind == "other" else CHEST_REGION))])
    if study.vendor.view == image.view and image.view in VIEW_CODES:
        ds.ViewCodeSequence = Sequence([code(*VIEW_CODES[image.view])])
        ds.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([])


def _order(ds: Dataset, study: Study) -> None:
    """Add the request with its identifiers one and two sequences deep."""
    request = Dataset()
    request.AccessionNumber = study.accession
    request.RequestedProcedureID = study.accession
    request.RequestedProcedureDescription = f"Thorax {study.person.family} {study.person.given}"
    request.ReasonForTheRequestedProcedure = f"{study.person.given} {study.person.family}: {study.indication}"
    request.ScheduledProcedureStepID = study.accession[-8:]
    request.RequestingPhysician = "^".join(study.referrer)
    ds.RequestAttributesSequence = Sequence([request])
    doctor = Dataset()
    doctor.PersonIdentificationCodeSequence = Sequence([code(study.serial, "99LOCAL", " ".join(study.reader))])
    doctor.InstitutionName = study.hospital.name
    doctor.PersonTelephoneNumbers = study.hospital.phone
    ds.PhysiciansReadingStudyIdentificationSequence = Sequence([doctor])
    ds.PerformedProcedureStepStartDate, ds.PerformedProcedureStepStartTime = f"{study.day:%Y%m%d}", study.time
    ds.PerformedProcedureStepID = study.accession[-8:]


def _private(ds: Dataset, study: Study) -> None:
    """Add the maker's private block: a name, an ID, a date, and a sequence that hides a name once more."""
    vendor, person = study.vendor, study.person
    block = ds.private_block(vendor.private_group, vendor.private_creator, create=True)
    block.add_new(0x01, "LO", f"{person.given} {person.family}")
    block.add_new(0x02, "LO", person.id)
    block.add_new(0x03, "DA", f"{study.day:%Y%m%d}")
    block.add_new(0x04, "SH", "AUTO")
    inner = Dataset()
    inner.PatientName = person.pn
    inner.InstitutionName = study.hospital.name
    block.add_new(0x10, "SQ", Sequence([inner]))
    text = f"{person.family};{study.accession};{study.hospital.city}".encode(
        "utf-8" if "192" in vendor.charset else "latin-1"
    )
    block.add_new(0x20, "OB", text + b"\0" * (len(text) % 2))


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return one item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
