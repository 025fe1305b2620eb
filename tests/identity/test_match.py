"""Known identifiers are found in whatever form they are written, and clinical words are left alone."""

from __future__ import annotations

import pytest

from cxrforge.identity.match import find_known
from cxrforge.records import KnownIdentifiers


def found(text: str, language: str | None = None, **known: tuple[str, ...]) -> list[str]:
    return [text[s.start : s.end] for s in find_known(text, KnownIdentifiers(**known), language)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Müller^Jörg", "Herr Mueller, Joerg wurde vorgestellt", "Mueller, Joerg"),
        ("Mueller^Guenther", "Herr Müller wurde vorgestellt", "Müller"),
        ("Tomlinson^Reginald", "mr tomlinson's film", "tomlinson"),
        ("Sommerfeld^Annegret", "Frau A. Sommerfelds Aufnahme", "A. Sommerfelds"),
        ("Kowalski^Jan", "u Jana Kowalskiego płyn", "Jana Kowalskiego"),
        ("Wysoki^Zofia", "p. Zofii Wysokiej", "Zofii Wysokiej"),
        ("Farrelly^Colm", "COLM FARRELLY", "COLM FARRELLY"),
        ("Cuevas Lozano^Ramón", "Ramon Cuebas", "Ramon Cuebas"),
        ("Rousseau^Jean-Claude", "JeanClaude Rousseau", "JeanClaude Rousseau"),
        ("van den Berg^Adrianus", "Ad v.d. Berg", "Ad v.d. Berg"),
        ("Small^Jennifer", "X-ray of Jenny Small", "Jenny Small"),
    ],
)
def test_a_known_name_is_found_in_its_written_forms(name: str, text: str, expected: str) -> None:
    assert found(text, patient_names=(name,)) == [expected]


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("Small^Jennifer", "Small pleural effusion. A small nodule.", "en"),
        ("Wood^Leonard", "was a wood machinist", "en"),
        ("Foley^Ciara", "Foley catheter in situ", "en"),
        ("Lobo^Duarte", "Consolidação do lobo superior direito", "pt"),
        ("Guz^Krzysztof", "Guz wnęki lewej", "pl"),
        ("Klein^Matthias", "Kleiner Begleiterguss, klein und rund", "de"),
        ("Destro^Ornella", "lobo inferiore destro", "it"),
        ("Rib^Ferdinand", "4e en 5e rib rechts", "nl"),
    ],
)
def test_a_name_that_is_a_clinical_word_needs_a_cue(name: str, text: str, language: str) -> None:
    assert found(text, language, patient_names=(name,)) == []


@pytest.mark.parametrize("text", ["NHS 485-777-3456", "4857773456", "485.777.3456", "no. 485 777\n3456"])
def test_an_identifier_is_found_with_any_separators(text: str) -> None:
    assert len(found(text, ids=("485 777 3456",))) == 1


@pytest.mark.parametrize(
    "text",
    ["20221017", "17/10/2022", "17.10.22", "10/17/2022", "2022-10-17", "17 Oct 2022", "October 17th, 2022", "17. Oktober 2022",
     "17 octobre 2022", "17 de octubre de 2022", "17 ottobre 2022", "17 oktober 2022", "17 de outubro de 2022",
     "17 października 2022", "17 October", "am 17.10."],
)  # fmt: skip
def test_a_known_date_is_found_in_every_rendering(text: str) -> None:
    assert len(found(text, dates=("20221017",))) == 1


def test_other_dates_and_numbers_are_not_known_ones() -> None:
    assert found("18/10/2022, 1.7 x 10 mm, T10", dates=("20221017",), ids=("4857773456",)) == []
