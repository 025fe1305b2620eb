"""Stored values as a viewer shows them."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from cxrforge.dicom.display import display, to_uint8

RAMP = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)


def header(**values: object) -> Dataset:
    ds = Dataset()
    ds.PhotometricInterpretation = "MONOCHROME2"
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def test_values_are_floats_between_black_and_white() -> None:
    shown = display(header(WindowCenter=2048, WindowWidth=1000), RAMP)
    assert shown.dtype == np.float32 and shown.shape == RAMP.shape
    assert shown.min() == 0 and shown.max() == 1
    assert to_uint8(shown).dtype == np.uint8


def test_the_linear_window_meets_its_definition() -> None:
    # PS3.3 C.11.2.1.2.1: centre 2048 and width 4096 on 0..4095 is the identity.
    np.testing.assert_allclose(display(header(WindowCenter=2048, WindowWidth=4096), RAMP), RAMP / 4095, atol=1e-6)


@pytest.mark.parametrize("change", [{"PhotometricInterpretation": "MONOCHROME1"}, {"PresentationLUTShape": "INVERSE"}])
def test_dense_is_bright_whichever_way_it_is_stored(change: dict[str, str]) -> None:
    plain = display(header(WindowCenter=2048, WindowWidth=4096), RAMP)
    np.testing.assert_allclose(
        display(header(WindowCenter=2048, WindowWidth=4096, **change), RAMP), 1 - plain, atol=1e-6
    )


def test_both_signs_of_inversion_invert_once() -> None:
    ds = header(
        PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE", WindowCenter=2048, WindowWidth=4096
    )
    assert display(ds, RAMP)[0, 0] == 1


@pytest.mark.parametrize(
    "window", [{}, {"WindowWidth": 0, "WindowCenter": 5}, {"WindowCenter": 90_000, "WindowWidth": 10}, {"WindowCenter": "", "WindowWidth": ""}]
)  # fmt: skip
def test_a_window_that_is_absent_or_shows_nothing_gives_way_to_percentiles(window: dict[str, object]) -> None:
    shown = display(header(**window), RAMP)
    assert 0.45 < np.median(shown) < 0.55 and shown.std() > 0.2


def test_the_first_of_several_windows_counts() -> None:
    one = display(header(WindowCenter=1000, WindowWidth=500), RAMP)
    np.testing.assert_array_equal(display(header(WindowCenter=[1000, 3000], WindowWidth=[500, 100]), RAMP), one)


def test_the_window_works_on_rescaled_values() -> None:
    ds = header(RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=3096, WindowWidth=8192)
    np.testing.assert_allclose(display(ds, RAMP), (2.0 * RAMP - 1000 + 999.5) / 8191, atol=1e-3)


def test_padding_is_black_and_does_not_move_the_window() -> None:
    frame = np.full((50, 50), 60_000, np.uint16)
    frame[:, 10:] = np.linspace(1000, 2000, 2000).reshape(50, 40)
    ds = header(PixelPaddingValue=60_000)
    shown = display(ds, frame)
    assert (shown[:, :10] == 0).all()
    assert shown[:, 10:].std() > 0.2


def test_a_modality_lut_and_a_voi_lut_are_looked_up() -> None:
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [4, 0, 16], [0, 100, 400, 800]
    frame = np.array([[0, 1], [2, 9]], np.uint16)
    np.testing.assert_allclose(display(header(VOILUTSequence=[item]), frame), [[0, 0.125], [0.5, 1]])
    ds = header(ModalityLUTSequence=[item], WindowCenter=400.5, WindowWidth=801)
    np.testing.assert_allclose(display(ds, frame), [[0, 0.125], [0.5, 1]])


def test_sigmoid_and_exact_windows_are_known() -> None:
    frame = np.array([[0, 50, 100]], np.uint16)
    sigmoid = display(header(WindowCenter=50, WindowWidth=100, VOILUTFunction="SIGMOID"), frame)
    assert sigmoid[0, 1] == pytest.approx(0.5)
    exact = display(header(WindowCenter=50, WindowWidth=100, VOILUTFunction="LINEAR_EXACT"), frame)
    np.testing.assert_allclose(exact, [[0, 0.5, 1]])


def test_signed_values_and_constant_images_are_shown() -> None:
    assert display(header(), np.full((8, 8), -5, np.int16)).max() == 0
    assert display(header(), np.arange(-32, 32, dtype=np.int16).reshape(8, 8)).max() == 1


def test_colour_becomes_luminance() -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[..., 1] = 255
    np.testing.assert_allclose(display(header(PhotometricInterpretation="RGB"), frame), 0.587, atol=1e-3)
