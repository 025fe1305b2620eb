"""One object's pixels: examined, cleaned, looked at again."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom import dcmread, uid
from radiographs import radiograph, written

from cxrforge.dicom.pixel_data import decode
from cxrforge.pixels.redaction import PixelPolicy, make_redactor
from cxrforge.records import KnownIdentifiers

NOBODY = KnownIdentifiers()


def test_an_image_without_text_keeps_its_bytes() -> None:
    ds = radiograph()
    before = ds.PixelData
    outcome = make_redactor()(ds, NOBODY)
    assert outcome.examined and not outcome.changed and not outcome.issues
    assert ds.PixelData is before


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("frames", [1, 2])
def test_text_goes_from_every_frame_and_nothing_else_changes(photometric: str, frames: int) -> None:
    ds = radiograph({"MILLER ANNA": (60, 80)}, frames=frames, PhotometricInterpretation=photometric)
    before = decode(ds)
    outcome = make_redactor()(ds, NOBODY)
    assert outcome.changed and outcome.examined and not outcome.issues
    after = decode(ds)
    assert not (after[before == 4095] == 4095).any()
    inside = np.zeros(before.shape[1:], bool)
    for region in outcome.regions:
        x, y, w, h = region.box
        inside[y : y + h, x : x + w] = True
    assert inside.mean() < 0.06
    np.testing.assert_array_equal(after[:, ~inside], before[:, ~inside])


def test_side_and_position_markers_stay() -> None:
    ds = radiograph({"R": (60, 80), "SUPINE": (300, 80), "liegend": (60, 500)})
    before = ds.PixelData
    outcome = make_redactor()(ds, NOBODY)
    assert ds.PixelData is before
    assert {r.decision for r in outcome.regions} <= {"keep"}


def test_known_text_goes_at_any_confidence_even_when_misread() -> None:
    known = KnownIdentifiers(patient_names=("Wojciechowska^Barbara",))
    ds = radiograph({"W0JCIECH0VSKA": (60, 80)})
    outcome = make_redactor(PixelPolicy(readable=1.01))(ds, known)
    assert [r.reason for r in outcome.regions if r.decision == "redact"] == ["known"]


def test_pixels_that_cannot_be_read_are_an_issue() -> None:
    ds = radiograph(Rows=9999)
    outcome = make_redactor()(ds, NOBODY)
    assert not outcome.examined and outcome.issues[0].code == "dicom-undecodable"


def test_what_lies_above_bits_stored_is_cleared() -> None:
    ds = radiograph()
    hidden = np.frombuffer(ds.PixelData, np.uint16).reshape(600, 500).copy()
    hidden[written({"MILLER": (60, 80)}, hidden.shape)] |= 0xF000
    ds.PixelData = hidden.tobytes()
    values = decode(ds)
    outcome = make_redactor()(ds, NOBODY)
    assert [i.code for i in outcome.issues] == ["pixels-hidden-data"]
    assert np.frombuffer(ds.PixelData, np.uint16).max() < 4096
    np.testing.assert_array_equal(decode(ds), values)


@pytest.mark.parametrize("side", [1, 2, 16, 32])
def test_tiny_images_are_examined(side: int) -> None:
    ds = radiograph(shape=(side, side))
    outcome = make_redactor()(ds, NOBODY)
    assert outcome.examined and not outcome.changed


def test_colour_captures_are_cleaned() -> None:
    frame = np.full((200, 400, 3), 30, np.uint8)
    cv2.putText(frame, "DOE JANE 1970", (20, 100), cv2.FONT_HERSHEY_SIMPLEX, 1, (250, 250, 0), 2)
    ds = radiograph(
        shape=(200, 400), SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0,
        BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=frame.tobytes(),
    )  # fmt: skip
    outcome = make_redactor()(ds, NOBODY)
    assert outcome.changed and not (decode(ds) == 250).any()


def test_the_redactor_can_be_sent_to_another_process() -> None:
    redactor = make_redactor(PixelPolicy(keep_words=frozenset({"jk"})))
    assert pickle.loads(pickle.dumps(redactor)) == redactor


def test_no_representation_shows_what_was_read() -> None:
    outcome = make_redactor()(radiograph({"MILLER ANNA": (60, 80)}), NOBODY)
    assert "MILLER" not in repr(outcome)


def test_planted_words_of_the_real_burned_in_images_are_covered(shared_data: Path) -> None:
    ds = dcmread(shared_data / "dicom" / "presidio_0_ORIGINAL_compressed.dcm")
    before = decode(ds)
    outcome = make_redactor()(ds, NOBODY)
    after = decode(ds)
    assert outcome.changed and not outcome.issues
    assert ds.file_meta.TransferSyntaxUID == uid.RLELossless
    # The ink is stored as 0. The truth's boxes are given for an image padded by 25 pixels.
    assert (before[0, :100, :860] == 0).sum() > 12_000
    assert (after[0, :100, :860] == 0).sum() == 0
    kept = {r.text for r in outcome.regions if r.decision == "keep"}
    assert kept == {"Semi-Upright", "Portable", "L"}
    changed = before[0] != after[0]
    assert changed[:120].sum() == changed.sum()
