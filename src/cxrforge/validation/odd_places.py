"""Places where de-identifiers forget to look, and what puts an identifier there."""

from __future__ import annotations

import struct
from collections.abc import Callable

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from cxrforge.validation.planting import base

NAME, NUMBER = "Wolkenstein", "83726154"
SECRETS = (b"Wolkenstein", b"WOLKENSTEIN", b"wolkenstein", b"83726154", "Wolkenstein".encode("utf-16-le"))


def raw(ds: Dataset, tag: int, vr: str, value: bytes) -> None:
    """Put an element into `ds` as bytes, whatever they are."""
    value += b" " * (len(value) % 2)
    ds[tag] = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)


def identity() -> Dataset:
    """Return an object with the identity that every place repeats."""
    ds = base()
    ds.PatientName, ds.PatientID = f"{NAME}^Adele", NUMBER
    return ds


def items(ds: Dataset, keyword: str, **values: object) -> None:
    """Put one item with `values` into a sequence."""
    inner = Dataset()
    for name, value in values.items():
        setattr(inner, name, value)
    setattr(ds, keyword, Sequence([inner]))


def private_sequence(ds: Dataset) -> None:
    """Hide the name in a sequence of a private block."""
    block = ds.private_block(0x0011, "HOUSE", create=True)
    inner = Dataset()
    inner.PatientName = NAME
    block.add_new(1, "SQ", Sequence([inner]))


def private_in_public_sequence(ds: Dataset) -> None:
    """Hide the name in a private block inside an item of a public sequence."""
    items(ds, "ViewCodeSequence", CodeValue="399348003", CodingSchemeDesignator="SCT", CodeMeaning="postero-anterior")
    ds.ViewCodeSequence[0].private_block(0x0019, "HOUSE", create=True).add_new(2, "LO", NAME)


def original_attributes(ds: Dataset) -> None:
    """Hide the name where earlier values are kept."""
    inner, modified = Dataset(), Dataset()
    modified.PatientName = NAME
    inner.ModifiedAttributesSequence = Sequence([modified])
    inner.SourceOfPreviousValues = NAME
    ds.OriginalAttributesSequence = Sequence([inner])


def hidden_sequence(ds: Dataset) -> None:
    """Hide the name in a sequence that calls itself unknown."""
    inner = struct.pack("<HHL", 0x0010, 0x0010, 12) + b"Wolkenstein "
    raw(ds, 0x00081115, "UN", struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner)


def file_meta_titles(ds: Dataset) -> None:
    """Name the titles of who sent the file."""
    ds.file_meta.SourceApplicationEntityTitle = ds.file_meta.SendingApplicationEntityTitle = NAME


ODD: dict[str, Callable[[Dataset], object]] = {
    "private element": lambda ds: ds.private_block(0x0009, "HOUSE", create=True).add_new(1, "LO", NAME),
    "private creator": lambda ds: raw(ds, 0x00090010, "LO", NAME.encode()),
    "private element without creator": lambda ds: raw(ds, 0x000B1001, "UN", NAME.encode()),
    "private sequence": private_sequence,
    "private element in a public sequence": private_in_public_sequence,
    "overlay data": lambda ds: raw(ds, 0x60003000, "OW", NAME.encode()),
    "overlay comments": lambda ds: raw(ds, 0x60024000, "LT", NAME.encode()),
    "overlay label": lambda ds: raw(ds, 0x60041500, "LO", NAME.encode()),
    "overlay description in the last group": lambda ds: raw(ds, 0x601E0022, "LO", NAME.encode()),
    "curve data": lambda ds: raw(ds, 0x50003000, "OW", NAME.encode()),
    "curve label": lambda ds: raw(ds, 0x50022500, "LO", NAME.encode()),
    "trailing padding": lambda ds: raw(ds, 0xFFFCFFFC, "OB", NAME.encode()),
    "group length": lambda ds: raw(ds, 0x00100000, "LO", NAME.encode()),
    "retired attribute": lambda ds: raw(ds, 0x00084000, "LT", NAME.encode()),
    "unknown even group": lambda ds: raw(ds, 0x00A80001, "LO", NAME.encode()),
    "unknown element of a known group": lambda ds: raw(ds, 0x0008FFF0, "LO", NAME.encode()),
    "manufacturer": lambda ds: raw(ds, 0x00080070, "LO", f"Imaging for {NAME}".encode()),
    "software versions": lambda ds: raw(ds, 0x00181020, "LO", f"V2\\{NAME}".encode()),
    "study description in capitals": lambda ds: setattr(ds, "StudyDescription", f"CHEST PA {NAME.upper()}"),
    "comments": lambda ds: setattr(ds, "ImageComments", f"Patient {NAME}, {NUMBER}, repeated"),
    "body part": lambda ds: raw(ds, 0x00180015, "CS", NAME.upper().encode()),
    "behind NUL bytes in a coded string": lambda ds: raw(ds, 0x00180015, "CS", b"CHEST\0\0" + NAME.encode()),
    "behind NUL bytes in a description": lambda ds: raw(ds, 0x00081030, "LO", b"CHEST\0" + NAME.encode()),
    "decimal string": lambda ds: raw(ds, 0x00180060, "DS", NUMBER.encode()),
    "integer string with letters": lambda ds: raw(ds, 0x00181151, "IS", NAME.encode()),
    "UID with the patient's number": lambda ds: raw(ds, 0x00200052, "UI", f"1.2.3.{NUMBER}".encode()),
    "UID that is a name": lambda ds: raw(ds, 0x00081150, "UI", NAME.encode()),
    "unsigned short": lambda ds: raw(ds, 0x00280106, "US", b"Wolkenstein1"),
    "name declared as long text": lambda ds: raw(ds, 0x00100010, "LT", NAME.encode()),
    "name declared unknown": lambda ds: raw(ds, 0x00081050, "UN", NAME.encode()),
    "bits stored declared as text": lambda ds: raw(ds, 0x00280106, "LO", NAME.encode()),
    "sequence declared unknown": hidden_sequence,
    "sequence declared as text": lambda ds: raw(ds, 0x00081115, "LO", NAME.encode()),
    "icon": lambda ds: items(ds, "IconImageSequence", BitsAllocated=8, PixelData=NAME.encode() + b"\0"),
    "original attributes": original_attributes,
    "encrypted attributes": lambda ds: items(ds, "EncryptedAttributesSequence", EncryptedContent=NAME.encode() + b"\0"),
    "contributing equipment": lambda ds: items(
        ds, "ContributingEquipmentSequence", InstitutionAddress=NAME, OperatorsName=NAME, ContributionDescription=NAME
    ),
    "meaning of a standard code": lambda ds: items(
        ds, "ViewCodeSequence", CodeValue="399348003", CodingSchemeDesignator="SCT", CodeMeaning=NAME
    ),
    "meaning of a local code": lambda ds: items(
        ds, "ProcedureCodeSequence", CodeValue="X1", CodingSchemeDesignator="99L", CodeMeaning=f"Chest {NAME}"
    ),
    "value of a local code": lambda ds: items(
        ds, "ProcedureCodeSequence", CodeValue=NUMBER, CodingSchemeDesignator="99L", CodeMeaning="Chest"
    ),
    "address": lambda ds: raw(ds, 0x00287FE0, "UR", f"http://pacs/{NUMBER}".encode()),
    "method of an earlier gateway": lambda ds: raw(ds, 0x00120063, "LO", f"by hand for {NAME}".encode()),
    "character set": lambda ds: raw(ds, 0x00080005, "CS", NAME.encode()),
    "colour profile": lambda ds: raw(ds, 0x00282000, "OB", NAME.encode()),
    "birth date in another calendar": lambda ds: setattr(ds, "PatientBirthDateInAlternativeCalendar", NAME),
    "issuer of accession number": lambda ds: items(ds, "IssuerOfAccessionNumberSequence", LocalNamespaceEntityID=NAME),
    "lookup table explanation": lambda ds: items(ds, "VOILUTSequence", LUTExplanation=f"for {NAME}"),
    "histogram explanation": lambda ds: items(ds, "HistogramSequence", HistogramExplanation=NAME),
    "ideographic name": lambda ds: setattr(ds, "PatientName", f"A^B={NAME}^B={NAME}"),
    "file meta titles": file_meta_titles,
    "file meta implementation": lambda ds: setattr(ds.file_meta, "ImplementationVersionName", NAME),
}

STOPPED = frozenset({"unsigned short", "decimal string"})
"""Places where an identifier cannot be told from a value: the second look may stop the file."""
