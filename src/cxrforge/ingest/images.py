"""What ingest needs from the header of one image, and what speaks against taking the image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from cxrforge.dicom.attributes import day, number, text
from cxrforge.dicom.identifiers import known_from_dataset
from cxrforge.imaging.facts import image_facts
from cxrforge.ingest.studies import ImageKey
from cxrforge.records import ImageFacts, Issue, KnownIdentifiers

DICOMDIR_CLASS = "1.2.840.10008.1.3.10"  # Media Storage Directory Storage
PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
"""Float Pixel Data, Double Float Pixel Data, Pixel Data."""
UNDEFINED_LENGTH = 0xFFFFFFFF
NATIVE = frozenset(("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"))
"""Transfer syntaxes whose pixel data is not encapsulated (PS3.5 A.1 to A.5)."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """The keys, facts and known identifiers of one image; all but `facts` identifies and is not shown by `repr`.

    `study_date` is YYYYMMDD or empty.
    """

    sop_instance_uid: str = field(repr=False)
    series_uid: str = field(repr=False)
    study_uid: str = field(repr=False)
    accession_number: str = field(repr=False)
    patient_id: str = field(repr=False)
    issuer: str = field(repr=False)
    study_date: str = field(repr=False)
    study_time: str = field(repr=False)
    facts: ImageFacts
    known: KnownIdentifiers

    def key(self, id: str, content: str) -> ImageKey:
        """Return what grouping needs, under an opaque `id`."""
        return ImageKey(
            id,
            content,
            self.sop_instance_uid,
            self.study_uid,
            self.accession_number,
            self.patient_id,
            self.issuer,
            self.study_date,
        )


def is_dicomdir(ds: Dataset) -> bool:
    """Tell whether the object is the index of a DICOM medium (PS3.3 F)."""
    meta = getattr(ds, "file_meta", None) or Dataset()
    return DICOMDIR_CLASS in (text(meta, "MediaStorageSOPClassUID"), text(ds, "SOPClassUID")) or (
        "DirectoryRecordSequence" in ds
    )


def is_image(ds: Dataset) -> bool:
    """Tell whether the object is meant to hold pixels, present or not."""
    return any(tag in ds for tag in PIXELS) or "Image Storage" in UID(text(ds, "SOPClassUID")).name


def read_header(ds: Dataset) -> tuple[ImageHeader, tuple[Issue, ...]]:
    """Return the header of an image, and every issue that turns the image away."""
    facts = image_facts(ds)
    study_day = day(ds, "StudyDate")
    header = ImageHeader(
        sop_instance_uid=text(ds, "SOPInstanceUID"),
        series_uid=text(ds, "SeriesInstanceUID"),
        study_uid=text(ds, "StudyInstanceUID"),
        accession_number=text(ds, "AccessionNumber"),
        patient_id=text(ds, "PatientID"),
        issuer=text(ds, "IssuerOfPatientID"),
        study_date="{:04}{:02}{:02}".format(*study_day) if study_day else "",
        study_time=text(ds, "StudyTime"),
        facts=facts,
        known=known_from_dataset(ds),
    )
    return header, tuple(_issues(ds, header))


def _issues(ds: Dataset, header: ImageHeader) -> Iterator[Issue]:
    uids = (header.study_uid, header.series_uid, header.sop_instance_uid)
    if not all(re.fullmatch(r"[0-9][0-9.]{0,63}", uid) for uid in uids):
        yield Issue("dicom-no-uid")
    if not _is_readable(header.facts.transfer_syntax_uid):
        yield Issue("dicom-transfer-syntax")
    short = _missing_pixels(ds, header.facts)
    if short:
        yield short


def _is_readable(transfer_syntax: str) -> bool:
    """Tell whether pixel data in this transfer syntax can be decoded here."""
    if transfer_syntax in NATIVE:
        return True
    try:
        return bool(get_decoder(UID(transfer_syntax)).is_available)
    except NotImplementedError:
        return False


def _missing_pixels(ds: Dataset, facts: ImageFacts) -> Issue | None:
    """Return the issue of an image that has no pixels, or fewer than its header says."""
    # values() gives elements as they were read; asking by keyword would load the pixels
    element = next((element for element in ds.values() if element.tag in PIXELS), None)
    if element is None or facts.kind == "not-an-image" or facts.rows <= 0 or facts.columns <= 0:
        return Issue("pixels-missing")
    length = getattr(element, "length", None)
    if length is None:
        length = len(element.value or b"")
    if length == 0:
        return Issue("pixels-missing")
    samples = facts.rows * facts.columns * facts.frames * max(1, number(ds, "SamplesPerPixel", 1))
    needed = (samples * facts.bits_allocated + 7) // 8
    if facts.photometric_interpretation == "YBR_FULL_422":
        needed = needed * 2 // 3  # PS3.3 C.7.6.3.1.2: chrominance is stored for every other column
    if facts.transfer_syntax_uid in NATIVE and length != UNDEFINED_LENGTH and length < needed:
        return Issue("pixels-short", f"expected {needed} bytes, found {length}")
    return None
