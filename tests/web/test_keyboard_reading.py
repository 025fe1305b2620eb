"""Reading in a real browser, by keyboard alone: labels, boxes, a flagged identifier, a third reader's word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served
from test_browser import CHROMIUM, Seat, launch

import consortium
from cxrforge.web.pages.read import BUNDLE
from cxrforge.workspace import Workspace

pytestmark = pytest.mark.slow
STUDIES = 10


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    if not BUNDLE.is_file():
        pytest.skip("the reader is not built: npm ci && npm run build in web/")
    folder = tmp_path_factory.mktemp("reading")
    consortium.make(folder, studies=18)
    return folder / "w"


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Served]:
    served = Served(place)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


def open_reader(seat: Seat, audit: str) -> str:
    """Open an audit in the reader and return the assignment that it shows."""
    seat.page.goto(f"{seat.url}/read/{audit}")
    return shown(seat)


def shown(seat: Seat) -> str:
    seat.page.wait_for_function("() => /\\/read\\/[^/]+\\/[^/]+/.test(location.pathname)")
    seat.page.wait_for_selector("[data-testid=label-row-0]")
    return str(seat.page.evaluate("location.pathname.split('/')[3]"))


def press(seat: Seat, *keys: str) -> None:
    for key in keys:
        seat.page.keyboard.press(key)


def saved(seat: Seat) -> None:
    seat.page.wait_for_selector("[data-testid=save-state][data-state=saved]")


def finish(seat: Seat) -> None:
    """End a reading by keyboard and wait for the next one."""
    before = shown(seat)
    press(seat, "Enter")
    seat.page.wait_for_function(
        "before => location.pathname.split('/')[3] !== before || document.querySelector('.card.done')", arg=before
    )


def boxes(seat: Seat) -> list[list[float]]:
    told = seat.page.eval_on_selector_all("[data-testid=box-list] li", "rows => rows.map(r => r.dataset.bbox)")
    return [[float(v) for v in row.split(",")] for row in told]


def reading_of(place: Path, person: str, assignment: str) -> dict[str, Any]:
    with Workspace(place) as workspace:
        room = workspace.reading_room
        who = next(p for p in room.people() if p.name == person)
        found: dict[str, Any] = json.loads(json.dumps(room.assignment(assignment, who).reading))
        return found


def test_ten_studies_are_read_by_keyboard_and_a_box_is_where_it_was(
    browser: Any, server: Served, place: Path, artefacts: Path
) -> None:
    rita = Seat(browser, server)
    rita.log_in("rita")
    first = open_reader(rita, "label-1")
    rita.page.wait_for_selector("[data-testid=viewport-0] canvas")
    rita.page.screenshot(path=artefacts / "reader.png")
    press(rita, "?")
    rita.page.wait_for_selector("[data-testid=help][open]")
    rita.page.screenshot(path=artefacts / "reader-help.png")
    press(rita, "?", "c", "Enter")
    rita.page.wait_for_selector("[data-testid=box-list] li")
    press(rita, "ArrowRight", "ArrowDown", "Shift+ArrowRight", "Control+ArrowLeft")
    saved(rita)
    drawn = boxes(rita)
    rita.page.reload()
    assert shown(rita) == first
    rita.page.wait_for_selector("[data-testid=box-list] li")
    assert all(abs(a - b) <= 0.5 for a, b in zip(boxes(rita)[0], drawn[0], strict=True)), "the same pixel"
    assert reading_of(place, "rita", first)["boxes"][0]["bbox"] == pytest.approx(drawn[0], abs=0.5)
    for number in range(STUDIES):
        press(rita, "Escape", *("pnum"[(number + n) % 4] for n in range(14)))
        saved(rita)
        finish(rita)
    rita.page.goto(f"{server.url}/audits")
    assert f"{STUDIES} done" in rita.page.inner_text("tr[data-audit=label-1]")
    labels = reading_of(place, "rita", first)["report_labels"]
    assert list(labels.values())[:4] == [1, 0, -1, None]
    assert rita.trouble == []


def test_a_flagged_identifier_takes_the_item_out(browser: Any, server: Served, place: Path) -> None:
    before = turned_away(place)
    dora = Seat(browser, server)
    dora.log_in("dora")
    dora.page.goto(f"{server.url}/read/images-phi-1")
    for _ in range(4):  # a planted copy looks like every other item, and none leaves for its flag
        dora.page.wait_for_selector("[data-testid=viewport-0][data-shown]")
        press(dora, "x", "Enter")
        dora.page.wait_for_function(
            "() => document.querySelector('[data-testid=said]').textContent.includes('has left')"
        )
        if turned_away(place) > before:
            break
        saved(dora)
        finish(dora)
    assert turned_away(place) == before + 1
    with Workspace(place) as workspace:
        assert any(r.code == "person-flagged-identifier" for r in workspace.standing().reasons)
    assert dora.trouble == []


def turned_away(place: Path) -> int:
    with Workspace(place) as workspace:
        return sum(row.get("turned_away", 0) for row in workspace.standing().studies.values())


def test_two_disagree_and_a_third_decides(browser: Any, server: Served, place: Path, artefacts: Path) -> None:
    with Workspace(place) as workspace:
        room = workspace.reading_room
        by_name = {p.name: p for p in room.people()}
        names = {p.id: name for name, p in by_name.items()}
        entity = next(iter(room.worklist(by_name["rita"], "label-2"))).entity
        rows = [
            (names[str(r.person)], r.id)
            for name in ("rita", "rolf", "ruth")
            for r in room.worklist(by_name[name], "label-2")
            if r.entity == entity and r.person == by_name[name].id
        ]
    assert len(rows) == 2
    for key, (name, assignment) in zip("pn", rows, strict=True):
        seat = Seat(browser, server)
        seat.log_in(name)
        seat.page.goto(f"{server.url}/read/label-2/{assignment}")
        shown(seat)
        press(seat, key)
        saved(seat)
        finish(seat)
    (third,) = {"rita", "rolf", "ruth"} - {name for name, _ in rows}
    with Workspace(place) as workspace:
        room = workspace.reading_room
        (waiting,) = [r.id for r in room.adjudications(by_name[third]) if r.entity == entity]
    seat = Seat(browser, server)
    seat.log_in(third)
    seat.page.goto(f"{server.url}/read/label-2/{waiting}")
    shown(seat)
    assert "Where the two readings differ" in seat.page.inner_text("#reader")
    seat.page.screenshot(path=artefacts / "adjudication.png")
    press(seat, "p")
    saved(seat)
    finish(seat)
    with Workspace(place) as workspace:
        room = workspace.reading_room
        assert [r for r in room.adjudications(by_name[third]) if r.entity == entity] == []
    assert seat.trouble == []
