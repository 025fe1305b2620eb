"""How many grey levels are really used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from cxrforge.imaging.depth import effective_bits, judge_depth
from cxrforge.tables import issue_codes


def native(seed: int = 0, bits: int = 12) -> np.ndarray:
    """A smooth scene with quantum noise, recorded natively in `bits`."""
    rng = np.random.default_rng(seed)
    scene = gaussian_filter(rng.normal(size=(600, 500)), 40)
    scene = (scene - scene.min()) / np.ptp(scene) * 0.8 + 0.1
    values = (scene + rng.normal(0, 0.01, scene.shape)) * (2**bits - 1)
    return np.clip(values.round(), 0, 2**bits - 1).astype(np.int64)


def codes(stored: np.ndarray, bits_stored: int = 12) -> list[str]:
    return [issue.code for issue in judge_depth(effective_bits(stored), bits_stored)]


@given(st.integers(0, 50))
@settings(max_examples=12, deadline=None)
def test_native_images_pass_and_stretched_ones_never_do(seed: int) -> None:
    image = native(seed)
    eight = image >> 4
    rng = np.random.default_rng(seed)
    assert codes(image) == []
    assert codes(eight * 16) == ["image-depth-effective"]
    assert codes(np.round(eight * 4095 / 255).astype(int)) == ["image-depth-effective"]
    assert codes(np.round(eight * 16 + rng.normal(0, 4, eight.shape)).astype(int)) == ["image-depth-effective"]


def test_a_gamma_stretch_with_noise_is_seen() -> None:
    eight = native(3) >> 4
    noise = np.random.default_rng(1).normal(0, 3, eight.shape)
    assert codes(np.round((eight / 255) ** 0.7 * 4095 + noise).astype(int)) == ["image-depth-effective"]


def test_one_lost_bit_is_no_stretch_from_eight() -> None:
    depth = effective_bits((native() >> 1) << 1)
    assert depth.comb_period == pytest.approx(2, abs=0.2) and not judge_depth(depth, 12)


def test_constant_and_nearly_constant_images_are_blank() -> None:
    assert codes(np.full((300, 300), 7)) == ["image-blank"]
    assert codes(np.random.default_rng(0).integers(0, 5, (300, 300))) == ["image-blank"]
    assert issue_codes.load()["image-blank"].level == "turned-away"


def test_what_the_header_already_admits_is_left_to_screening() -> None:
    assert codes(native(bits=8), bits_stored=8) == []


def test_the_site_exports_stretched_images_are_all_found_and_a_native_cr_is_not(shared_data: Path) -> None:
    stretched = [
        p
        for p in (shared_data / "site-export/export/dicom").rglob("IM*")
        if pydicom.dcmread(p, specific_tags=["BitsStored"]).BitsStored == 12
    ]
    assert len(stretched) == 8
    for path in stretched[:3]:
        assert codes(pydicom.dcmread(path).pixel_array) == ["image-depth-effective"]
    assert codes(pydicom.dcmread(shared_data / "dicom/RG1_J2KI.dcm").pixel_array, 15) == []
