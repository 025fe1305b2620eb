"""What the image itself says of its view."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxrforge.imaging.view import features, judge_view, square


def grey(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def test_features_do_not_depend_on_exposure() -> None:
    image = np.random.default_rng(0).random((300, 200)).astype(np.float32)
    image = cv2.GaussianBlur(image, (0, 0), 8)
    one, other = features(square(image)), features(square(0.3 + 0.2 * image))
    assert np.abs(one - other).max() < 0.05


@pytest.mark.slow
def test_real_laterals_and_frontals_unseen_in_training_are_told_apart(shared_data: Path) -> None:
    rows = list(csv.DictReader((shared_data / "images/covid/metadata.csv").open()))
    laterals = [row for row in rows if row["view"] == "L"]
    frontals = [row for row in rows if row["view"] == "PA" and not row["license"].startswith("CC BY 3")][:60]
    wrong = [
        r
        for r in laterals + frontals
        if judge_view(grey(shared_data / "images/covid" / r["file"])).lateral != (r["view"] == "L")
    ]
    assert len(laterals) == 32 and len(wrong) <= 1


@pytest.mark.slow
def test_quarter_turns_and_mirroring_of_unseen_frontals_are_seen(shared_data: Path) -> None:
    right = []
    for path in sorted((shared_data / "images/openist").glob("*[0-9].jpg"))[:25]:
        image = grey(path)
        for quarter in range(4):
            right.append(judge_view(np.ascontiguousarray(np.rot90(image, -quarter))).turned == 90 * quarter)
        right.append(judge_view(np.ascontiguousarray(image[:, ::-1])).mirrored)
        right.append(not judge_view(image).mirrored)
    assert np.mean(right) >= 0.97
