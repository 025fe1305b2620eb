"""The report stage: what is published, and what must not go missing in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cxrforge.config import Settings
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.stages.deidentify_report import work
from cxrforge.stages.stage import DONE, REVIEW, Item, StageResult, Tools
from cxrforge.store import Store

TOOLS = Tools(Settings(), Pseudonymizer(bytes(32)), Store(Path("store")))


def run(text: str, **known: Any) -> StageResult:
    secret = {"documents": [{"text": text, "language": "en"}], "known": known}
    return work(Item("S1", "north", "h", {}, secret, {}), TOOLS)


def codes(result: StageResult) -> set[str]:
    return {issue.code for issue in result.issues}


def test_findings_and_impression_are_published_without_the_patient() -> None:
    text = "Patient: Quandt Mara\n\nFINDINGS:\nMrs Quandt has a small left effusion.\n\nIMPRESSION:\nEffusion."
    result = run(text, patient_names=["Quandt^Mara"])
    assert result.state == DONE and "Quandt" not in str(result.payload)
    assert result.payload["impression"] == "Effusion."
    assert result.payload["findings"].endswith("has a small left effusion.")


@pytest.mark.parametrize("heading", ["Technique", "Comparison"])
def test_findings_swallowed_by_another_section_go_to_a_person(heading: str) -> None:
    """Clinical content must not be lost because a section was cut in the wrong place."""
    text = f"{heading}: as stated. Large right pneumothorax with shift.\n\nFINDINGS:\nHeart normal.\n\nIMPRESSION:\nSee above."
    result = run(text)
    assert "report-text-outside-sections" in codes(result) and result.state == REVIEW
    assert "Pneumothorax" in next(i.detail for i in result.issues if i.code == "report-text-outside-sections")


def test_a_clinical_question_is_no_lost_finding() -> None:
    text = "INDICATION: Pneumonia? Pneumothorax?\n\nFINDINGS:\nHeart not enlarged.\n\nIMPRESSION:\nNo effusion."
    assert "report-text-outside-sections" not in codes(run(text))


def test_only_the_class_of_the_indication_goes_on() -> None:
    text = "INDICATION: Preoperative, hernia of Quandt.\n\nFINDINGS:\nHeart not enlarged.\n\nIMPRESSION:\nNo effusion."
    result = run(text)
    assert result.payload["indication"] == "pre-operative"
    assert "hernia" not in str(result.payload)
