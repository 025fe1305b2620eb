"""Boxes fitted to ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cxrforge.pixels.fit import fit
from cxrforge.pixels.ocr import Quad
from cxrforge.pixels.redact import fill, text_mask


def page(text: str = "MILLER ANNA") -> tuple[np.ndarray, np.ndarray]:
    ink = np.zeros((200, 500), np.uint8)
    cv2.putText(ink, text, (60, 110), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    return ink.astype(np.float32) + np.random.default_rng(1).normal(0, 3, ink.shape).astype(np.float32), ink > 0


def quad(left: float, top: float, right: float, bottom: float) -> Quad:
    return Quad(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32), 0.8)


def covered(found: Quad, ink: np.ndarray) -> float:
    return float(text_mask(ink.shape, [found.corners], 0.0)[ink].mean())


def test_a_generous_box_shrinks_to_its_ink() -> None:
    values, ink = page()
    loose = quad(50, 66, 310, 128)
    tight = fit(values, loose)
    assert covered(tight, ink) == 1
    assert cv2.contourArea(tight.corners) < 0.75 * cv2.contourArea(loose.corners)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_box_that_stops_short_of_the_last_letter_is_lengthened(turn: int) -> None:
    values, ink = page()
    columns = np.nonzero(ink.any(axis=0))[0]
    short = np.zeros(ink.shape, np.uint8)
    short[78:116, columns[0] : columns[-1] - 15] = 1
    values, ink, short = (np.ascontiguousarray(np.rot90(a, turn)) for a in (values, ink, short))
    x, y, w, h = cv2.boundingRect(short)
    start = quad(x, y, x + w, y + h)
    assert covered(start, ink) < 0.99
    assert covered(fit(values, start), ink) == 1


def test_a_box_on_grain_alone_is_left_as_it_is() -> None:
    values = np.random.default_rng(1).normal(0, 3, (200, 500)).astype(np.float32)
    found = quad(50, 60, 300, 90)
    assert fit(values, found) is found


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16])
def test_the_fill_is_one_value_that_the_rest_shows_darkest(inverted: bool, kind: type) -> None:
    stored = np.random.default_rng(0).integers(10, 100, (2, 40, 50)).astype(kind)
    mask = np.zeros((40, 50), bool)
    mask[5:10, 5:20] = True
    stored[:, mask] = 120 if not inverted else 1
    out = fill(stored, mask, inverted=inverted)
    rest = stored[:, ~mask]
    assert set(np.unique(out[:, mask])) == {rest.max() if inverted else rest.min()}
    np.testing.assert_array_equal(out[:, ~mask], rest)
    np.testing.assert_array_equal(fill(out, mask, inverted=inverted), out)
