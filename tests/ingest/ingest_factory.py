"""Small made-up export files that later tests bend and break."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

DX = "1.2.840.10008.5.1.4.1.1.1.1"


def radiograph(**changes: Any) -> Dataset:
    """A small DX object; a value of None leaves the attribute out."""
    values: dict[str, Any] = {
        "SOPClassUID": DX,
        "SOPInstanceUID": "1.2.3.4.1",
        "StudyInstanceUID": "1.2.3.4",
        "SeriesInstanceUID": "1.2.3.4.5",
        "PatientID": "PID0815",
        "IssuerOfPatientID": "NORTH",
        "PatientName": "Quandt^Mara",
        "AccessionNumber": "ACC1",
        "StudyDate": "20200301",
        "StudyTime": "101112",
        "Modality": "DX",
        "ViewPosition": "PA",
        "BodyPartExamined": "CHEST",
        "Rows": 8,
        "Columns": 6,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelData": np.arange(48, dtype="<u2").tobytes(),
        **changes,
    }
    ds = Dataset()
    for keyword, value in values.items():
        if value is not None:
            setattr(ds, keyword, value)
    if "PixelData" in ds:
        ds["PixelData"].VR = "OW"
    return ds


def dicom_bytes(ds: Dataset, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """A DICOM file (PS3.10) that holds `ds`; the transfer syntax is what the file claims, not how it is encoded."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", "1.2.3")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "1.2.3")
    ds.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


REPORT = (
    "Chest radiograph PA\n\nFindings: The lungs are clear. No pleural effusion.\n\nImpression: Normal heart size.\n"
)


def text_report(**fields: str) -> bytes:
    return ("".join(f"{name}: {value}\n" for name, value in fields.items()) + "\n" + REPORT).encode()


def json_report(**fields: str) -> bytes:
    return json.dumps({"accession_number": "ACC1", "patient_id": "PID0815", "report": REPORT, **fields}).encode()


def hl7_report(accession: str = "ACC1", patient: str = "PID0815", observations: bool = True) -> bytes:
    segments = [
        "MSH|^~\\&|RIS|NORTH|X|X|20200301||ORU^R01|1|P|2.3",
        f"PID|1||{patient}^^^NORTH||Quandt^Mara",
        f"OBR|1|{accession}|{accession}|71020^CHEST PA|||20200301101112|||||||||||{accession}|||||||F",
    ]
    if observations:
        segments += [f"OBX|{n}|TX|71020||{line}||||||F" for n, line in enumerate(REPORT.strip().split("\n"), 1)]
    return ("\r".join(segments) + "\r").encode()


CSV_HEAD = "accession_number;patient_id;study_date;report\n"


def csv_report(*rows: str) -> bytes:
    return (CSV_HEAD + "".join(rows)).encode()


def csv_row(accession: str = "ACC1", patient: str = "PID0815") -> str:
    return f'{accession};{patient};20200301;"Findings: The lungs are clear.\nImpression: Normal chest radiograph."\n'
