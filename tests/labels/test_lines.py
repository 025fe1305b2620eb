"""`cxrforge label` answers every line, good or bad."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from cxrforge.cli.main import app
from cxrforge.labels.explain import marked
from cxrforge.labels.labeler import label_report
from cxrforge.records import OBSERVATIONS
from cxrforge.tables import issue_codes


def run(tmp_path: Path, lines: list[str], *options: str) -> tuple[list[dict], str]:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["label", str(source), "--output", str(output), *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in output.read_text(encoding="utf-8").split("\n") if line], result.output


def test_a_report_gets_labels_and_mentions_with_offsets_into_its_field(tmp_path: Path) -> None:
    row = {"id": "a", "findings": "Clear lungs.", "impression": "Left effusion."}
    [answer], _ = run(tmp_path, [json.dumps(row)])
    assert answer["labels"]["Pleural Effusion"] == 1
    assert tuple(answer["labels"]) == OBSERVATIONS
    [mention] = answer["mentions"]
    assert row[mention["section"]][mention["start"] : mention["end"]] == "effusion"


def test_bad_lines_are_answered_with_an_issue_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [
        "{",
        "[1]",
        '{"id": 1}',
        '{"id": 2, "text": "x", "lang": "xx"}',
        '{"id": 3, "text": null}',
        '{"id": 4, "text": "Effusion."}',
    ]
    answers, _ = run(tmp_path, lines)
    assert [a.get("issue") for a in answers[:5]] == [
        "label-line-malformed",
        "label-line-malformed",
        "label-no-text",
        "label-language-unknown",
        "label-no-text",
    ]
    assert {a["issue"] for a in answers[:5]} <= set(issue_codes.load())
    assert answers[5]["labels"]["Pleural Effusion"] == 1


def test_explain_prints_the_report_with_its_mentions_marked(tmp_path: Path) -> None:
    _, printed = run(tmp_path, ['{"id": 1, "text": "No effusion."}'], "--explain")
    assert "No [-Pleural Effusion|effusion]." in printed


def test_marks_leave_the_text_whole() -> None:
    text = "Nodular opacity, no hydropneumothorax."
    shown = marked(text, label_report(text, "en"))
    assert "?" not in shown and "[+Lung Opacity, +Lung Lesion|" in shown.replace(
        "+Lung Lesion, +Lung Opacity", "+Lung Opacity, +Lung Lesion"
    )


def test_a_whole_text_is_cut_into_sections_and_its_language_told(tmp_path: Path) -> None:
    text = "Klinische Angaben: Pneumonie?\n\nBefund: Kleiner Pleuraerguss rechts.\n\nBeurteilung: Erguss."
    [answer], _ = run(tmp_path, [json.dumps({"id": 1, "text": text})])
    assert answer["lang"] == "de"
    assert answer["labels"]["Pneumonia"] is None
    assert {m["section"] for m in answer["mentions"]} == {"findings", "impression"}
    assert all("erguss" in text[m["start"] : m["end"]].lower() for m in answer["mentions"])
