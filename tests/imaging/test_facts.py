"""What a header says, however badly it says it."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imaging_factory import header
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from cxrforge.imaging.facts import image_facts
from cxrforge.imaging.header_view import words_tell
from cxrforge.imaging.screening import screen
from cxrforge.records import ImageFacts


def code(value: str) -> Sequence:
    item = Dataset()
    item.CodeValue = value
    return Sequence([item])


@pytest.mark.parametrize(
    ("description", "view"),
    [
        ("Chest PA", "PA"),
        ("Rx Tórax póstero-anterior", "PA"),
        ("Thorax p.a. im Stehen", "PA"),
        ("Thorax seitlich", "LATERAL"),
        ("Radiographie thorax de profil", "LATERAL"),
        ("Tórax perfil", "LATERAL"),
        ("Torace latero-laterale", "LATERAL"),
        ("X-thorax dwars", "LATERAL"),
        ("Klatka piersiowa tylno-przednia", "PA"),
        ("Klatka piersiowa boczne", "LATERAL"),
        ("Thorax antéro-postérieur alité", "AP"),
        ("Chest AP Supine", "AP"),
        ("Thorax L", "LATERAL"),
        ("Chest L Smith", None),
        ("Thorax PA/LL", None),
        ("Chest left lateral decubitus", "OTHER"),
        ("Radiographie thorax décubitus dorsal", None),
        ("Chest lordotic", "OTHER"),
        ("Chest frontal", "FRONTAL"),
        ("Papaya lapse", None),
        ("", None),
    ],
)
def test_words_of_eight_languages_tell_the_view(description: str, view: str | None) -> None:
    assert words_tell(description) == view


def test_view_position_is_trusted_before_words_and_a_contradiction_is_named() -> None:
    facts = image_facts(header(ViewPosition="PA", SeriesDescription="Chest AP portable"))
    assert (facts.view, facts.view_source, facts.view_contradicted_by) == ("PA", "ViewPosition", "SeriesDescription")


def test_two_coded_attributes_against_each_other_tell_no_view() -> None:
    facts = image_facts(header(ViewPosition="PA", ViewCodeSequence=code("399173006")))
    assert facts.view is None and facts.view_contradicted_by == "ViewCodeSequence"


def test_a_view_code_of_either_scheme_tells_the_view() -> None:
    for value in ("272479007", "R-10214"):
        facts = image_facts(header(ViewPosition=None, ViewCodeSequence=code(value)))
        assert (facts.view, facts.view_source) == ("PA", "ViewCodeSequence")


def test_patient_orientation_tells_laterals_only() -> None:
    assert image_facts(header(ViewPosition=None, PatientOrientation=["A", "F"])).view == "LATERAL"
    assert image_facts(header(ViewPosition=None, PatientOrientation=["L", "F"])).view is None


def test_the_study_description_never_contradicts_an_image() -> None:
    facts = image_facts(header(ViewPosition="LL", StudyDescription="Chest PA"))
    assert (facts.view, facts.view_contradicted_by) == ("LATERAL", "")


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({}, "primary"),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, "primary"),
        ({"ImageType": ["DERIVED", "SECONDARY"]}, "derived"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1.1"}, "for-processing"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1", "PresentationIntentType": "FOR PROCESSING"}, "for-processing"),
        ({"SeriesDescription": "Chest PA Bone Suppressed"}, "bone-suppressed"),
        ({"ProtocolName": "DUAL-ENERGY Chest"}, "dual-energy"),
        ({"ImageType": ["DERIVED", "PRIMARY", "SOFT_TISSUE"]}, "dual-energy"),
        ({"DerivationDescription": "CAD marks"}, "cad"),
        ({"DerivationDescription": "JPEG 2000 irreversible (lossy) 10:1"}, "primary"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary-capture"),
        ({"ConversionType": "DF"}, "secondary-capture"),
        ({"Rows": None}, "not-an-image"),
    ],
)
def test_the_kind_of_object_is_told_from_the_header(attributes: dict, kind: str) -> None:
    assert image_facts(header(**attributes)).kind == kind


@pytest.mark.parametrize(
    ("attributes", "part"),
    [
        ({"BodyPartExamined": "THORAX"}, "CHEST"),
        ({"BodyPartExamined": "TSPINE"}, "TSPINE"),
        ({"BodyPartExamined": "Thoracic spine"}, "THORACIC SPINE"),
        ({"BodyPartExamined": None, "SeriesDescription": "Klatka piersiowa PA"}, "CHEST"),
        ({"BodyPartExamined": "Mrs Example of Ward 7"}, None),
        ({"BodyPartExamined": "CHEST ABDOMEN"}, None),
        ({"BodyPartExamined": "HIP", "AnatomicRegionSequence": code("51185008")}, "CHEST"),
        ({"PatientSpeciesDescription": "Canine species"}, "ANIMAL"),
        ({"PatientSpeciesDescription": "Homo sapiens"}, "CHEST"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_the_body_part_is_a_table_word_or_nothing(attributes: dict, part: str | None) -> None:
    assert image_facts(header(**attributes)).body_part == part


@pytest.mark.parametrize(
    ("attributes", "years"),
    [
        ({"PatientAge": "029Y"}, 29),
        ({"PatientAge": "018M"}, 1),
        ({"PatientAge": "006W"}, 0),
        ({"PatientAge": "62"}, 62),
        ({"PatientAge": "999Y"}, None),
        ({"PatientBirthDate": "20000301", "StudyDate": "20180228"}, 17),
        ({"PatientBirthDate": "20000301", "StudyDate": "20180301"}, 18),
        ({"PatientBirthDate": "20200301", "StudyDate": "20180301"}, None),
        ({"PatientBirthDate": "20000301"}, None),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_age_is_whole_years_from_age_or_dates(attributes: dict, years: int | None) -> None:
    assert image_facts(header(**attributes)).age_years == years


def test_an_unknown_manufacturer_is_other_and_a_serial_like_model_is_dropped() -> None:
    facts = image_facts(header(Manufacturer="Dr Example's own", ManufacturerModelName="X 12345678"))
    assert (facts.manufacturer, facts.model) == ("Other", None)


def test_posture_comes_from_words_and_codes() -> None:
    assert image_facts(header(SeriesDescription="Thorax liegend")).recumbent is True
    assert image_facts(header(SeriesDescription="Tórax de pie")).recumbent is False
    assert image_facts(header(PatientOrientationCodeSequence=code("102538003"))).recumbent is True
    assert image_facts(header()).recumbent is None


KEYWORDS = ("Rows", "BitsStored", "PatientAge", "StudyDate", "ViewPosition", "ImageType", "NumberOfFrames",
            "Manufacturer", "ViewCodeSequence", "PatientOrientation", "InstanceNumber", "BodyPartExamined")  # fmt: skip


VALUES = st.one_of(
    st.text(max_size=20), st.binary(max_size=20), st.integers(), st.lists(st.text(max_size=5), max_size=3), st.none()
)


@given(st.dictionaries(st.sampled_from(KEYWORDS), VALUES, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.filterwarnings("ignore")
def test_no_value_makes_the_facts_raise(values: dict) -> None:
    ds = header()
    for keyword, value in values.items():
        try:
            ds.add_new(keyword, pydicom.datadict.dictionary_VR(keyword), value)
        except Exception:
            continue
    assert isinstance(image_facts(ds), ImageFacts)


def test_reading_warns_of_nothing_because_warnings_quote_values(recwarn: pytest.WarningsRecorder) -> None:
    ds = header()
    tag = pydicom.tag.Tag("PatientAge")
    ds._dict[tag] = pydicom.dataelem.RawDataElement(tag, "AS", 12, b"Mrs^Example ", 0, False, True)
    assert image_facts(ds).age_years is None
    assert not recwarn.list


def test_raw_bytes_of_any_length_do_not_make_the_facts_raise() -> None:
    for vr, raw in (("US", b"\x01"), ("SQ", b"\xfe\xff"), ("IS", b"1e999"), ("DS", b"\\\\"), ("CS", b"\xff\xfe")):
        ds = header()
        for keyword in ("Rows", "InstanceNumber", "ViewCodeSequence", "PatientAge"):
            tag = pydicom.tag.Tag(keyword)
            ds._dict[tag] = pydicom.dataelem.RawDataElement(tag, vr, len(raw), raw, 0, False, True)
        assert isinstance(image_facts(ds), ImageFacts)


def test_exactly_the_eight_fit_images_of_the_real_export_pass_and_all_views_agree_with_the_truth(
    shared_data: Path,
) -> None:
    truth = {
        f["file"]: f
        for study in json.loads((shared_data / "site-export/truth.json").read_text())
        for f in study["files"]
    }
    passed = set()
    for path in (shared_data / "site-export/export/dicom").rglob("IM*"):
        facts = image_facts(pydicom.dcmread(path, stop_before_pixels=True))
        wanted = {"L": "LATERAL", "AP Supine": "AP"}.get(truth[path.name]["view"], truth[path.name]["view"])
        assert facts.view == wanted
        codes = {issue.code for issue in screen(facts)}
        if not codes - {"image-view-derived"}:
            passed.add(path.name)
    assert passed == {
        name for name, row in truth.items() if row["bits"] >= 12 and min(row["rows"], row["columns"]) >= 2048
    }
    assert len(passed) == 8 and len(truth) == 47


def test_every_real_dicom_file_gets_facts_and_none_of_them_is_fit(shared_data: Path) -> None:
    """None of these is a native chest PA of 2048 by 2048 in 12 bit."""
    files = sorted((shared_data / "dicom").rglob("*.dcm"))
    assert len(files) > 20
    for path in files:
        facts = image_facts(pydicom.dcmread(path, stop_before_pixels=True, force=True))
        assert screen(facts), path.name
        assert facts.manufacturer in {None, "Agfa", "Fujifilm", "Philips", "Siemens Healthineers", "Toshiba", "Other"}
