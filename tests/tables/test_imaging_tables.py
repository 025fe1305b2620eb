"""The tables that the imaging room reads."""

from __future__ import annotations

import pytest
from pydicom.sr import _concepts_dict
from pydicom.sr._snomed_dict import mapping

from cxrforge.tables import bodyparts, derivatives, vendors, views
from cxrforge.tables.words import fold, phrases_in


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("SIEMENS", "Siemens Healthineers"),
        ("Siemens Healthineers", "Siemens Healthineers"),
        ("SIEMENS HEALTHCARE GMBH", "Siemens Healthineers"),
        ("Philips Medical Systems", "Philips"),
        ('"GE Healthcare"', "GE HealthCare"),
        ("GE MEDICAL SYSTEMS", "GE HealthCare"),
        ("FUJIFILM Corporation", "Fujifilm"),
        ("FUJI PHOTO FILM Co., ltd.", "Fujifilm"),
        ("Canon Inc.", "Canon"),
        ("CANON_MEC", "Canon"),
        ("TOSHIBA_MEC", "Toshiba"),
        ("Agfa-Gevaert AG", "Agfa"),
        ("CARESTREAM HEALTH", "Carestream"),
        ("KODAK", "Carestream"),
        ("KONICA MINOLTA", "Konica Minolta"),
        ("Samsung Electronics", "Samsung"),
        ("SHIMADZU", "Shimadzu"),
        ("Genuine X-rays", "Other"),
        ("St. Example Hospital", "Other"),
        ("  ", None),
    ],
)
def test_manufacturers_are_counted_under_one_name(raw: str, name: str | None) -> None:
    assert vendors.normalise(raw) == name


def test_view_codes_are_the_standards() -> None:
    """Every SNOMED CT code stands in CID 4010 as pydicom carries it, and means what the table says."""
    meanings = {
        code: meaning.lower()
        for concepts in _concepts_dict.concepts["SCT"].values()
        for code, (meaning, cids) in concepts.items()
        if 4010 in cids
    }
    sct = mapping["SRT"]
    for code, view in views.load().code.items():
        if code == "R-10214":  # retired spelling of postero-anterior, kept by CID 4010 before edition 2017
            assert view == "PA"
            continue
        meaning = meanings[sct.get(code, code)]
        if view == "PA":
            assert meaning == "postero-anterior"
        elif view == "AP":
            assert meaning == "antero-posterior"
        elif view == "LATERAL":
            assert "lateral" in meaning and "oblique" not in meaning
        elif view == "FRONTAL":
            assert meaning == "frontal"
        else:
            assert any(word in meaning for word in ("oblique", "axial", "tangential"))


def test_folding_takes_accents_case_and_punctuation_away() -> None:
    assert fold("Póstero-Anterior  (RX) Płuc") == "postero anterior rx pluc"


def test_a_phrase_inside_a_longer_one_does_not_count() -> None:
    assert phrases_in("left lateral decubitus", ("lateral", "lateral decubitus")) == ("lateral decubitus",)


def test_every_table_loads() -> None:
    assert bodyparts.load().chest and derivatives.load() and vendors.load() and views.load()
