"""Reports as DICOM objects: Basic Text SR, a Basic Diagnostic Imaging Report (PS3.16 TID 2000), encapsulated PDF."""

from __future__ import annotations

import io
from hashlib import blake2b

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    EncapsulatedPDFStorage,
    EnhancedSRStorage,
    ExplicitVRLittleEndian,
)

from cxrforge.synthetic.headers import IMPLEMENTATION, code
from cxrforge.synthetic.plan import Study
from cxrforge.synthetic.texts import Text

_TITLE = ("18748-4", "LN", "Diagnostic Imaging Report")


def basic_text(study: Study, text: Text, status: str, issued: str) -> bytes:
    """Return the whole report as the one text item of a Basic Text SR."""
    ds = _document(study, status, issued, BasicTextSRStorage)
    ds.ContentSequence = Sequence([_text(("121071", "DCM", "Finding"), text.text)])
    return _bytes(ds)


def imaging_report(study: Study, text: Text, status: str, issued: str) -> bytes:
    """Return an Enhanced SR with observer, language, and a container for each section, headed in the local language."""
    ds = _document(study, status, issued, EnhancedSRStorage)
    language = _item("CODE", ("121049", "DCM", "Language of Content Item and Descendants"), "HAS CONCEPT MOD")
    language.ConceptCodeSequence = Sequence([code(study.hospital.language, "RFC5646", study.hospital.language)])
    reader = _item("PNAME", ("121008", "DCM", "Person Observer Name"), "HAS OBS CONTEXT")
    reader.PersonName = "^".join(study.reader)
    place = _item("TEXT", ("121009", "DCM", "Person Observer's Organization Name"), "HAS OBS CONTEXT")
    place.TextValue = study.hospital.name
    parts = [
        _section(("18785-6", "LN", text.heads["indication"]), ("121071", "DCM", "Finding"), text.indication),
        _section(("59776-5", "LN", text.heads["findings"]), ("121071", "DCM", "Finding"), text.findings),
        _section(("19005-8", "LN", text.heads["impression"]), ("121073", "DCM", "Impression"), text.impression),
    ]
    if text.addendum:
        parts.append(_section(("55107-7", "LN", text.heads["addendum"]), ("121071", "DCM", "Finding"), text.addendum))
    ds.ContentSequence = Sequence([language, reader, place, *parts])
    return _bytes(ds)


def encapsulated(study: Study, pdf: bytes, status: str, issued: str) -> bytes:
    """Return a PDF inside a DICOM object (PS3.3 A.45.1)."""
    ds = _document(study, status, issued, EncapsulatedPDFStorage)
    for keyword in ("ValueType", "ContinuityOfContent", "CompletionFlag", "VerificationFlag", "PreliminaryFlag"):
        if keyword in ds:
            del ds[keyword]
    ds.Modality, ds.ConversionType, ds.BurnedInAnnotation = "DOC", "WSD", "YES"
    ds.DocumentTitle = f"{study.person.family} {study.person.given}"
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return _bytes(ds)


def _document(study: Study, status: str, issued: str, sop_class: UID) -> Dataset:
    person = study.person
    own = f"2.25.{int.from_bytes(blake2b(f'{study.study_uid}{issued}'.encode(), digest_size=15).digest(), 'big')}"
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = UID(IMPLEMENTATION)
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = UID(own)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study.study_uid, UID(own + "1")
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "SR", 99, 1
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = person.pn, person.id, person.issuer
    ds.PatientBirthDate, ds.PatientSex = f"{person.born:%Y%m%d}", person.sex
    ds.AccessionNumber, ds.StudyID = study.accession, study.accession[-8:]
    ds.StudyDate, ds.StudyTime = f"{study.day:%Y%m%d}", study.time
    ds.ContentDate, ds.ContentTime = issued[:8], issued[8:]
    ds.ReferringPhysicianName, ds.InstitutionName = "^".join(study.referrer), study.hospital.name
    ds.Manufacturer = "RIS"
    ds.ConceptNameCodeSequence = Sequence([code(*_TITLE)])
    ds.ValueType, ds.ContinuityOfContent, ds.CompletionFlag = "CONTAINER", "SEPARATE", "COMPLETE"
    final = status != "preliminary"
    ds.VerificationFlag, ds.PreliminaryFlag = ("VERIFIED", "FINAL") if final else ("UNVERIFIED", "PRELIMINARY")
    if final:
        verifier = Dataset()
        verifier.VerifyingObserverName, verifier.VerifyingOrganization = "^".join(study.reader), study.hospital.name
        verifier.VerificationDateTime = issued
        ds.VerifyingObserverSequence = Sequence([verifier])
    return ds


def _section(name: tuple[str, str, str], concept: tuple[str, str, str], body: str) -> Dataset:
    section = _item("CONTAINER", (name[0], name[1], name[2].rstrip(" :")))
    section.ContinuityOfContent = "SEPARATE"
    section.ContentSequence = Sequence([_text(concept, body)])
    return section


def _text(concept: tuple[str, str, str], body: str) -> Dataset:
    item = _item("TEXT", concept)
    item.TextValue = body.replace("\n", "\r\n")
    return item


def _item(kind: str, concept: tuple[str, str, str], relation: str = "CONTAINS") -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relation, kind
    item.ConceptNameCodeSequence = Sequence([code(*concept)])
    return item


def _bytes(ds: Dataset) -> bytes:
    out = io.BytesIO()
    dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue()
