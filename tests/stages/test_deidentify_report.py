"""The stage that de-identifies reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cxrforge.config import Settings
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import DeidentifiedReport, Issue
from cxrforge.reports.deidentify import deidentify_report
from cxrforge.stages.deidentify_report import work
from cxrforge.stages.stage import TURNED_AWAY, Item, Tools
from cxrforge.store import Store

TEXT = "Findings: The lungs are clear, Zwetschkenbaum says.\n\nImpression: Normal chest."


def test_a_text_with_an_identifier_left_is_not_handed_to_the_catalogue(
    tmp_path: Path, pseudonyms: Pseudonymizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaky(text: str, **more: object) -> DeidentifiedReport:
        return replace(deidentify_report(text), issues=(Issue("report-leak"),))

    monkeypatch.setattr("cxrforge.stages.deidentify_report.deidentify_report", leaky)
    item = Item("S1", "north", "x", {}, {"documents": [{"text": TEXT}], "known": {}}, {})
    result = work(item, Tools(Settings(), pseudonyms, Store(tmp_path)))
    assert result.state == TURNED_AWAY
    assert "Zwetschkenbaum" not in str(dict(result.payload))
