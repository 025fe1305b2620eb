"""Keep, redact or ask: what is decided for what was read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cxrforge.pixels.decide import decide, decide_all, matches_known
from cxrforge.pixels.find import Candidate, find_text
from cxrforge.pixels.ocr import Quad, Reading
from cxrforge.records import KnownIdentifiers
from cxrforge.tables import markers

NOBODY = KnownIdentifiers()


def candidate(
    text: str, score: float = 0.95, found: float = 0.8, box: tuple[int, int, int, int] = (0, 0, 200, 30)
) -> Candidate:
    x, y, w, h = box
    corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
    places = tuple((n + 0.5) / max(1, len(text)) for n in range(len(text)))
    return Candidate(Quad(corners, found), Reading(text, score, places))


@pytest.mark.parametrize(
    "text",
    ["L", "R", "PA", "AP", "LAT", "ERECT", "supine", "PORTABLE", "Semi-Upright", "im Liegen", "stehend", "debout", "de pie",
     "en bipedestación", "in ortostasi", "seduto", "liggend", "staand", "em pé", "na leżąco", "STOJĄC", "G", "D", "Izq.", "Prawa"],
)  # fmt: skip
def test_markers_of_eight_languages_stay(text: str) -> None:
    assert decide(candidate(text), NOBODY).verdict == "keep"


@pytest.mark.parametrize("text", ["SMITH JOHN", "12.03.2019", "Klinikum Nord", "ID 4711", "14:32", "de la", "Anna L"])
def test_other_readable_text_goes(text: str) -> None:
    assert decide(candidate(text), NOBODY).verdict == "redact"


def test_a_lone_joining_word_is_no_marker() -> None:
    assert decide(candidate("im"), NOBODY).verdict == "redact"


def test_known_text_goes_at_any_confidence_and_beats_the_markers() -> None:
    known = KnownIdentifiers(patient_names=("Links^Jonathan",), ids=("00418837",))
    assert decide(candidate("Links", 0.2), known).reason == "known"
    assert decide(candidate("J0NATHAN", 0.1), known).reason == "known"
    assert decide(candidate("0O418B37", 0.1), known).reason == "known"


def test_what_is_misread_beyond_recognition_is_not_known() -> None:
    assert not matches_known("HOSPITAL", KnownIdentifiers(patient_names=("Jonathan",)))


def test_a_line_no_one_can_read_goes_to_a_person() -> None:
    assert decide(candidate("Srnxth", 0.4), NOBODY).verdict == "review"


@pytest.mark.parametrize("text", ["", "5", "①", "なスクリっ", "久"])
def test_shapes_that_only_look_like_text_are_left_alone(text: str) -> None:
    assert decide(candidate(text, 0.3), NOBODY).verdict == "ignore"


def test_a_sites_own_words_stay() -> None:
    assert decide(candidate("JK"), NOBODY, keep_words=frozenset({"jk"})).verdict == "keep"


def test_a_marker_at_the_end_of_a_line_is_cut_out_of_it() -> None:
    values = np.zeros((30, 200), np.float32)
    decided = decide_all(values, [candidate("PORTABLE 12.03.2019")], NOBODY)
    assert [(d.candidate.reading.text, d.verdict) for d in decided] == [("PORTABLE", "keep"), ("12.03.2019", "redact")]
    kept, gone = (d.candidate.quad.bounds for d in decided)
    assert kept[0] == 0 and kept[2] == pytest.approx(gone[0]) and gone[2] == 200


def test_a_marker_word_inside_a_name_goes_with_it() -> None:
    decided = decide_all(np.zeros((30, 200), np.float32), [candidate("VAN DER MEER")], NOBODY)
    assert {d.verdict for d in decided} == {"redact"}


def test_a_piece_that_continues_a_line_goes_with_it() -> None:
    line, piece = candidate("SMITH JONAT"), candidate("", 0.0, box=(210, 1, 30, 28))
    apart = candidate("", 0.0, box=(210, 90, 30, 28))
    verdicts = [d.verdict for d in decide_all(np.zeros((150, 300), np.float32), [line, piece, apart], NOBODY)]
    assert verdicts == ["redact", "redact", "ignore"]


def test_the_side_letter_stays_when_the_technicians_initials_go() -> None:
    frame = np.zeros((500, 600), np.uint8)
    cv2.putText(frame, "L", (250, 200), cv2.FONT_HERSHEY_DUPLEX, 4, 255, 9)
    cv2.putText(frame, "HB", (245, 270), cv2.FONT_HERSHEY_DUPLEX, 1.6, 255, 4)
    values = frame.astype(np.float32) + np.random.default_rng(0).normal(0, 2, frame.shape).astype(np.float32)
    decided = decide_all(values, find_text(values), NOBODY)
    kept = [d.candidate.reading.text for d in decided if d.verdict == "keep"]
    gone = "".join(d.candidate.reading.text for d in decided if d.verdict == "redact")
    assert kept == ["L"] and set(gone) == {"H", "B"}


def test_every_language_has_markers_and_folding_forgives_accents() -> None:
    table = markers.load()
    assert table.kind("Leżąco") == table.kind("LEZACO") == "position"
    assert table.kind("Décubitus") == "position" and table.kind("Smith") is None
