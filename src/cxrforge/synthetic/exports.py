"""What lies about in an export beside radiographs and reports: a DICOMDIR and files that are no medical data."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from cxrforge.synthetic.headers import IMPLEMENTATION, sop_class
from cxrforge.synthetic.plan import Image, Study
from cxrforge.tables.synthetic_people import Hospital


def stray_files(hospital: Hospital) -> Iterator[tuple[str, bytes, str]]:
    """Yield (path, bytes, reason) of what does not belong into the dataset."""
    yield "Thumbs.db", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504, "not-medical"
    yield "viewer/autorun.inf", b"[autorun]\r\nopen=viewer.exe\r\n", "not-medical"
    yield "viewer/logo.png", _logo(), "not-medical"
    yield "IM_LOST", b"", "empty"
    yield "reports/.~lock.ris#", f",{hospital.id},;".encode(), "not-medical"


def _logo() -> bytes:
    picture = np.zeros((48, 160), np.uint8)
    cv2.putText(picture, "VIEWER", (6, 34), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2)
    done, data = cv2.imencode(".png", picture)
    if not done:
        raise RuntimeError("PNG encoder failed")
    return data.tobytes()


def dicomdir(listed: Sequence[tuple[Study, Image]]) -> bytes:
    """Return a DICOMDIR (PS3.3 Annex F): patient, study, series and image records with their offsets."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    ds.file_meta.MediaStorageSOPInstanceUID = UID(listed[0][0].study_uid[:-3] + "777")
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = UID(IMPLEMENTATION)
    ds.FileSetID = "EXPORT"
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.FileSetConsistencyFlag = 0
    records, tree = _records(listed)
    ds.DirectoryRecordSequence = DicomSequence(records)
    first = dcmread(io.BytesIO(_bytes(ds)))
    tells = [int(item.seq_item_tell) for item in first.DirectoryRecordSequence]
    for record, (follower, child) in zip(records, tree, strict=True):
        record.OffsetOfTheNextDirectoryRecord = tells[follower] if follower else 0
        record.OffsetOfReferencedLowerLevelDirectoryEntity = tells[child] if child else 0
    roots = [n for n, r in enumerate(records) if r.DirectoryRecordType == "PATIENT"]
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = tells[roots[0]]
    ds.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = tells[roots[-1]]
    return _bytes(ds)


def _records(listed: Sequence[tuple[Study, Image]]) -> tuple[list[Dataset], list[tuple[int, int]]]:
    """Return records in depth-first order and, for each, the index of its next sibling and first child (0: none)."""
    levels = {"PATIENT": 0, "STUDY": 1, "SERIES": 2, "IMAGE": 3}
    records: list[Dataset] = []
    seen: set[tuple[str, str]] = set()
    ordered = sorted(listed, key=lambda pair: (pair[0].person.id, pair[0].study_uid, pair[1].number))
    for study, image in ordered:
        for kind, key in (
            ("PATIENT", study.person.id),
            ("STUDY", study.study_uid),
            ("SERIES", image.series_uid),
            ("IMAGE", image.sop_uid),
        ):
            if (kind, key) not in seen:
                seen.add((kind, key))
                records.append(_record(kind, study, image))
    depth = [levels[r.DirectoryRecordType] for r in records]
    tree = []
    for n, own in enumerate(depth):
        rest = range(n + 1, len(depth))
        end = next((m for m in rest if depth[m] < own), len(depth))
        follower = next((m for m in rest if depth[m] == own and m < end), 0)
        child = n + 1 if n + 1 < len(depth) and depth[n + 1] > own else 0
        tree.append((follower, child))
    return records, tree


def _record(kind: str, study: Study, image: Image) -> Dataset:
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = 0xFFFF
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = kind
    record.SpecificCharacterSet = study.vendor.charset
    if kind == "PATIENT":
        record.PatientName, record.PatientID = study.person.pn, study.person.id
    elif kind == "STUDY":
        record.StudyDate, record.StudyTime = f"{study.day:%Y%m%d}", study.time
        record.StudyInstanceUID, record.StudyID = study.study_uid, study.accession[-8:]
        record.AccessionNumber, record.StudyDescription = study.accession, "Thorax"
    elif kind == "SERIES":
        record.Modality, record.SeriesInstanceUID = study.vendor.modality, image.series_uid
        record.SeriesNumber = image.number
    else:
        record.ReferencedFileID = image.path.split("/")
        record.ReferencedSOPClassUIDInFile = sop_class(study, image)
        record.ReferencedSOPInstanceUIDInFile = image.sop_uid
        record.ReferencedTransferSyntaxUIDInFile = ExplicitVRLittleEndian
        record.InstanceNumber = 1
    return record


def _bytes(ds: Dataset) -> bytes:
    out = io.BytesIO()
    dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue()
