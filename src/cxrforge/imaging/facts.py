"""What a radiograph's header says: kind, view, body part, device, matrix, depth, age. Never raises on bad values."""

from __future__ import annotations

import re

from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset

from cxrforge.imaging.attributes import codes, day, items, number, text, texts, year
from cxrforge.imaging.header_view import DESCRIBED, view_of
from cxrforge.records import ImageFacts
from cxrforge.tables import bodyparts, derivatives, vendors, views
from cxrforge.tables.words import fold, has_phrase, phrases_in

CR_STORAGE = "1.2.840.10008.5.1.4.1.1.1"
DX_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1"
DX_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
SECONDARY_CAPTURE = tuple(f"1.2.840.10008.5.1.4.1.1.7{suffix}" for suffix in ("", ".1", ".2", ".3", ".4"))

LOSSY_TRANSFER_SYNTAXES = frozenset(
    {
        "1.2.840.10008.1.2.4.50",  # JPEG Baseline
        "1.2.840.10008.1.2.4.51",  # JPEG Extended
        "1.2.840.10008.1.2.4.81",  # JPEG-LS Near-Lossless
        "1.2.840.10008.1.2.4.203",  # HTJ2K that may be lossy
    }
)
"""Transfer syntaxes that compress with loss by definition (PS3.5 A.4); JPEG 2000 `.91` may be either and is told by
(0028,2110) Lossy Image Compression."""

_MODEL = re.compile(r"[A-Za-z0-9 .,+/_()\-]{1,64}")


def image_facts(ds: Dataset) -> ImageFacts:
    """Return the facts of one object's header; malformed values count as absent."""
    with disable_value_validation():  # pydicom's warnings would quote the values
        return _facts(ds)


def _facts(ds: Dataset) -> ImageFacts:
    view = view_of(ds)
    sop_class = text(ds, "SOPClassUID")
    transfer_syntax = text(getattr(ds, "file_meta", None) or Dataset(), "TransferSyntaxUID")
    return ImageFacts(
        sop_class_uid=sop_class if re.fullmatch(r"[0-9.]{1,64}", sop_class) else "",
        modality=_coded(text(ds, "Modality")),
        kind=_kind(ds, sop_class),
        view=view.view,
        view_source=view.source,
        body_part=_body_part(ds),
        rows=number(ds, "Rows"),
        columns=number(ds, "Columns"),
        bits_stored=number(ds, "BitsStored"),
        bits_allocated=number(ds, "BitsAllocated"),
        photometric_interpretation=_coded(text(ds, "PhotometricInterpretation")),
        transfer_syntax_uid=transfer_syntax if re.fullmatch(r"[0-9.]{1,64}", transfer_syntax) else "",
        presentation_intent=_intent(ds, sop_class),
        image_type=tuple(_coded(part) for part in texts(ds, "ImageType")),
        frames=max(1, number(ds, "NumberOfFrames", 1)),
        lossy=text(ds, "LossyImageCompression") == "01" or transfer_syntax in LOSSY_TRANSFER_SYNTAXES,
        manufacturer=vendors.normalise(text(ds, "Manufacturer")),
        model=_model(ds),
        year=next((found for key in _DATES if (found := year(ds, key))), None),
        age_years=_age(ds),
        sex=sex if (sex := text(ds, "PatientSex").upper()) in ("M", "F", "O") else None,
        recumbent=_recumbent(ds),
        instance_number=found_number if (found_number := number(ds, "InstanceNumber", -1)) >= 0 else None,
        view_contradicted_by=view.contradicted_by,
    )


_DATES = ("AcquisitionDate", "AcquisitionDateTime", "SeriesDate", "StudyDate", "ContentDate")


def _coded(raw: str) -> str:
    """Keep a code string only if it looks like one: upper case letters, digits, space, underscore (PS3.5 CS)."""
    upper = raw.upper()
    return upper if re.fullmatch(r"[A-Z][A-Z0-9_ ]{0,15}", upper) else ""


def _intent(ds: Dataset, sop_class: str) -> str | None:
    if sop_class in (DX_FOR_PRESENTATION, DX_FOR_PROCESSING):
        return "FOR PROCESSING" if sop_class == DX_FOR_PROCESSING else "FOR PRESENTATION"
    told = text(ds, "PresentationIntentType").upper()
    return told if told in ("FOR PRESENTATION", "FOR PROCESSING") else None


def _kind(ds: Dataset, sop_class: str) -> str:
    """Tell what the object is; DERIVED\\PRIMARY is how most CR readers mark the processed exposure itself."""
    if number(ds, "Rows") <= 0 or number(ds, "Columns") <= 0 or number(ds, "BitsAllocated") <= 0:
        return "not-an-image"
    image_type = texts(ds, "ImageType")
    words = [fold(text(ds, keyword)) for keyword in (*DESCRIBED, "DerivationDescription")]
    for row in derivatives.load():
        if row.image_type.intersection(part.upper() for part in image_type[1:]) or any(
            has_phrase(description, phrase) for description in words for phrase in row.description
        ):
            return row.kind
    if sop_class in SECONDARY_CAPTURE or text(ds, "ConversionType"):
        return "secondary-capture"
    if _intent(ds, sop_class) == "FOR PROCESSING":
        return "for-processing"
    if len(image_type) > 1 and image_type[1].upper() != "PRIMARY":
        return "derived"
    return "primary"


def _body_part(ds: Dataset) -> str | None:
    """Return CHEST, ANIMAL, a table word for another part, or None where nothing tells or two parts are told."""
    table = bodyparts.load()
    descriptions = [fold(text(ds, key)) for key in (*DESCRIBED, "StudyDescription")]
    species = fold(text(ds, "PatientSpeciesDescription"))
    species_codes = codes(ds, "PatientSpeciesCodeSequence")
    if (species and not any(has_phrase(species, word) for word in table.human)) or (
        species_codes and not table.human_codes.intersection(species_codes)
    ):
        return "ANIMAL"
    if any(has_phrase(description, word) for description in descriptions for word in table.animal):
        return "ANIMAL"
    if table.chest_codes.intersection(codes(ds, "AnatomicRegionSequence")):
        return "CHEST"
    for source in (fold(text(ds, "BodyPartExamined")), *descriptions):
        found = phrases_in(source, (*table.chest, *table.elsewhere))
        elsewhere = [phrase for phrase in found if phrase in table.elsewhere]
        if found:
            both = 0 < len(elsewhere) < len(found)
            return None if both else elsewhere[0].upper() if elsewhere else "CHEST"
    return None


def _model(ds: Dataset) -> str | None:
    """Keep a model name that looks like one; long digit runs could be a serial number."""
    raw = text(ds, "ManufacturerModelName")
    return raw if _MODEL.fullmatch(raw) and not re.search(r"\d{6,}", raw) else None


def _age(ds: Dataset) -> int | None:
    """Return whole years from (0010,1010) Patient's Age, else from birth date and date of acquisition."""
    told = re.fullmatch(r"(\d{1,3})([DWMY]?)", text(ds, "PatientAge").upper())
    if told:
        count = int(told[1])
        years = {"D": count // 365, "W": count * 7 // 365, "M": count // 12}.get(told[2], count)
        return years if years <= 130 else None
    born = day(ds, "PatientBirthDate")
    taken = next((found for key in _DATES if (found := day(ds, key))), None)
    if not born or not taken:
        return None
    years = taken[0] - born[0] - (taken[1:] < born[1:])
    return years if 0 <= years <= 130 else None


def _recumbent(ds: Dataset) -> bool | None:
    table = views.load()
    for item in items(ds, "PatientOrientationCodeSequence"):
        for code in (text(item, "CodeValue"), *codes(item, "PatientOrientationModifierCodeSequence")):
            if code in table.posture_code:
                return table.posture_code[code]
    for keyword in (*DESCRIBED, "StudyDescription"):
        description = fold(text(ds, keyword))
        told = {lying for word, lying in table.posture.items() if has_phrase(description, word)}
        if len(told) == 1:
            return told.pop()
    return None
