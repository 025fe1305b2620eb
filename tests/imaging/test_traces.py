"""Interpolation and JPEG leave traces; native pixels have none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cxrforge.imaging.loading import Picture, load_picture
from cxrforge.imaging.traces import Traces, find_traces, judge_traces
from cxrforge.tables import issue_codes


def native(seed: int = 0, side: int = 900) -> np.ndarray:
    """A smooth scene with quantum noise, as a detector gives it."""
    rng = np.random.default_rng(seed)
    scene = gaussian_filter(rng.normal(size=(side, side - 60)), 30)
    scene = (scene - scene.min()) / np.ptp(scene) * 3000 + 400
    return np.rint(scene + gaussian_filter(rng.normal(0, 30, scene.shape), 0.4)).astype(np.int32)


def enlarged(image: np.ndarray, factor: float, method: int) -> np.ndarray:
    return np.rint(cv2.resize(image.astype(np.float32), None, fx=factor, fy=factor, interpolation=method)).astype(int)


def through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    eight = np.rint((image - image.min()) * (255 / np.ptp(image))).astype(np.uint8)
    coded = cv2.imencode(".jpg", eight, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return np.rint(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE) * (4095 / 255) + noise).astype(int)


def codes(stored: np.ndarray) -> list[str]:
    found = [issue.code for issue in judge_traces(find_traces(stored))]
    assert set(found) <= set(issue_codes.load())
    return found


@pytest.mark.parametrize("seed", range(6))
def test_native_pixels_leave_no_trace(seed: int) -> None:
    assert codes(native(seed)) == []


@pytest.mark.parametrize("method", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("factor", [1.2, 1.37, 1.55, 1.98, 2.0])
def test_enlarged_images_are_told(factor: float, method: int) -> None:
    assert codes(enlarged(native(1, 700), factor, method)) == ["image-upsampled"]


@pytest.mark.parametrize("quality", [60, 80, 90])
def test_pixels_that_went_through_jpeg_are_told_though_saved_with_twelve_bits_and_cropped(quality: int) -> None:
    assert codes(through_jpeg(native(2), quality)[3:, 5:]) == ["image-jpeg-history"]


def test_a_pattern_along_one_direction_is_a_grid_of_the_device_and_no_interpolation() -> None:
    image = native(3)
    lines = 25 * np.sin(np.arange(image.shape[1]) * 2 * np.pi / 3.1)
    assert codes(np.rint(image + lines[None, :]).astype(int)) == []


def test_a_frame_too_small_or_blank_shows_nothing() -> None:
    assert find_traces(np.zeros((40, 40), int)) == Traces(0.0, 0.0, 0.0, 0.0)
    assert codes(np.zeros((400, 400), int)) == []


def test_real_native_radiographs_have_no_trace_and_are_told_once_enlarged(shared_data: Path) -> None:
    for name in ("JPLL_RG3_JPLL.dcm", "JLSN_RG1_JLSN.dcm", "fodicom_CR-ModalitySequenceLUT.dcm"):
        picture = load_picture(shared_data / "dicom" / name)
        assert isinstance(picture, Picture)
        assert codes(picture.stored) == [], name
        assert codes(enlarged(picture.stored, 1.5, cv2.INTER_CUBIC)) == ["image-upsampled"], name
        assert codes(through_jpeg(picture.stored, 90)) == ["image-jpeg-history"], name
