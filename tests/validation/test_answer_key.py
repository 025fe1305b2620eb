"""The scorer alone, on outputs whose faults are known."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from pydicom.dataset import Dataset

from cxrforge.validation.answer_key import ACTIONS, Answer, Expected, score
from cxrforge.validation.planting import base


def before() -> Dataset:
    ds = base()
    ds.StudyDescription, ds.StudyDate, ds.Rows, ds.Columns = "Chest Zqbase", "20200131", 4, 4
    return ds


def after() -> Dataset:
    ds = before()
    ds.PatientID, ds.StudyInstanceUID, ds.StudyDate, ds.StudyDescription = "P1", "2.25.1", "20200101", "Chest"
    return ds


def tally(made: Dataset | None, *expected: Expected, **more: Dataset):
    answers = [Answer("one", before(), made, expected)]
    answers += [Answer(name, before(), ds, expected) for name, ds in more.items()]
    return score(answers)


RIGHT = {
    "tag_retained": Expected("tag_retained", ("Modality",)),
    "text_notnull": Expected("text_notnull", ("PatientID",)),
    "text_retained": Expected("text_retained", ("StudyDescription",), "Chest"),
    "text_removed": Expected("text_removed", ("StudyDescription",), "Zqbase"),
    "date_shifted": Expected("date_shifted", ("StudyDate",), "20200131"),
    "uid_changed": Expected("uid_changed", ("StudyInstanceUID",), "1.2.826.0.1.3680043.778.2"),
    "uid_consistent": Expected("uid_consistent", ("StudyInstanceUID",), "1.2.826.0.1.3680043.778.2"),
    "patid_consistent": Expected("patid_consistent", ("PatientID",), "ZQBASE-4711"),
    "pixels_retained": Expected("pixels_retained", (0, 0, 4, 4)),
}


@pytest.mark.parametrize("action", RIGHT)
def test_what_is_right_counts(action: str) -> None:
    found = tally(after(), RIGHT[action])
    assert found.met and found.asked[action] >= 1


@pytest.mark.parametrize(
    "action", ["text_removed", "date_shifted", "uid_changed", "uid_consistent", "patid_consistent"]
)
def test_an_object_passed_on_as_it_was_fails(action: str) -> None:
    assert not tally(before(), RIGHT[action]).met


@pytest.mark.parametrize("action", ["tag_retained", "text_notnull", "text_retained"])
def test_an_emptied_object_fails(action: str) -> None:
    empty = Dataset()
    assert not tally(empty, RIGHT[action]).met


@pytest.mark.parametrize("action", RIGHT)
def test_an_object_turned_away_fails(action: str) -> None:
    assert not tally(None, RIGHT[action]).met


@pytest.mark.parametrize(
    ("action", "keyword"), [("uid_consistent", "StudyInstanceUID"), ("patid_consistent", "PatientID")]
)
def test_two_pseudonyms_for_one_original_fail(action: str, keyword: str) -> None:
    other = after()
    setattr(other, keyword, "2.25.77")
    assert not tally(after(), RIGHT[action], two=other).met


def test_one_pseudonym_for_two_originals_fails() -> None:
    answers = [
        Answer(name, before(), after(), [Expected("patid_consistent", ("PatientID",), name)]) for name in ("a", "b")
    ]
    assert not score(answers).met


def test_pixels_are_hidden_when_they_change_and_retained_when_they_do_not() -> None:
    changed = copy.deepcopy(after())
    values = np.frombuffer(changed.PixelData, "<u2").reshape(4, 4).copy()
    values[:2] = 0
    changed.PixelData = values.tobytes()
    found = tally(changed, Expected("pixels_hidden", (0, 0, 4, 2)), Expected("pixels_retained", (0, 2, 4, 2)))
    assert found.met
    assert not tally(after(), Expected("pixels_hidden", (0, 0, 4, 2))).met
    assert not tally(changed, Expected("pixels_retained", (0, 0, 4, 4))).met


def test_every_action_is_one_of_the_ten() -> None:
    assert set(RIGHT) | {"pixels_hidden"} == set(ACTIONS)
    with pytest.raises(ValueError, match="no such action"):
        tally(after(), Expected("text_polished", ("Modality",)))
