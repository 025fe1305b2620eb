"""Calcified nodules count by the guideline and are left out where the policy says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cxrforge.labels import label_report
from cxrforge.records import Assertion
from cxrforge.tables import observations

TEXTS = {
    "en": "Calcified nodule in the left upper lobe.",
    "de": "Verkalkter Rundherd im linken Oberlappen.",
    "fr": "Nodule calcifié du lobe supérieur gauche.",
    "es": "Nódulo calcificado en lóbulo superior izquierdo.",
    "it": "Nodulo calcifico del lobo superiore sinistro.",
    "nl": "Verkalkte nodus in de linker bovenkwab.",
    "pt": "Nódulo calcificado no lobo superior esquerdo.",
    "pl": "Zwapniały guzek w płacie górnym lewym.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_the_policy_says_whether_a_calcified_nodule_counts(language: str) -> None:
    ignoring = replace(observations.load(), ignore_calcified_nodules=True)
    assert label_report(TEXTS[language], language).labels["Lung Lesion"] is Assertion.PRESENT
    ignored = label_report(TEXTS[language], language, policy=ignoring)
    assert ignored.labels["Lung Lesion"] is None
    assert ignored.labels["No Finding"] is Assertion.PRESENT


def test_a_nodule_that_is_not_calcified_still_counts() -> None:
    ignoring = replace(observations.load(), ignore_calcified_nodules=True)
    text = "Calcified granuloma on the right. New nodule on the left."
    assert label_report(text, "en", policy=ignoring).labels["Lung Lesion"] is Assertion.PRESENT
