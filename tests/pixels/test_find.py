"""Where text is found in a frame, and how it is read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cxrforge.pixels import find, ocr
from cxrforge.pixels.ocr import Quad


def quad(left: float, top: float, right: float, bottom: float) -> Quad:
    return Quad(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32), 0.8)


def page(text: str) -> np.ndarray:
    canvas = np.zeros((120, 520), np.uint8)
    cv2.putText(canvas, text, (20, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 255, 3)
    return canvas.astype(np.float32) + np.random.default_rng(0).normal(0, 4, canvas.shape).astype(np.float32)


def test_a_line_within_a_much_larger_shape_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    shape, line, part = quad(0, 0, 400, 300), quad(20, 30, 220, 50), quad(30, 31, 100, 49)
    monkeypatch.setattr(ocr, "text_map", lambda shown: np.zeros(shown.shape, np.float32))
    monkeypatch.setattr(ocr, "quads", lambda _: [part, shape, line])
    monkeypatch.setattr(find, "fit", lambda _, found: found)
    frame = np.random.default_rng(0).normal(100, 9, (320, 420)).astype(np.float32)
    found = [c.quad for c in find.find_text(frame, (420,))]
    assert [q.bounds for q in found] == [shape.bounds, line.bounds]


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_line_is_read_whichever_way_it_stands(turn: int) -> None:
    values = np.ascontiguousarray(np.rot90(page("MILLER ANNA"), -turn))
    rows, columns = values.shape
    (reading,) = find.read_quads(values, [quad(8, 8, columns - 8, rows - 8)])
    assert reading.text.replace(" ", "") == "MILLERANNA"
    assert reading.turn == turn
