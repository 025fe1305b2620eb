"""Why an examination was asked for: five classes, eight languages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.records import Section
from cxrforge.reports.indication import classify_indication, indication_class
from cxrforge.tables import indication_words
from cxrforge.tables.report_fields import LANGUAGES

PHRASES = tomllib.loads((Path(__file__).parent / "indication_phrases.toml").read_text(encoding="utf-8"))
CASES = [
    (code, name, text) for code, rows in PHRASES.items() for name, told in rows.items() for text in told.split("|")
]


def test_every_language_and_class_has_fifteen_phrases() -> None:
    assert tuple(PHRASES) and set(PHRASES) == set(LANGUAGES)
    for rows in PHRASES.values():
        assert set(rows) == set(indication_words.CLASSES)
        assert all(len(set(told.split("|"))) >= 15 for told in rows.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_fall_into_their_class(language: str) -> None:
    wrong = [(n, t, found) for c, n, t in CASES if c == language and (found := classify_indication(t, language)) != n]
    assert not wrong, wrong


@pytest.mark.parametrize("text", ["", "   ", "-", "k.A.", "keine Angabe", "12.3."])
def test_what_says_nothing_is_unknown(text: str) -> None:
    assert classify_indication(text, "de") == "unknown"


def test_what_no_phrase_names_is_other() -> None:
    assert classify_indication("Wunsch des Patienten", "de") == "other"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("No cough, no dyspnoea. Annual physical.", "routine"),
        ("Known heart failure, routine control", "cardiac"),
        ("History of coronary disease. Productive cough and fever", "respiratory"),
        ("History of asthma. Preoperative", "pre-operative"),
        ("History of breast cancer, cough", "respiratory"),
    ],
)
def test_what_is_asked_now_comes_before_history(text: str, wanted: str) -> None:
    assert classify_indication(text, "en") == wanted


def test_only_the_indication_section_counts() -> None:
    text = "Cough.\nPreoperative.\n"
    assert indication_class(text, [Section("findings", 0, 6)], "en") == "unknown"
    assert indication_class(text, [Section("findings", 0, 6), Section("indication", 7, 20)], "en") == "pre-operative"


@given(st.text(max_size=200), st.sampled_from([*LANGUAGES, "xx"]))
def test_any_text_has_a_class(text: str, language: str) -> None:
    assert classify_indication(text, language) in indication_words.INDICATIONS
