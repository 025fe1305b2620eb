"""Identifiers in places where de-identifiers forget to look: not one comes out."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from planting import base, file_bytes
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import DEFAULT_OPTIONS, make_policy
from cxrforge.pseudonym import Pseudonymizer

NAME, NUMBER = "Wolkenstein", "83726154"
SECRETS = (b"Wolkenstein", b"WOLKENSTEIN", b"wolkenstein", b"83726154", "Wolkenstein".encode("utf-16-le"))


def raw(ds: Dataset, tag: int, vr: str, value: bytes) -> None:
    """Put an element into `ds` as bytes, whatever they are."""
    value += b" " * (len(value) % 2)
    ds[tag] = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)


def identity() -> Dataset:
    ds = base()
    ds.PatientName, ds.PatientID = f"{NAME}^Adele", NUMBER
    return ds


def items(ds: Dataset, keyword: str, **values: object) -> None:
    inner = Dataset()
    for name, value in values.items():
        setattr(inner, name, value)
    setattr(ds, keyword, Sequence([inner]))


def private_sequence(ds: Dataset) -> None:
    block = ds.private_block(0x0011, "HOUSE", create=True)
    inner = Dataset()
    inner.PatientName = NAME
    block.add_new(1, "SQ", Sequence([inner]))


def private_in_public_sequence(ds: Dataset) -> None:
    items(ds, "ViewCodeSequence", CodeValue="399348003", CodingSchemeDesignator="SCT", CodeMeaning="postero-anterior")
    ds.ViewCodeSequence[0].private_block(0x0019, "HOUSE", create=True).add_new(2, "LO", NAME)


def original_attributes(ds: Dataset) -> None:
    inner, modified = Dataset(), Dataset()
    modified.PatientName = NAME
    inner.ModifiedAttributesSequence = Sequence([modified])
    inner.SourceOfPreviousValues = NAME
    ds.OriginalAttributesSequence = Sequence([inner])


def hidden_sequence(ds: Dataset) -> None:
    inner = struct.pack("<HHL", 0x0010, 0x0010, 12) + b"Wolkenstein "
    raw(ds, 0x00081115, "UN", struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner)


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
    "method of an earlier gateway": lambda ds: setattr(ds, "DeidentificationMethod", f"by hand for {NAME}"),
    "character set": lambda ds: raw(ds, 0x00080005, "CS", NAME.encode()),
    "colour profile": lambda ds: raw(ds, 0x00282000, "OB", NAME.encode()),
    "birth date in another calendar": lambda ds: setattr(ds, "PatientBirthDateInAlternativeCalendar", NAME),
    "issuer of accession number": lambda ds: items(ds, "IssuerOfAccessionNumberSequence", LocalNamespaceEntityID=NAME),
    "lookup table explanation": lambda ds: items(ds, "VOILUTSequence", LUTExplanation=f"for {NAME}"),
    "histogram explanation": lambda ds: items(ds, "HistogramSequence", HistogramExplanation=NAME),
    "ideographic name": lambda ds: setattr(ds, "PatientName", f"A^B={NAME}^B={NAME}"),
    "file meta titles": lambda ds: [
        setattr(ds.file_meta, k, NAME) for k in ("SourceApplicationEntityTitle", "SendingApplicationEntityTitle")
    ],
    "file meta implementation": lambda ds: setattr(ds.file_meta, "ImplementationVersionName", NAME),
}


def outcome(data: bytes, tmp_path: Path, pseudonyms: Pseudonymizer) -> bytes:
    result = deidentify_object(
        data, tmp_path / "out.dcm", policy=make_policy(DEFAULT_OPTIONS, "site"), pseudonyms=pseudonyms
    )
    assert result.written or [i.code for i in result.issues] == ["header-leak"], result.issues
    assert NAME not in repr(result)
    assert NUMBER not in repr(result)
    return (tmp_path / "out.dcm").read_bytes() if result.written else b""


@pytest.mark.parametrize("place", ODD)
def test_no_identifier_comes_out_of(place: str, tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = identity()
    ODD[place](ds)
    data = file_bytes(ds)
    assert any(secret in data for secret in SECRETS)
    out = outcome(data, tmp_path, pseudonyms)
    assert not [secret for secret in SECRETS if secret in out]
    stopped = {"unsigned short", "decimal string"}
    assert out or place in stopped, "only what cannot be told from a value may stop the file"


def test_preamble_is_emptied(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    data = bytearray(file_bytes(identity()))
    data[: len(NAME)] = NAME.encode()
    assert outcome(bytes(data), tmp_path, pseudonyms)[:128] == b"\0" * 128


def test_bytes_behind_the_pixel_data_go(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    out = outcome(file_bytes(identity()) + b"\xff\xff" + NAME.encode(), tmp_path, pseudonyms)
    assert out
    assert NAME.encode() not in out


def test_second_element_of_the_same_tag_goes(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = identity()
    pixels = file_bytes(ds)
    again = struct.pack("<HH2sH", 0x0008, 0x1030, b"LO", 12) + b"Wolkenstein "
    out = outcome(pixels + again, tmp_path, pseudonyms)
    assert out
    assert NAME.encode() not in out


def test_file_meta_private_information_goes(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = identity()
    ds.file_meta.PrivateInformationCreatorUID = "1.2.3"
    ds.file_meta.PrivateInformation = NAME.encode() + b"\0"
    out = outcome(file_bytes(ds), tmp_path, pseudonyms)
    assert out
    assert NAME.encode() not in out
