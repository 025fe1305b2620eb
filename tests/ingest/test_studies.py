"""Images of one encounter make one study; images of two patients never do."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.ingest.pairing import DocumentKey, pair
from cxrforge.ingest.studies import ImageKey, group_studies

PA = ImageKey("pa", "c1", "1.1.1", "1.1", "A1", "4711", "NORTH", "20200101")
LATERAL = replace(PA, id="lateral", content="c2", sop_instance_uid="1.1.2")


def test_pa_and_lateral_of_one_uid_are_one_study() -> None:
    [encounter] = group_studies([PA, LATERAL]).encounters
    assert encounter.images == ("lateral", "pa")
    assert encounter.study_uids == ("1.1",)
    assert not encounter.issues


def test_pa_and_lateral_in_two_uids_of_one_accession_number_are_one_study() -> None:
    other_uid = replace(LATERAL, study_uid="1.2")
    [encounter] = group_studies([PA, other_uid]).encounters
    assert encounter.study_uids == ("1.1", "1.2")
    assert encounter.images == ("lateral", "pa")
    report = DocumentKey("R", study_uids=("1.2",))
    assert pair([encounter.key("S")], [report]).documents == {"S": ("R",)}


@pytest.mark.parametrize(
    "change",
    [
        {"accession_number": "A2"},
        {"accession_number": ""},
        {"patient_id": "4712"},
        {"issuer": "SOUTH"},
        {"study_date": "20200102"},
        {"study_date": ""},
    ],
)
def test_two_uids_that_differ_in_number_patient_or_date_stay_apart(change: dict[str, str]) -> None:
    assert len(group_studies([PA, replace(LATERAL, study_uid="1.2", **change)]).encounters) == 2


def test_different_patients_inside_one_uid_stop_the_study() -> None:
    [encounter] = group_studies([PA, replace(LATERAL, patient_id="4712")]).encounters
    assert [issue.code for issue in encounter.issues] == ["study-patient-conflict"]
    [encounter] = group_studies([PA, replace(LATERAL, issuer="SOUTH")]).encounters
    assert [issue.code for issue in encounter.issues] == ["study-patient-conflict"]


def test_an_image_without_patient_takes_the_one_of_its_study() -> None:
    [encounter] = group_studies([replace(PA, patient_id="", issuer=""), LATERAL]).encounters
    assert (encounter.patient_id, encounter.issuer, encounter.issues) == ("4711", "NORTH", ())


def test_a_study_without_any_patient_stops() -> None:
    [encounter] = group_studies([replace(PA, patient_id=" ")]).encounters
    assert [issue.code for issue in encounter.issues] == ["study-without-patient"]


def test_a_study_whose_images_disagree_on_the_date_has_none() -> None:
    [encounter] = group_studies([PA, replace(LATERAL, study_date="20200105")]).encounters
    assert encounter.study_date is None


def test_the_same_content_twice_is_taken_once() -> None:
    grouping = group_studies([replace(PA, id="copy"), PA])
    assert [e.images for e in grouping.encounters] == [("copy",)]
    assert grouping.turned_away["pa"].code == "duplicate-file"


def test_one_sop_uid_with_two_contents_stops_both() -> None:
    grouping = group_studies([PA, replace(PA, id="edited", content="c9"), LATERAL])
    assert {id: issue.code for id, issue in grouping.turned_away.items()} == dict.fromkeys(
        ("edited", "pa"), "sop-uid-conflict"
    )
    assert [e.images for e in grouping.encounters] == [("lateral",)]


def test_an_image_without_uid_is_turned_away() -> None:
    assert group_studies([replace(PA, study_uid="")]).turned_away["pa"].code == "dicom-no-uid"


def test_ids_must_be_distinct() -> None:
    with pytest.raises(ValueError, match="one id"):
        group_studies([PA, PA])


IMAGES = st.lists(
    st.builds(
        ImageKey,
        id=st.just(""),
        content=st.sampled_from("abcdef"),
        sop_instance_uid=st.sampled_from(("", "1", "2", "3", "4")),
        study_uid=st.sampled_from(("", "7.1", "7.2", "7.3")),
        accession_number=st.sampled_from(("", "A1", "A2")),
        patient_id=st.sampled_from(("", "1", "2")),
        issuer=st.sampled_from(("", "N", "S")),
        study_date=st.sampled_from(("", "20200101", "20200102")),
    ),
    max_size=8,
).map(lambda images: [replace(image, id=f"i{n}") for n, image in enumerate(images)])


@given(IMAGES)
def test_every_image_lands_exactly_once(images: list[ImageKey]) -> None:
    grouping = group_studies(images)
    placed = [id for encounter in grouping.encounters for id in encounter.images]
    assert sorted([*placed, *grouping.turned_away]) == sorted(image.id for image in images)


@given(IMAGES, st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(images: list[ImageKey], chance: random.Random) -> None:
    assert group_studies(chance.sample(images, len(images))) == group_studies(images)


@given(IMAGES)
def test_no_study_without_issue_mixes_patients(images: list[ImageKey]) -> None:
    by_id = {image.id: image for image in images}
    for encounter in group_studies(images).encounters:
        if not encounter.issues:
            people = {by_id[id].patient_id for id in encounter.images} - {""}
            assert people == {encounter.patient_id}
