"""What one place gives away is found in the rest, and places give names away."""

from __future__ import annotations

import pytest

from cxrforge.records import KnownIdentifiers
from cxrforge.reports.deidentify import find_identifiers


def found(text: str, language: str) -> list[str]:
    spans = find_identifiers(text, language, KnownIdentifiers(), KnownIdentifiers())
    return [text[s.start : s.end] for s in spans]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Mrs Quibbleworth was seen. As Quibbleworth said, no cough.", "Quibbleworth"),
        ("pl", "Serce w normie. pisz na zenobi.rtg@szpital.example, zenobi", "zenobi"),
        ("de", "unsere Patientin Hotzenplotz, Huberta, geb. 28.05.1998, klagt", "Hotzenplotz, Huberta"),
        ("it", "Controllo (Fabbroni, letto 14), versamento invariato.", "Fabbroni"),
        ("de", "Claudia Dupont\nAm Hasenstall\n20223 Haasbeck", "Am Hasenstall"),
        ("pl", "TK w zakopiańskim szpitalu bez zmian.", "zakopiańskim szpitalu"),
        ("es", "Sin derrame.\n\nGalán/bermejo", "Galán/bermejo"),
        ("de", "Bildgebung vom 10 und 11.10.2033 ohne Befund", "10 und 11.10.2033"),
        ("de", "vom 29.09.-02.10.2021 in Behandlung", "29.09.-02.10.2021"),
        ("es", "En 1996 acude a consulta un varón de 30 años.", "1996"),
        ("en", "Born 27/011/2014, reviewed.", "27/011/2014"),
    ],
)
def test_a_name_a_place_or_a_date_is_found(language: str, text: str, expected: str) -> None:
    assert expected in found(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Flora of the gut. Heart normal.\nNegative chest."),
        ("de", "Kein Infiltrat.\nKleiner Pleuraerguss links"),
        ("fr", "Signe de Hampton absent."),
        ("es", "Fuerza 4/5, dolor en 4/10, historia clínica de 14 meses."),
        ("fr", "Poignet 8.83 17.6 -61.8\nMoteur Left 2.0 -2.7 -3.47"),
    ],
)
def test_what_only_looks_like_an_identifier_is_left(language: str, text: str) -> None:
    assert found(text, language) == []
