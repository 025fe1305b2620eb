"""Recognisable values for every VR, and objects to plant them in."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date, timedelta

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from cxrforge.tables import profile

BINARY = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8}


def planted_text(number: int) -> str:
    return f"ZQPLANT{number:04d}X"


def planted(tag: int, number: int) -> DataElement:
    """An element of `tag` whose value is recognisable by `number`."""
    vr = dictionary_VR(tag).split(" or ")[0]
    day = date(1951, 1, 1) + timedelta(days=number)
    text = planted_text(number)
    value: object = {
        "DA": f"{day:%Y%m%d}",
        "TM": f"{number % 24:02d}{number % 60:02d}{number % 59:02d}.{number:06d}",
        "DT": f"{day:%Y%m%d}{number % 24:02d}{number % 60:02d}07.{number:06d}",
        "UI": f"1.2.826.0.1.3680043.777.{number + 10_000}",
        "PN": f"Zqname{number:04d}^Given{number:04d}",
        "AS": f"{number % 80 + 10:03d}Y",
        "DS": f"{number}.{number:04d}7",
        "IS": str(7_000_000 + number),
        "AE": f"ZQPLANT{number:04d}",
        "UR": f"http://zqplant{number:04d}.example/x",
        "OB": text.encode(),
        "UN": text.encode(),
        "SQ": Sequence([item(text)]),
    }.get(vr, number + 1 if vr in BINARY else text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return DataElement(tag, vr, value)


def item(text: str) -> Dataset:
    """A sequence item that looks like a local code and carries a name."""
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = text[:16], "99LOCAL", text
    ds.PersonName = f"{text}^Nested"
    return ds


def named_tags() -> list[int]:
    """Every attribute that Table E.1-1 names and a data set can hold."""
    return sorted(tag for tag in profile.load().rows if tag >> 16 not in (0, 2))


def base() -> Dataset:
    """A small but complete DX object with an identity of its own."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = (f"1.2.826.0.1.3680043.778.{n}" for n in (1, 2, 3))
    ds.PatientName, ds.PatientID = "Zqbase^Patient", "ZQBASE-4711"
    ds.Modality, ds.PresentationIntentType = "DX", "FOR PRESENTATION"
    ds.Rows = ds.Columns = 4
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.PixelData = bytes(range(32))
    return ds


def file_bytes(ds: Dataset) -> bytes:
    """A file of `ds`, written without pydicom's checks on values."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_dataset(buffer, ds)
    meta = DicomBytesIO()
    meta.is_implicit_VR, meta.is_little_endian = False, True
    write_dataset(meta, Dataset({e.tag: e for e in ds.file_meta}))
    return b"\0" * 128 + b"DICM" + meta.getvalue() + buffer.getvalue()


def nested_twice(ds: Dataset, inner: Dataset) -> None:
    """Put `inner` two sequences deep into sequences that Table E.1-1 does not list."""
    outer = Dataset()
    outer.ReferencedInstanceSequence = Sequence([inner])
    ds.ReferencedSeriesSequence = Sequence([outer])


def needles(element: DataElement, number: int) -> Iterator[bytes]:
    """What must not be found in an output: the planted value in the encodings it may take."""
    vr = element.VR
    if vr == "SQ" or vr in ("OB", "UN") or (isinstance(element.value, str) and element.value == planted_text(number)):
        yield planted_text(number).encode()
    elif vr == "PN":
        yield f"Zqname{number:04d}".encode()
    elif vr not in (*BINARY, "AS"):
        yield str(element.value).encode()
