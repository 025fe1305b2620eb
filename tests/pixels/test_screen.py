"""Where the screen tells the detector to look closely."""

from __future__ import annotations

import numpy as np
import pytest
from radiographs import written

from cxrforge.pixels import find, ocr, screen
from cxrforge.pixels.find import find_text
from cxrforge.pixels.render import even_contrast

PLACE = (60, 400)


def ground(shape: tuple[int, int] = (700, 900)) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    body = 1500 + 900 * np.cos(rows / 160) * np.sin(columns / 130)
    return (body + np.random.default_rng(3).normal(0, 12, shape)).astype(np.float32)


def page(text: str, strength: float = 400) -> np.ndarray:
    values = ground()
    values[written({text: PLACE}, values.shape)] += strength
    return values


def shown(values: np.ndarray) -> np.ndarray:
    return even_contrast(values, 600, 2500)


def test_a_line_is_pointed_at_and_a_bare_image_is_not() -> None:
    (box,) = screen.spots(shown(page("MILLER ANNA")))
    assert box.x <= PLACE[0] and box.x + box.w >= PLACE[0] + 180
    assert box.y < PLACE[1] - 15 and box.y + box.h > PLACE[1]
    assert screen.spots(shown(ground())) == []


def test_a_place_that_is_explained_needs_no_second_look() -> None:
    picture = shown(page("MILLER ANNA"))
    explained = np.zeros(picture.shape, bool)
    explained[360:420, 40:300] = True
    assert screen.spots(picture, explained) == []


def test_a_seam_between_bands_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = shown(page("MILLER ANNA"))
    whole = screen.text_cells(picture)
    monkeypatch.setattr(screen, "_BATCH_ROWS", 128)
    np.testing.assert_allclose(screen.text_cells(picture), whole, atol=1e-4)


def test_what_the_whole_look_misses_the_close_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[tuple[int, ...]] = []

    def blind_to_the_whole(picture: np.ndarray) -> np.ndarray:
        looks.append(picture.shape)
        return np.zeros(picture.shape, np.float32) if len(looks) == 1 else text_map(picture)

    text_map = ocr.text_map
    monkeypatch.setattr(find.ocr, "text_map", blind_to_the_whole)
    found = find_text(page("MILLER ANNA"), lengths=(400,), fine=900)
    assert [c.reading.text.replace(" ", "") for c in found] == ["MILLERANNA"]
    assert looks[1][0] < 200
    looks.clear()
    assert find_text(page("MILLER ANNA"), lengths=(400,), fine=0) == []
