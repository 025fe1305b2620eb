"""The gold reports in eight languages keep their figure."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cxrforge.labels.labeler import label_report
from cxrforge.labels.lines import VALUES
from cxrforge.reports.sections import cut_sections
from cxrforge.tables.label_rules import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_nearly_every_label_cell_of_the_gold_reports_is_right(shared_data: Path, language: str) -> None:
    right = total = 0
    for line in (shared_data / "reports" / "gold" / f"{language}.jsonl").read_text(encoding="utf-8").split("\n"):
        if line.strip():
            row = json.loads(line)
            text = re.sub(r"\[\[[A-Z0-9]+\|(.*?)\]\]", r"\1", row["text"], flags=re.DOTALL)
            got = label_report(text, language, cut_sections(text, language)).labels
            cells = [o for o in got if o not in row["disputed_labels"]]
            right += sum(VALUES[got[o]] == row["labels"][o] for o in cells)
            total += len(cells)
    assert right / total >= 0.95
