"""The pages in a real browser: logging in, the state moving, deciding, nothing asked of anyone else."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reading_factory import PASSWORD, filled
from served import Served

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def launch(playwright: Any) -> Any:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are kept: CXRFORGE_SCREENSHOTS, or a folder of this run."""
    folder = Path(os.environ.get("CXRFORGE_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("browser") / "w"
    with filled(folder, {"north": 12, "south": 12}, waiting=True) as workspace:
        workspace.reading_room.add_person("cora", "curator", PASSWORD)
    served = Served(folder)
    yield served
    served.stop()


class Seat:
    """Somebody at a browser, and everything that the browser complained about or asked elsewhere."""

    def __init__(self, browser: Any, server: Served, width: int = 1280, height: int = 800) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(60_000)
        self.url = server.url
        self.trouble: list[str] = []
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.trouble.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.trouble.append(f"asked {request.url}")

    def log_in(self, name: str) -> None:
        """Log in by keyboard alone."""
        self.page.goto(f"{self.url}/login")
        self.page.keyboard.type(name)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def accepted(self) -> int:
        self.page.wait_for_selector(".figure")
        return int(re.sub(r"\D", "", self.page.inner_text(".figure").split("of")[0]))


def test_a_curator_decides_and_the_state_moves_by_itself(browser: Any, server: Served, artefacts: Path) -> None:
    seat, other = Seat(browser, server), Seat(browser, server)
    seat.log_in("cora")
    before = seat.accepted()
    seat.page.screenshot(path=artefacts / "state.png", full_page=True)
    other.log_in("cora")
    other.page.goto(f"{server.url}/queues")
    other.page.screenshot(path=artefacts / "queues.png", full_page=True)
    other.page.click("a[href='/queues/image-quality-review']")
    other.page.wait_for_selector(".waiting")
    other.page.screenshot(path=artefacts / "queue.png", full_page=True)
    other.page.fill(".waiting li:first-child input[name=reason]", "sharp enough")
    other.page.click(".waiting li:first-child button[value=accept]")
    other.page.wait_for_selector(".notice")
    seat.page.wait_for_function(
        "before => Number(document.querySelector('.figure').innerText.split('of')[0].replace(/\\D/g, '')) > before",
        arg=before,
    )
    assert seat.accepted() == before + 1, "without reloading"
    assert seat.trouble == []
    # this workspace was filled without images, so their previews are missing here
    assert [t for t in other.trouble if "404" not in t] == []


def test_a_curator_adds_people_and_verifies_the_log(browser: Any, server: Served, artefacts: Path) -> None:
    seat = Seat(browser, server)
    seat.log_in("cora")
    seat.page.goto(f"{server.url}/people")
    seat.page.fill("#name", "rita")
    seat.page.select_option("#role", "radiologist")
    seat.page.fill("#password", PASSWORD)
    seat.page.fill("#qualification", "<i>consultant</i>")
    seat.page.click("button:has-text('Add')")
    seat.page.wait_for_selector(".notice")
    assert seat.page.is_visible("td:has-text('<i>consultant</i>')"), "shown as text"
    seat.page.screenshot(path=artefacts / "people.png", full_page=True)
    seat.page.goto(f"{server.url}/audits")
    seat.page.fill("#size", "10")
    seat.page.select_option("#readers", "rita")
    seat.page.click("button:has-text('Draw')")
    seat.page.wait_for_selector("tr[data-audit='label-1']")
    seat.page.screenshot(path=artefacts / "audits.png", full_page=True)
    seat.page.goto(f"{server.url}/log")
    assert "draw-audit" in seat.page.inner_text("table")
    seat.page.click("button:has-text('Verify')")
    assert "stands as it was written" in seat.page.inner_text(".notice")
    seat.page.screenshot(path=artefacts / "log.png", full_page=True)
    assert seat.trouble == []


def test_pages_fit_a_portrait_display_and_a_small_one(browser: Any, server: Served, artefacts: Path) -> None:
    for width, height in ((1280, 800), (1200, 1600), (1536, 2048)):
        seat = Seat(browser, server, width, height)
        seat.log_in("cora")
        for path in ("/state", "/audits", "/queues", "/people", "/log"):
            seat.page.goto(server.url + path)
            wide = seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{path} leaves {width} pixels by {wide}"
        seat.page.screenshot(path=artefacts / f"log-{width}.png")


def test_every_field_has_a_label_and_every_text_enough_contrast(browser: Any, server: Served) -> None:
    seat = Seat(browser, server)
    seat.log_in("cora")
    for path in ("/state", "/audits", "/queues", "/queues/image-quality-review", "/people", "/log", "/account"):
        seat.page.goto(server.url + path)
        unnamed = seat.page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
            ".filter(e => !(e.labels && e.labels.length) && !e.getAttribute('aria-label')).map(e => e.name)"
        )
        assert unnamed == [], path
        assert seat.page.evaluate(CONTRAST) >= 4.5, path


CONTRAST = """() => {
  const light = (c) => { const v = c / 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const numbers = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  let worst = 21;
  for (const e of document.querySelectorAll('main *, header *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || e.closest('svg')) continue;
    const [a, b] = [luminance(numbers(getComputedStyle(e).color)), luminance(behind(e))].sort((x, y) => y - x);
    worst = Math.min(worst, (a + 0.05) / (b + 0.05));
  }
  return worst;
}"""
