"""Facts and headers for tests."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from cxrforge.records import ImageFacts

FIT: dict[str, Any] = {
    "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.1",
    "modality": "DX",
    "kind": "primary",
    "view": "PA",
    "view_source": "ViewPosition",
    "body_part": "CHEST",
    "rows": 3000,
    "columns": 2500,
    "bits_stored": 12,
    "bits_allocated": 16,
    "photometric_interpretation": "MONOCHROME2",
    "transfer_syntax_uid": "1.2.840.10008.1.2.1",
    "presentation_intent": "FOR PRESENTATION",
    "image_type": ("ORIGINAL", "PRIMARY"),
    "frames": 1,
    "lossy": False,
    "manufacturer": "Siemens Healthineers",
    "model": "Ysio Max",
    "year": 2018,
    "age_years": 50,
    "sex": "F",
    "recumbent": None,
    "instance_number": 1,
}


def fit_facts(**changes: Any) -> ImageFacts:
    """Facts of a PA radiograph that meets every criterion, with `changes`."""
    return ImageFacts(**(FIT | changes))


def header(**attributes: Any) -> Dataset:
    """A DX header that meets every criterion, with `attributes`; None takes one away."""
    values: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1",
        "Modality": "DX",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "Rows": 3000,
        "Columns": 2500,
        "BitsStored": 12,
        "BitsAllocated": 16,
        "PhotometricInterpretation": "MONOCHROME2",
        "Manufacturer": "SIEMENS",
    } | attributes
    ds = Dataset()
    for keyword, value in values.items():
        if value is not None:
            setattr(ds, keyword, value)
    return ds
