"""Names in every character set are found, and clinical words in every character set stay."""

from __future__ import annotations

import struct
from pathlib import Path

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import make_policy
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.validation.planting import base, file_bytes

SETS = {
    "latin 1": ("ISO_IR 100", "Müllerström", "latin-1"),
    "latin 2": ("ISO_IR 101", "Wiśniewska", "iso8859-2"),
    "greek": ("ISO_IR 126", "Παπαδόπουλος", "iso8859-7"),
    "cyrillic": ("ISO_IR 144", "Преображенская", "iso8859-5"),
    "utf-8": ("ISO_IR 192", "Żółkiewski", "utf-8"),
    "gb18030": ("GB18030", "欧阳明月", "gb18030"),
    "japanese": ("\\ISO 2022 IR 87", "山田太郎子", "iso2022_jp"),
    "korean": ("\\ISO 2022 IR 149", "김희중박", None),
    "declared nothing, is utf-8": ("", "Müllerström", "utf-8"),
    "declared latin 1, is utf-8": ("ISO_IR 100", "Müllerström", "utf-8"),
    "declared utf-8, is latin 1": ("ISO_IR 192", "Müllerström", "latin-1"),
    "declared rubbish": ("ISO_IR 999", "Müllerström", "latin-1"),
}


def encoded(text: str, codec: str | None) -> bytes:
    return b"\x1b$)C" + text.encode("euc_kr") if codec is None else text.encode(codec)


def element(ds: pydicom.Dataset, tag: int, vr: str, value: bytes) -> None:
    value += b" " * (len(value) % 2)
    ds[tag] = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)


@pytest.mark.parametrize("case", SETS)
def test_a_name_is_removed_and_the_words_around_it_stay(case: str, tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    charset, name, codec = SETS[case]
    ds, raw = base(), encoded(name, codec)
    if charset:
        element(ds, 0x00080005, "CS", charset.encode())
    stand_in = b"@" * len(raw)  # pydicom would mend a wrong declaration while it writes
    element(ds, 0x00100010, "PN", stand_in)
    element(ds, 0x00081030, "LO", b"Chest PA " + stand_in)
    element(ds, 0x00080070, "LO", stand_in + b" Imaging")
    source = file_bytes(ds).replace(stand_in, raw)
    result = deidentify_object(
        source, tmp_path / "out.dcm", policy=make_policy(["clean-descriptors"]), pseudonyms=pseudonyms
    )
    assert result.written, result.issues
    assert name in result.known.patient_names
    data = (tmp_path / "out.dcm").read_bytes()
    for codec_tried in ("utf-8", "latin-1", "utf-16-le", "gb18030", "iso8859-2", "iso8859-5", "iso8859-7"):
        assert name not in data.decode(codec_tried, "ignore")
    assert raw not in data
    out = pydicom.dcmread(tmp_path / "out.dcm")
    assert out.StudyDescription == "Chest PA"
    assert name not in str(out.Manufacturer)


@pytest.mark.parametrize("case", ["latin 1", "utf-8", "declared nothing, is utf-8", "declared rubbish"])
def test_words_with_accents_stay_readable(case: str, tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    charset, _, codec = SETS[case]
    ds = base()
    if charset:
        element(ds, 0x00080005, "CS", charset.encode())
    element(ds, 0x00081030, "LO", encoded("Röntgen Thorax Übersicht", codec))
    deidentify_object(
        file_bytes(ds), tmp_path / "out.dcm", policy=make_policy(["clean-descriptors"]), pseudonyms=pseudonyms
    )
    assert pydicom.dcmread(tmp_path / "out.dcm").StudyDescription == "Röntgen Thorax Übersicht"


def test_an_items_own_character_set_is_honoured(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = base()
    ds.SpecificCharacterSet = "ISO_IR 192"
    own = struct.pack("<HH2sH", 8, 5, b"CS", 10) + b"ISO_IR 100"
    meaning = "Röntgen ".encode("latin-1")
    own += struct.pack("<HH2sH", 8, 0x104, b"LO", len(meaning)) + meaning
    ds.ProcedureCodeSequence = []
    data = file_bytes(ds).replace(
        struct.pack("<HH2sHL", 8, 0x1032, b"SQ", 0, 0),
        struct.pack("<HH2sHLHHL", 8, 0x1032, b"SQ", 0, len(own) + 8, 0xFFFE, 0xE000, len(own)) + own,
    )
    deidentify_object(data, tmp_path / "out.dcm", policy=make_policy([]), pseudonyms=pseudonyms)
    assert pydicom.dcmread(tmp_path / "out.dcm").ProcedureCodeSequence[0].CodeMeaning == "Röntgen"
