"""Lungs and heart: found, doubted, measured."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imaging_factory import fit_facts

from cxrforge.imaging.boxes import propose_boxes
from cxrforge.imaging.canvas import letterbox
from cxrforge.imaging.quality import judge_quality, rotation, sharpness
from cxrforge.imaging.segmentation import (
    HEART,
    LEFT_LUNG,
    RIGHT_LUNG,
    SIDE,
    Anatomy,
    anatomy_of,
    cardiothoracic_ratio,
    segment,
)

IMAGE = np.random.default_rng(0).random((960, 960)).astype(np.float32)


def shares(right_width: int = 50, left_width: int = 50, heart_width: int = 60) -> np.ndarray:
    """Class shares of two ellipses for lungs and one for the heart."""
    labels = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(labels, (60, 90), (right_width // 2, 60), 0, 0, 360, RIGHT_LUNG, -1)
    cv2.ellipse(labels, (132, 90), (left_width // 2, 60), 0, 0, 360, LEFT_LUNG, -1)
    cv2.ellipse(labels, (98, 110), (heart_width // 2, 28), 0, 0, 360, HEART, -1)
    return np.eye(5, dtype=np.float32)[labels].transpose(2, 0, 1)


def drawn(**widths: int) -> Anatomy:
    return anatomy_of(letterbox(IMAGE, SIDE), shares(**widths))


def test_a_believable_shape_is_trusted_and_boxes_come_in_image_pixels() -> None:
    found = drawn()
    assert found.trusted, found.doubts
    box = found.box("right_lung")
    assert box is not None and abs(box.x - (60 - 25) * 5) <= 5 and abs(box.h - 121 * 5) <= 10


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        (lambda s: s[[0, 2, 1, 3, 4]], "the parts are out of order"),
        (lambda s: np.concatenate([s[:1] + s[3:4], s[1:3], s[3:] * 0]), "a part is missing"),
        (lambda s: s * 0.3 + 0.14, "the network is unsure"),
    ],
)
def test_an_unbelievable_shape_is_doubted_and_gives_no_box(change, doubt: str) -> None:
    canvas = letterbox(np.random.default_rng(0).random((500, 500)).astype(np.float32), SIDE)
    found = anatomy_of(canvas, change(shares()).astype(np.float32))
    assert doubt in found.doubts
    assert found.box("heart") is None
    assert all(m.value is None and m.verdict == "review" for m in judge_quality(found, IMAGE, fit_facts()).values())


@given(st.integers(20, 90), st.integers(100, 180))
def test_the_ratio_is_the_hearts_width_over_the_thorax(heart: int, chest: int) -> None:
    lungs, inner = np.zeros((64, 192), bool), np.zeros((64, 192), bool)
    lungs[10:50, 2 : 2 + chest] = True
    inner[30:50, 10 : 10 + heart] = True
    assert cardiothoracic_ratio(lungs, inner) == pytest.approx(heart / chest)
    assert cardiothoracic_ratio(lungs, inner & False) is None


def test_the_ratio_of_outlines_drawn_by_people_is_reproduced(shared_data: Path) -> None:
    archive = np.load(shared_data / "images/landmarks/contours.npz")
    for name in sorted(key[2:] for key in archive.files if key.startswith("H/"))[:60]:
        parts = [archive[f"{kind}/{name}"] for kind in ("RL", "LL", "H")]
        size = int(max(p.max() for p in parts)) + 4
        masks = []
        for part in parts:
            canvas = np.zeros((size, size), np.uint8)
            cv2.fillPoly(canvas, [np.round(part).astype(np.int32)], 1)
            masks.append(canvas.astype(bool))
        wanted = np.ptp(parts[2][:, 0]) / np.ptp(np.vstack(parts[:2])[:, 0])
        assert cardiothoracic_ratio(masks[0] | masks[1], masks[2]) == pytest.approx(wanted, abs=0.01)


def test_a_narrower_lung_tells_rotation_by_its_sign() -> None:
    even, turned = drawn(), drawn(left_width=30)
    assert rotation(even.mask("right_lung"), even.mask("left_lung")) == pytest.approx(0, abs=0.02)
    assert rotation(turned.mask("right_lung"), turned.mask("left_lung")) > 0.15


def test_movement_lowers_the_sharpness() -> None:
    found = drawn()
    values = [sharpness(found, cv2.blur(IMAGE, (length, 1))) for length in (1, 3, 7)]
    assert values[0] > values[1] > values[2]


def test_verdicts_are_for_erect_adults_on_pa_images() -> None:
    found = drawn()
    for changes in ({"view": "AP"}, {"recumbent": True}, {"age_years": 9}):
        verdicts = judge_quality(found, IMAGE, fit_facts(**changes))
        assert {m.verdict for m in verdicts.values()} == {"review"}
    assert judge_quality(found, IMAGE, fit_facts())["rotation"].verdict == "pass"


def test_a_large_heart_is_proposed_only_where_the_report_says_so() -> None:
    found = drawn(heart_width=72)
    ratio = cardiothoracic_ratio(found.lungs(), found.mask("heart"))
    assert ratio is not None and ratio > 0.5
    assert propose_boxes(found, ratio, {"Cardiomegaly"})[0].box == found.box("heart")
    assert propose_boxes(found, ratio, {"Edema"}) == ()
    assert propose_boxes(found, ratio)[0].score < propose_boxes(found, ratio, {"Cardiomegaly"})[0].score
    assert propose_boxes(drawn(heart_width=40), 0.4) == ()


@pytest.mark.slow
def test_lungs_of_real_images_unseen_in_training_are_found(shared_data: Path) -> None:
    scores = []
    for row in list(csv.DictReader((shared_data / "images/segmentation/metadata.csv").open()))[:20]:
        image = cv2.imread(str(shared_data / "images/segmentation" / row["file"]), cv2.IMREAD_GRAYSCALE)
        truth = cv2.imread(str(shared_data / "images/segmentation" / row["mask"]), cv2.IMREAD_GRAYSCALE)
        found = segment(image.astype(np.float32) / 255)
        c = found.canvas
        truth = cv2.resize(
            truth, (round(c.columns * c.scale), round(c.rows * c.scale)), interpolation=cv2.INTER_NEAREST
        )
        inner = found.lungs()[c.top : c.top + truth.shape[0], c.left : c.left + truth.shape[1]]
        lungs = np.isin(truth, (1, 2))
        scores.append(2 * (inner & lungs).sum() / (inner.sum() + lungs.sum()))
    assert np.mean(scores) > 0.85
