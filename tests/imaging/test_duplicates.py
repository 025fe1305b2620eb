"""One image is found again whatever was done to it; two images are not taken for one."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cxrforge.imaging.duplicates import Fingerprint, find_pairs, fingerprint


def scene(seed: int) -> np.ndarray:
    """A smooth picture of its own for each seed, 0..1."""
    rng = np.random.default_rng(seed)
    image = sum(gaussian_filter(rng.normal(size=(400, 360)), s) * s for s in (4, 9, 20))
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


CHANGES = {
    "smaller": lambda i: cv2.resize(i, (150, 170), interpolation=cv2.INTER_AREA),
    "gamma": lambda i: i**1.6,
    "window": lambda i: np.clip((i - 0.1) / 0.8, 0, 1),
    "crop": lambda i: i[7:-5, 4:-6],
    "inverted": lambda i: 1 - i,
    "mirrored": lambda i: np.ascontiguousarray(i[:, ::-1]),
    "mirrored and inverted": lambda i: np.ascontiguousarray(1 - i[:, ::-1]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_image_is_found_again_and_what_was_done_to_it_is_told(change: str) -> None:
    image = scene(1)
    pairs = list(find_pairs([fingerprint(scene(2)), fingerprint(image), fingerprint(CHANGES[change](image))]))
    assert [(p.first, p.second, p.confirmed) for p in pairs] == [(1, 2, True)]
    assert pairs[0].mirrored == ("mirrored" in change) and pairs[0].inverted == ("inverted" in change)


def test_different_images_are_not_taken_for_one() -> None:
    assert list(find_pairs([fingerprint(scene(seed)) for seed in range(20)])) == []


def test_pairs_among_those_known_are_left_out() -> None:
    prints = [fingerprint(scene(1))] * 2 + [fingerprint(scene(3))]
    assert list(find_pairs(prints, known=2)) == []
    assert len(list(find_pairs([prints[2], prints[0], prints[0]], known=2))) == 1


def test_a_fingerprint_survives_storage() -> None:
    made = fingerprint(scene(4))
    back = Fingerprint.from_bytes(made.to_bytes())
    assert (back.thumbnail == made.thumbnail).all() and np.allclose(back.straight, made.straight, rtol=1e-3, atol=1e-2)
    assert len(list(find_pairs([made, back]))) == 1


def test_images_that_two_real_sets_share_are_found_and_no_other_patients_are_confirmed(shared_data: Path) -> None:
    paths = [*sorted((shared_data / "images/nih").glob("*.png"))[:60]]
    shared = sorted((shared_data / "images/segmentation").glob("*.jpg"))[:12]
    twins = [shared_data / "images/covid" / p.name for p in shared if (shared_data / "images/covid" / p.name).is_file()]
    assert twins
    every = [*paths, *shared, *twins]
    prints = [fingerprint(cv2.imread(str(p), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255) for p in every]
    confirmed = {(p.first, p.second) for p in find_pairs(prints) if p.confirmed}
    wanted = {(i, j) for i, j in combinations(range(len(every)), 2) if every[i].name == every[j].name}
    assert wanted <= confirmed, "images of both sets"
    assert all(first >= len(paths) for first, _ in confirmed), "no radiograph of the other hospital"
