"""Laws that hold for every report: what never changes a label, and what must."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrforge.labels.labeler import label_report
from cxrforge.records import Assertion
from cxrforge.tables.label_rules import LANGUAGES

SENTENCES = {
    "en": ("Small right pleural effusion.", "No pneumothorax or consolidation.", "Heart size is normal.", "Possible pneumonia at the left base.", "Central line in place."),
    "de": ("Kleiner Pleuraerguss rechts.", "Kein Pneumothorax oder Infiltrat.", "Herz normal groß.", "Verdacht auf Pneumonie links.", "ZVK regelrecht."),
    "fr": ("Petit épanchement pleural droit.", "Pas de pneumothorax ni de condensation.", "Silhouette cardiaque normale.", "Possible pneumopathie gauche.", "Cathéter central en place."),
    "es": ("Pequeño derrame pleural derecho.", "No neumotórax ni condensaciones.", "Silueta cardiaca normal.", "Posible neumonía izquierda.", "Catéter central normoposicionado."),
    "it": ("Piccolo versamento pleurico destro.", "Non pneumotorace né addensamenti.", "Ombra cardiaca nei limiti.", "Possibile polmonite sinistra.", "Catetere venoso in sede."),
    "nl": ("Gering pleuravocht rechts.", "Geen pneumothorax of consolidatie.", "Hart niet vergroot.", "Mogelijk pneumonie links.", "Centrale lijn in situ."),
    "pt": ("Pequeno derrame pleural direito.", "Sem pneumotórax ou consolidação.", "Área cardíaca normal.", "Possível pneumonia à esquerda.", "Cateter central bem posicionado."),
    "pl": ("Niewielka ilość płynu w prawej opłucnej.", "Bez odmy i konsolidacji.", "Serce w normie.", "Możliwe zapalenie płuc po lewej.", "Cewnik centralny w prawidłowym położeniu."),
}  # fmt: skip

NEGATIONS = {
    "en": ("Pleural effusion.", "No pleural effusion."), "de": ("Pleuraerguss.", "Kein Pleuraerguss."),
    "fr": ("Épanchement pleural.", "Pas d'épanchement pleural."), "es": ("Derrame pleural.", "Sin derrame pleural."),
    "it": ("Versamento pleurico.", "Non versamento pleurico."), "nl": ("Pleuravocht.", "Geen pleuravocht."),
    "pt": ("Derrame pleural.", "Sem derrame pleural."), "pl": ("Płyn w opłucnej.", "Bez płynu w opłucnej."),
}  # fmt: skip

NO = {
    "en": "No ",
    "de": "Kein ",
    "fr": "Pas de ",
    "es": "Sin ",
    "it": "Assenza di ",
    "nl": "Geen ",
    "pt": "Sem ",
    "pl": "Nie stwierdza się ",
}
FINDINGS = {
    "Pneumothorax": ("pneumothorax", "Pneumothorax", "pneumothorax", "neumotórax", "pneumotorace", "pneumothorax", "pneumotórax", "odmy opłucnowej"),
    "Consolidation": ("consolidation", "Konsolidat", "condensation alvéolaire", "condensación", "addensamento", "consolidatie", "consolidação", "konsolidacji"),
    "Atelectasis": ("atelectasis", "Atelektasen", "atélectasie", "atelectasia", "atelettasia", "atelectase", "atelectasia", "niedodmy"),
    "Pneumonia": ("pneumonia", "Pneumonie", "pneumonie", "neumonía", "polmonite", "pneumonie", "pneumonia", "zapalenia płuc"),
    "Fracture": ("rib fracture", "Rippenfraktur", "fracture costale", "fractura costal", "frattura costale", "ribfractuur", "fratura de costela", "złamania żeber"),
    "Lung Lesion": ("lung nodule", "Rundherd", "nodule pulmonaire", "nódulo pulmonar", "nodulo polmonare", "longnodus", "nódulo pulmonar", "guzka płuca"),
}  # fmt: skip

ELSEWHERE = {
    "en": "Gas in the stomach.", "de": "Magenblase orthotop.",
    "fr": "Clarté gazeuse gastrique en place.", "es": "Cámara gástrica normal.", "it": "Bolla gastrica normale.",
    "nl": "Maagblaas op normale plaats.", "pt": "Câmara gástrica normal.", "pl": "Bańka powietrzna żołądka widoczna.",
}  # fmt: skip

reports = st.sampled_from(LANGUAGES).flatmap(
    lambda lang: st.tuples(
        st.just(lang), st.lists(st.sampled_from(SENTENCES[lang]), min_size=1, max_size=5, unique=True).map(" ".join)
    )
)


def labels(text: str, language: str) -> dict[str, Assertion | None]:
    return dict(label_report(text, language).labels)


@given(reports, st.sampled_from(("upper", "lower", "swapcase", "title")))
def test_case_never_changes_a_label(report: tuple[str, str], change: str) -> None:
    language, text = report
    assert labels(getattr(text, change)(), language) == labels(text, language)


@given(reports)
def test_missing_accents_never_change_a_label(report: tuple[str, str]) -> None:
    language, text = report
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).replace("ł", "l")
    assert labels(bare, language) == labels(text, language)


@given(reports, st.sampled_from(("NFC", "NFD", "NFKC", "NFKD")))
def test_unicode_form_never_changes_a_label(report: tuple[str, str], form: str) -> None:
    language, text = report
    assert labels(unicodedata.normalize(form, text), language) == labels(text, language)


@given(reports, st.integers(min_value=60, max_value=140), st.sampled_from(("\n", "\r\n")))
def test_wrapping_never_changes_a_label(report: tuple[str, str], width: int, newline: str) -> None:
    language, text = report
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    assert labels(newline.join([*lines, line]), language) == labels(text, language)


@given(reports)
def test_a_sentence_about_another_organ_never_changes_a_label(report: tuple[str, str]) -> None:
    language, text = report
    assert labels(f"{text} {ELSEWHERE[language]}", language) == labels(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_negating_a_positive_sentence_flips_it(language: str) -> None:
    positive, negative = NEGATIONS[language]
    assert labels(positive, language)["Pleural Effusion"] is Assertion.PRESENT
    assert labels(negative, language)["Pleural Effusion"] is Assertion.ABSENT


@pytest.mark.parametrize("observation", FINDINGS)
@pytest.mark.parametrize("place", range(8), ids=tuple(NO))
def test_a_bare_finding_is_present_and_its_negation_absent(observation: str, place: int) -> None:
    language, finding = tuple(NO)[place], FINDINGS[observation][place]
    assert labels(f"{finding[0].upper()}{finding[1:]}.", language)[observation] is Assertion.PRESENT
    assert labels(f"{NO[language]}{finding}.", language)[observation] is Assertion.ABSENT


@given(st.text(max_size=400), st.sampled_from(LANGUAGES))
@settings(max_examples=200)
def test_any_text_is_labelled_and_spans_stay_inside_it(text: str, language: str) -> None:
    for mention in label_report(text, language).mentions:
        assert 0 <= mention.start < mention.end <= len(text)


HOSTILE = (
    "no effusion or possible pneumonia and the heart is normal ",
    "heart ", "normal ", "no ", "opacity-", "effusion, ", "a", "- ", "\n", "(((", "cannot be excluded ", "of of of fracture ",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_with_length_alone(piece: str) -> None:
    """Counted in lines of Python that run, so that a busy machine changes nothing."""
    small, large = steps(piece, 8_000), steps(piece, 64_000)
    assert large < 8 * small * 1.5


def steps(piece: str, size: int) -> int:
    text = (piece * (size // len(piece) + 1))[:size]
    label_report(text, "en")
    count = 0

    def count_line(*_: object) -> object:
        nonlocal count
        count += 1
        return count_line

    before = sys.gettrace()
    sys.settrace(count_line)  # type: ignore[arg-type]
    try:
        label_report(text, "en")
    finally:
        sys.settrace(before)
    return count
