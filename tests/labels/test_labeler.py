"""What a report's labels must be, told in small English reports."""

from __future__ import annotations

import pytest

from cxrforge.labels.labeler import label_report
from cxrforge.records import OBSERVATIONS, Assertion, Section

P, A, U = Assertion.PRESENT, Assertion.ABSENT, Assertion.UNCERTAIN


@pytest.mark.parametrize(
    ("text", "observation", "expected"),
    [
        ("Small bilateral pleural effusions.", "Pleural Effusion", P),
        ("No effusion, pneumothorax or consolidation.", "Consolidation", A),
        ("No pneumothorax, small left effusion.", "Pleural Effusion", P),
        ("No pneumothorax but a small effusion.", "Pleural Effusion", P),
        ("Pneumonia cannot be excluded.", "Pneumonia", U),
        ("Atelectasis versus pneumonia at the left base.", "Pneumonia", U),
        ("No increase in the effusion.", "Pleural Effusion", P),
        ("The effusion has resolved.", "Pleural Effusion", A),
        ("Pneumothorax: not seen.", "Pneumothorax", A),
        ("Pneumothorax: no.", "Pneumothorax", A),
        ("Heart size is normal.", "Cardiomegaly", A),
        ("Normal heart size and mediastinal contours.", "Enlarged Cardiomediastinum", A),
        ("Heart and mediastinum are normal.", "Cardiomegaly", A),
        ("The heart is not enlarged, the mediastinum is widened.", "Cardiomegaly", A),
        ("The heart is not enlarged, the mediastinum is widened.", "Enlarged Cardiomediastinum", P),
        ("The heart is borderline in size.", "Cardiomegaly", U),
        ("Costophrenic angles are clear.", "Pleural Effusion", A),
        ("Blunted costophrenic angle.", "Pleural Effusion", None),
        ("Mild pulmonary vascular congestion.", "Edema", U),
        ("No pulmonary vascular congestion.", "Edema", A),
        ("The chest drain has been removed.", "Support Devices", None),
        ("Fractured pacemaker lead.", "Fracture", None),
        ("Pericardial effusion.", "Pleural Effusion", None),
        ("Hydropneumothorax on the right.", "Pneumothorax", P),
        ("Hydropneumothorax on the right.", "Pleural Effusion", P),
        ("Nodular opacity in the left apex.", "Lung Lesion", P),
        ("Nodular opacity in the left apex.", "Lung Opacity", P),
        ("Vertebral collapse at T9.", "Atelectasis", None),
        ("rigth consoldiation, no effsuion", "Consolidation", P),
        ("rigth consoldiation, no effsuion", "Pleural Effusion", A),
        ("Effusion?", "Pleural Effusion", U),
        ("The effusion has resolved, likewise the consolidation.", "Consolidation", A),
        ("The effusion is not seen, no change in the consolidation.", "Consolidation", P),
        ("Recommend CT to assess for pneumonia.", "Pneumonia", None),
    ],
)
def test_a_sentence_is_read_as_a_radiologist_means_it(text: str, observation: str, expected: Assertion | None) -> None:
    assert label_report(text, "en").labels[observation] is expected


def test_every_report_gets_all_fourteen_labels() -> None:
    assert tuple(label_report("", "en").labels) == OBSERVATIONS


def test_no_finding_is_one_unless_a_pathology_is_present_or_uncertain_and_never_zero() -> None:
    assert label_report("Pacemaker. No effusion.", "en").labels["No Finding"] is P
    assert label_report("Possible effusion.", "en").labels["No Finding"] is None


def test_spans_cut_the_words_that_the_mention_claims() -> None:
    text = "Lungs: no  pleural\neffusion."
    [mention] = [m for m in label_report(text, "en").mentions if m.observation == "Pleural Effusion"]
    assert text[mention.start : mention.end] == "effusion"
    assert mention.rule


def sections(**parts: str) -> tuple[str, list[Section]]:
    text, cut = "", []
    for name, part in parts.items():
        cut.append(Section(name, len(text), len(text) + len(part)))
        text += part + "\n"
    return text, cut


def test_history_and_question_never_count() -> None:
    text, cut = sections(indication="Pneumonia? Pneumothorax.", findings="Clear lungs.")
    assert not label_report(text, "en", cut).mentions


def test_addendum_overrides_impression_and_impression_overrides_findings_but_silence_does_not() -> None:
    text, cut = sections(
        findings="Possible effusion. Pneumothorax.", impression="No effusion. Fracture.", addendum="No fracture."
    )
    labels = label_report(text, "en", cut).labels
    assert (labels["Pleural Effusion"], labels["Pneumothorax"], labels["Fracture"]) == (A, P, A)


def test_within_a_section_positive_beats_uncertain_beats_negative() -> None:
    assert label_report("No effusion. Possible effusion.", "en").labels["Pleural Effusion"] is U
    assert label_report("Possible effusion. Small effusion. No effusion.", "en").labels["Pleural Effusion"] is P


def test_a_text_longer_than_a_block_is_labelled_to_its_end_with_true_offsets() -> None:
    text = "The lungs are clear. " * 2500 + "Left effusion."
    [mention] = [m for m in label_report(text, "en").mentions if m.observation == "Pleural Effusion"]
    assert text[mention.start : mention.end] == "effusion"
    assert mention.start > 50_000


BROKEN = {
    "en": ("CTR below 50%. No\nPTX.", "Pneumothorax"), "de": ("Verschattungen beidseits. Kein\nPneumothorax.", "Pneumothorax"),
    "fr": ("Cœur normal. Pas de\nPneumothorax.", "Pneumothorax"), "es": ("ICT normal. Sin\nNeumotórax.", "Pneumothorax"),
    "it": ("ICT nei limiti. Non\nPNX.", "Pneumothorax"), "nl": ("Hart normaal. Geen\nPneumothorax.", "Pneumothorax"),
    "pt": ("ICT normal. Sem\nPneumotórax.", "Pneumothorax"), "pl": ("Serce w normie. Bez\nOdmy.", "Pneumothorax"),
}  # fmt: skip


@pytest.mark.parametrize("language", BROKEN)
def test_a_short_line_that_ends_on_a_negation_goes_on_in_the_next(language: str) -> None:
    text, observation = BROKEN[language]
    assert label_report(text, language).labels[observation] is Assertion.ABSENT


def test_a_negation_that_closes_its_line_denies_nothing_of_the_next() -> None:
    labels = label_report("Pleural effusion: no\nPneumothorax right apical", "en").labels
    assert labels["Pneumothorax"] is Assertion.PRESENT
