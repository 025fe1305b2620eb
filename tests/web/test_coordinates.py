"""One convention of coordinates: a box drawn over a marker of known place, from the screen to COCO."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import radiograph
from PIL import Image
from reading_factory import PASSWORD, filled
from served import Served
from test_browser import CHROMIUM, Seat

from cxrforge.records import Box
from cxrforge.stages.deidentify_image import image_key
from cxrforge.web.pages.read import BUNDLE
from cxrforge.workspace import Workspace

pytestmark = pytest.mark.slow
ROWS, COLUMNS = 2500, 2100
MARKER = Box(1037, 1231, 31, 43)
KINDS = ("MONOCHROME1", "MONOCHROME2")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose images hold a bright marker on a grey ground, in both polarities."""
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    if not BUNDLE.is_file():
        pytest.skip("the reader is not built: make reader")
    folder = tmp_path_factory.mktemp("coordinates") / "w"
    with filled(folder, {"north": 6}) as workspace:
        room = workspace.reading_room
        rita = room.add_person("rita", "radiologist", PASSWORD)
        audit = room.draw("label", share=1.0, seed=1, readers=("rita",))
        for number, row in enumerate(room.worklist(rita, audit.id)):
            for shown in room.assignment(row.id, rita).images:
                polarity = KINDS[number % 2]
                values = np.full((ROWS, COLUMNS), 1000, np.uint16)
                values[MARKER.y : MARKER.y + MARKER.h, MARKER.x : MARKER.x + MARKER.w] = 3000
                window = {"WindowCenter": "2000", "WindowWidth": "3000"}
                path = workspace.store.path(image_key(shown.id))
                radiograph.write(path, values, PhotometricInterpretation=polarity, **window)
    return folder


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Served]:
    served = Served(place)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--enable-unsafe-swiftshader"]  # WebGL without a graphics card
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


def edges(seat: Seat) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the marker in the first viewport, in pixels of the page."""
    view = seat.page.locator("[data-testid=viewport-0]")
    grey = np.asarray(Image.open(io.BytesIO(view.screenshot())).convert("L"), float)
    ground = np.median(grey)
    apart = np.abs(grey - ground) > np.abs(grey - ground).max() / 2
    apart[-40:] = False  # the caption
    down, across = np.flatnonzero(apart.any(1)), np.flatnonzero(apart.any(0))
    frame = view.bounding_box()
    return (
        frame["x"] + float(across[0]),
        frame["y"] + float(down[0]),
        frame["x"] + float(across[-1]) + 1,
        frame["y"] + float(down[-1]) + 1,
    )


@pytest.mark.parametrize("renderer", ("webgl", "cpu"))
@pytest.mark.parametrize("polarity", KINDS)
def test_a_box_over_a_marker_is_exported_where_the_marker_is(
    browser: Any, server: Served, place: Path, renderer: str, polarity: str
) -> None:
    with Workspace(place) as workspace:
        room = workspace.reading_room
        rita = next(p for p in room.people() if p.name == "rita")
        rows = room.worklist(rita, "label-1")
        number = 2 * ("webgl", "cpu").index(renderer) + KINDS.index(polarity)
        chosen = rows[number].id
        image = room.assignment(chosen, rita).images[0].id
    seat = Seat(browser, server)
    seat.log_in("rita")
    seat.page.goto(f"{server.url}/read/label-1/{chosen}?renderer={renderer}")
    seat.page.wait_for_selector("[data-testid=viewport-0][data-shown]")
    assert seat.page.evaluate("() => !!document.createElement('canvas').getContext('webgl2')")
    seat.page.evaluate("() => document.querySelectorAll('svg.boxes').forEach(s => { s.style.visibility = 'hidden'; })")
    for key in ("o", *"++++++++"):
        seat.page.keyboard.press(key)
    seat.page.wait_for_timeout(500)
    left, top, right, bottom = edges(seat)
    assert (right - left) / MARKER.w > 4, "enlarged enough to tell half a pixel"
    seat.page.evaluate("() => document.querySelectorAll('svg.boxes').forEach(s => { s.style.visibility = ''; })")
    seat.page.keyboard.press("c")
    seat.page.mouse.move(left, top)
    seat.page.mouse.down()
    seat.page.mouse.move(right, bottom, steps=4)
    seat.page.mouse.up()
    seat.page.wait_for_selector("[data-testid=box-list] li")
    seat.page.wait_for_selector("[data-testid=save-state][data-state=saved]")
    seat.page.keyboard.press("Enter")
    seat.page.wait_for_function("before => !location.pathname.includes(before)", arg=chosen)
    with Workspace(place) as workspace:
        coco = workspace.reading_room.export_coco("label-1")
    names = {row["id"]: row["file_name"] for row in coco["images"]}
    found = [a["bbox"] for a in coco["annotations"] if image in names[a["image_id"]]]
    assert len(found) == 1
    assert found[0] == pytest.approx(list(MARKER), abs=0.5)
    assert seat.trouble == []
