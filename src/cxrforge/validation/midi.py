"""Made-up radiograph headers with identifiers planted as the MIDI-B challenge planted them, and their answer key."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from cxrforge.synthetic import headers, plan
from cxrforge.validation.answer_key import Expected

SIDE = 8
"""Rows and columns: what is asked here is asked of the header."""
OPTIONS = ("clean-descriptors", "retain-longitudinal-modified-dates", "retain-patient-characteristics")
LETTERED_SIDES = (600, 500)
"""Rows and columns of an image with a name burned in."""
_HOSPITALS = 3
_KEPT = ("Modality", "SOPClassUID", "Rows", "Columns", "BitsStored", "PhotometricInterpretation", "SamplesPerPixel")
_NOT_NULL = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID", "PatientName", "Modality")
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
_DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
_CLINICAL = ("Chest", "PA")
_IDENTITY = (
    "PatientName",
    "PatientID",
    "AccessionNumber",
    "StudyID",
    "InstitutionName",
    "InstitutionAddress",
    "ReferringPhysicianName",
    "OperatorsName",
    "PerformingPhysicianName",
    "NameOfPhysiciansReadingStudy",
    "PatientBirthDate",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "OtherPatientNames",
    "PatientBirthName",
    "StationName",
    "DeviceSerialNumber",
    "MedicalRecordLocator",
    "CountryOfResidence",
    "InstitutionalDepartmentName",
)


@dataclass(frozen=True, slots=True)
class Planted:
    """One object with its key."""

    name: str
    dataset: Dataset
    expected: tuple[Expected, ...]


def generate(files: int, seed: int = 1) -> Iterator[Planted]:
    """Yield `files` planted objects of many patients, makers and languages; the same for the same arguments."""
    made = 0
    for study in plan.consortium(files, seed, _HOSPITALS, (512, 512)):
        for image in study.images:
            if made == files or image.kind != "primary":
                continue
            ds = headers.header(study, image, 0.143, False)
            ds.Rows = ds.Columns = SIDE
            ds.PhotometricInterpretation, ds.BitsAllocated, ds.BitsStored, ds.HighBit = "MONOCHROME2", 16, 12, 11
            ds.PixelData = bytes((made + n) % 16 if n % 2 else (made * 7 + n) % 256 for n in range(2 * SIDE * SIDE))
            made += 1
            yield Planted(f"synthetic-{made:04d}", ds, tuple(plant(ds, made)))


def lettered(files: int, seed: int = 2) -> Iterator[Planted]:
    """Yield planted objects with the patient's name and number burned into the image."""
    for one in generate(files, seed):
        ds, words = one.dataset, f"{_ascii(str(one.dataset.PatientName))} {one.dataset.PatientID}"[:26]
        frame, (x, y, w, h) = burned(words)
        ds.Rows, ds.Columns = frame.shape
        ds.PixelData, ds.BurnedInAnnotation = frame.tobytes(), "YES"
        rows, columns = LETTERED_SIDES
        kept = [r for r in one.expected if not r.action.startswith("pixels") and r.path != ("Rows",)]
        kept.append(Expected("text_retained", ("Rows",), str(LETTERED_SIDES[0])))
        hidden = Expected("pixels_hidden", (x, y, w, h))
        below = y + 4 * h
        retained = Expected("pixels_retained", (0, below, columns, rows - below))
        yield Planted(f"lettered-{one.name[-4:]}", ds, (*kept, hidden, retained))


def burned(words: str) -> tuple[NDArray[np.uint16], tuple[int, int, int, int]]:
    """Return a smooth image of 12 bits with white letters at its top, and the box they fill."""
    rows, columns = np.mgrid[: LETTERED_SIDES[0], : LETTERED_SIDES[1]]
    frame = (1500 + 900 * np.cos(rows / 160) * np.sin(columns / 130)).astype(np.uint16)
    ink = np.zeros(frame.shape, np.uint8)
    cv2.putText(ink, words, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 1, 2)
    frame[ink > 0] = 4095
    x, y, w, h = cv2.boundingRect(ink)
    return frame, (x, y, w, h)


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("^", " "))
    return "".join(c for c in plain if c.isascii()).upper()


def plant(ds: Dataset, number: int) -> Iterator[Expected]:
    """Plant what `ds` itself knows of its patient in more places, and yield the key for these and the usual ones."""
    family, _, given = str(ds.PatientName).partition("^")
    patient_id, accession = str(ds.PatientID), str(ds.get("AccessionNumber", ""))
    yield from _descriptions(ds, family, given, patient_id)
    yield from _elsewhere(ds, family, given, patient_id, number)
    yield from _usual(ds, (family, given, patient_id, accession))


def _descriptions(ds: Dataset, family: str, given: str, patient_id: str) -> Iterator[Expected]:
    """Identifiers beside clinical words: the one must go, the other stay."""
    texts = {
        "StudyDescription": (f"Chest PA {family}", family),
        "SeriesDescription": (f"Chest PA for {given} {family} on 03/14/2019", "03/14/2019"),
        "ProtocolName": (f"Chest PA MRN: {patient_id}", patient_id),
        "ImageComments": (f"Chest PA repeated, call 555-203-4471 ({family}, {given})", "555-203-4471"),
        "PatientComments": (f"Chest PA {given} {family}", family),
        "RequestedProcedureDescription": (f"{family.upper()}, Chest PA", family),
    }
    for keyword, (text, secret) in texts.items():
        setattr(ds, keyword, text)
        yield Expected("text_removed", (keyword,), secret)
        yield Expected("text_removed", (keyword,), family)
        if keyword != "PatientComments":  # E.1-1 cleans it, and a header may do without
            yield from (Expected("text_retained", (keyword,), word) for word in _CLINICAL)


def _elsewhere(ds: Dataset, family: str, given: str, patient_id: str, number: int) -> Iterator[Expected]:
    """Identifiers in sequences, private elements, UIDs of references and attributes that should hold none."""
    request = ds.RequestAttributesSequence[0]
    request.ScheduledProcedureStepDescription = f"Chest PA {family}"
    nested = ("RequestAttributesSequence", 0)
    yield Expected("text_removed", (*nested, "ScheduledProcedureStepDescription"), family)
    yield Expected("text_retained", (*nested, "ScheduledProcedureStepDescription"), "Chest PA")
    yield Expected("text_removed", (*nested, "ReasonForTheRequestedProcedure"), family)
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    series = Dataset()
    series.ReferencedInstanceSequence = [reference]
    ds.ReferencedSeriesSequence = [series]
    place = ("ReferencedSeriesSequence", 0, "ReferencedInstanceSequence", 0, "ReferencedSOPInstanceUID")
    yield Expected("uid_changed", place, str(ds.SOPInstanceUID))
    yield Expected("uid_consistent", place, str(ds.SOPInstanceUID))
    ds.FrameOfReferenceUID = f"1.2.826.0.1.3680043.10.999.{number}"
    ds.PatientBirthName, ds.OtherPatientNames = f"{family}^{given}", f"{given}^{family}"
    ds.MedicalRecordLocator, ds.CountryOfResidence = patient_id, "Freedonia"
    block = ds.private_block(0x0029, "MIDI PLANTED", create=True)
    block.add_new(0x10, "LO", f"{given} {family}")
    block.add_new(0x11, "UN", patient_id.encode("latin-1", "replace"))
    for element, secret in ((0x10, family), (0x11, patient_id)):
        yield Expected("text_removed", (0x00290000 | 0x1000 | element,), secret)


def _usual(ds: Dataset, secrets: tuple[str, ...]) -> Iterator[Expected]:
    yield from (Expected("tag_retained", (k,)) for k in _KEPT)
    yield from (Expected("text_notnull", (k,)) for k in _NOT_NULL)
    yield from (Expected("text_retained", (k,), str(ds.get(k))) for k in ("Modality", "Rows", "BitsStored"))
    for keyword in ("ViewPosition", "BodyPartExamined", "KVP", "PatientSex"):
        if ds.get(keyword):
            yield Expected("text_retained", (keyword,), str(ds.get(keyword)))
    for keyword in _UIDS:
        yield Expected("uid_changed", (keyword,), str(ds[keyword].value))
        yield Expected("uid_consistent", (keyword,), str(ds[keyword].value))
    yield from (Expected("date_shifted", (k,), str(ds.get(k))) for k in _DATES if ds.get(k))
    site_wide = f"{ds.get('IssuerOfPatientID', '')} {ds.PatientID}"
    yield Expected("patid_consistent", ("PatientID",), site_wide)
    yield from _identity(ds, secrets)
    rows, columns = int(ds.Rows), int(ds.Columns)
    yield Expected("pixels_retained", (0, 0, columns, rows))


def _identity(ds: Dataset, secrets: tuple[str, ...]) -> Iterator[Expected]:
    """Whatever an attribute that identifies held must not stand there any more."""
    for keyword in _IDENTITY:
        if ds.get(keyword):
            yield Expected("text_removed", (keyword,), str(ds.get(keyword)))
    for keyword in ("PatientName", "PatientID"):
        yield from (Expected("text_removed", (keyword,), secret) for secret in secrets if secret)
