"""Text of sequence items is read in the character set of the data set around them (PS3.5 7.5.3)."""

from __future__ import annotations

import io

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from cxrforge.dicom.identifiers import known_from_dataset
from cxrforge.dicom.reading import read_object


@pytest.mark.parametrize("charset", ["ISO_IR 100", "ISO_IR 192"])
def test_names_and_places_inside_sequences_keep_their_letters(charset: str) -> None:
    ds, item = Dataset(), Dataset()
    ds.SpecificCharacterSet = charset
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.3"
    ds.InstitutionName = "Klinikum Grübenau"
    item.ReferringPhysicianName, item.InstitutionName = "Müller^Jörg", "Spital Möhr"
    ds.ReferencedStudySequence = Sequence([item])
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, "1.2.3"
    ds.file_meta.TransferSyntaxUID = UID(ExplicitVRLittleEndian)
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True, implicit_vr=False, little_endian=True)
    known = known_from_dataset(read_object(out.getvalue()))
    assert known.staff_names == ("Müller^Jörg",)
    assert set(known.institutions) == {"Klinikum Grübenau", "Spital Möhr"}
