"""Side, place, size and change stand beside a mention where its clause states them, and touch no label."""

from __future__ import annotations

import time

import pytest

from cxrforge.errors import TableError
from cxrforge.labels import label_report
from cxrforge.labels.attributes import describe
from cxrforge.tables import label_attributes
from cxrforge.tables.files import read_toml
from cxrforge.tables.label_rules import LANGUAGES

STATED = {
    "en": ("Small left pleural effusion, increased.", "left", None, "small", "increased"),
    "de": ("Kleiner Pleuraerguss rechts, unverändert.", "right", None, "small", "unchanged"),
    "fr": ("Petit épanchement pleural droit inchangé.", "right", None, "small", "unchanged"),
    "es": ("Gran derrame pleural izquierdo, estable.", "left", None, "large", "unchanged"),
    "it": ("Modesto versamento pleurico bilaterale, aumentato.", "bilateral", None, "small", "increased"),
    "nl": ("Matige pleura-effusie links, toegenomen.", "left", None, "moderate", "increased"),
    "pt": ("Pequeno derrame pleural à direita, inalterado.", "right", None, "small", "unchanged"),
    "pl": ("Niewielka ilość płynu w prawej jamie opłucnowej, bez zmian.", "right", None, "small", "unchanged"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_stated_of_an_effusion_stands_beside_it_in(language: str) -> None:
    text, *expected = STATED[language]
    found = [
        m for m in describe(text, language, label_report(text, language).mentions) if m.observation.endswith("Effusion")
    ]
    assert [found[0].laterality, found[0].location, found[0].severity, found[0].change] == expected


def test_a_word_goes_to_the_mention_nearest_to_it() -> None:
    text = "Large right upper lobe mass and small nodule at the left base. No pneumothorax."
    mass, nodule, pneumothorax = describe(text, "en", label_report(text, "en").mentions)
    assert (mass.laterality, mass.location, mass.severity) == ("right", "upper", "large")
    assert (nodule.laterality, nodule.location, nodule.severity) == ("left", "lower", "small")
    assert (pneumothorax.laterality, pneumothorax.severity) == (None, None)


def test_both_sides_named_are_bilateral() -> None:
    text = "Left and right effusion."
    [mention] = describe(text, "en", label_report(text, "en").mentions)
    assert mention.laterality == "bilateral"


def test_mentions_are_otherwise_left_as_they_were() -> None:
    text = "Large left effusion. Possible nodule."
    mentions = label_report(text, "en").mentions
    bare = [(m.observation, m.assertion, m.start, m.end, m.section, m.rule) for m in mentions]
    described = describe(text, "en", mentions)
    assert [(m.observation, m.assertion, m.start, m.end, m.section, m.rule) for m in described] == bare


def test_an_endless_sentence_takes_time_in_proportion() -> None:
    text = "small left effusion " * 4000
    mentions = label_report(text, "en").mentions
    start = time.process_time()
    describe(text, "en", mentions)
    assert time.process_time() - start < 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_without_phrases_is_refused_in(language: str) -> None:
    data = read_toml(f"lexicon/{language}/labels_attributes.toml")
    assert set(label_attributes.load()[language].phrases) == {
        (name, value) for name, values in label_attributes.ATTRIBUTES.items() for value in values
    }
    with pytest.raises(TableError, match="laterality left"):
        label_attributes.parse({**data, "laterality": {**data["laterality"], "left": []}}, "here")
    with pytest.raises(TableError, match="no value"):
        label_attributes.parse({**data, "severity": {**data["severity"], "odd": ["x"]}}, "here")
