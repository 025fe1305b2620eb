"""What a workspace shows of burned-in text: redacted places, places in question, devices."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cxrforge import redactions
from cxrforge.catalogue.pixel_queries import ExaminedImage, Place
from cxrforge.formats.redactions import redactions_html
from cxrforge.pixels.crops import place_in_question, redacted_places
from cxrforge.records import Box


def decoded(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)


def page_with_a_name() -> np.ndarray:
    shown = np.full((300, 400), 90, np.uint8)
    cv2.putText(shown, "MILLER", (100, 150), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 255, 3)
    return shown


PLACE = Box(90, 105, 190, 60)


def test_nothing_of_the_text_is_in_the_pictures_even_when_the_image_still_holds_it() -> None:
    """The stored object holds the fill; but were the text still there, hatching would hide it before."""
    named, bare = page_with_a_name(), np.full((300, 400), 90, np.uint8)
    (one,), (other,) = redacted_places(named, [PLACE]), redacted_places(bare, [PLACE])
    assert one.before == other.before


def test_a_place_that_waits_is_hidden_on_the_page_and_shown_to_the_person() -> None:
    named, bare = page_with_a_name(), np.full((300, 400), 90, np.uint8)
    redacted = Box(90, 170, 100, 20)
    (one,), (other,) = redacted_places(named, [redacted], [PLACE]), redacted_places(bare, [redacted], [PLACE])
    assert (one.before, one.after) == (other.before, other.after)
    assert decoded(place_in_question(named, PLACE)).max() > 200
    assert place_in_question(named, PLACE) != place_in_question(bare, PLACE)


@pytest.mark.parametrize("box", [Box(0, 0, 5, 5), Box(390, 290, 10, 10), Box(0, 0, 400, 300)])
def test_places_at_the_edge_have_pictures(box: Box) -> None:
    (made,) = redacted_places(page_with_a_name(), [box])
    assert decoded(made.after).size and decoded(made.before).shape == decoded(made.after).shape


def images() -> list[ExaminedImage]:
    stamp, marker = Place(Box(10, 940, 300, 40), "redact", "readable"), Place(Box(5, 5, 40, 40), "keep", "marker")
    return [
        ExaminedImage(f"I{n:03}", "st-anna" if n % 2 else "st-olav", "Acme", "X1", 1000, 800, (stamp, marker))
        for n in range(60)
    ]


def test_devices_are_told_apart_by_site_and_say_where_they_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redactions, "examined_images", lambda *_: images())
    rows = redactions.device_texts(None)  # type: ignore[arg-type]
    assert [(r.site, r.images, r.redacted) for r in rows] == [("st-anna", 30, 30), ("st-olav", 30, 30)]
    (place,) = rows[0].places
    assert place.share == 1 and place.top == pytest.approx(0.94)
    assert "100%" in redactions.words(place)
    assert redactions.device_texts(None, least_images=31)[0].places == ()  # type: ignore[arg-type]


def test_the_page_says_what_was_done_and_shows_every_site(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(redactions, "examined_images", lambda *_: images())
    monkeypatch.setattr(redactions, "_shown", lambda *_: np.full((1000, 800), 90, np.uint8))
    written = []
    monkeypatch.setattr(redactions, "write_redactions", lambda _, content: written.append(content))
    redactions.write_page(None, None, tmp_path)  # type: ignore[arg-type]
    (content,) = written
    assert (content.examined, content.redacted, content.places) == (60, 60, 60)
    assert {row.site for row in content.images} == {"st-anna", "st-olav"} and len(content.images) == 24
    page = redactions_html(content)
    assert page.count("before: text stood in the hatching") == 24 and "could be read" in page
    assert "24 of 60 images" in page


def test_a_page_of_nothing_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(redactions, "examined_images", lambda *_: [])
    written = []
    monkeypatch.setattr(redactions, "write_redactions", lambda _, content: written.append(content))
    redactions.write_page(None, None, tmp_path)  # type: ignore[arg-type]
    assert "Nothing was redacted." in redactions_html(written[0])
