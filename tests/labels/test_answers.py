"""`cxrforge label` writes JSON Lines, CheXpert's CSV or Parquet, by the suffix of its output."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cxrforge.cli.main import app
from cxrforge.errors import UsageError
from cxrforge.labels.answers import writer_for
from cxrforge.records import OBSERVATIONS

LINES = [
    {"id": "a", "text": "Small left effusion. No pneumothorax. Possible nodule.", "lang": "en"},
    {"id": "b", "text": "Calcified nodule.", "lang": "en"},
    {"id": "c"},
]


def run(folder: Path, name: str, *options: str) -> Path:
    source, output = folder / "in.jsonl", folder / name
    source.write_text("\n".join(json.dumps(line) for line in LINES), encoding="utf-8")
    result = CliRunner().invoke(app, ["label", str(source), "--output", str(output), *options])
    assert result.exit_code == 0, result.output
    return output


def test_csv_carries_chexperts_columns_and_values(tmp_path: Path) -> None:
    with run(tmp_path, "out.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert tuple(rows[0]) == ("id", "lang", *OBSERVATIONS, "issue")
    assert [rows[0][o] for o in ("Pleural Effusion", "Pneumothorax", "Lung Lesion", "Edema")] == [
        "1.0",
        "0.0",
        "-1.0",
        "",
    ]
    assert (rows[2]["id"], rows[2]["issue"], rows[2]["Edema"]) == ("c", "label-no-text", "")


def test_parquet_carries_labels_and_mentions(tmp_path: Path) -> None:
    first, _, turned_away = pq.read_table(run(tmp_path, "out.parquet")).to_pylist()
    assert (first["Pleural Effusion"], first["Pneumothorax"], first["Lung Lesion"], first["Edema"]) == (1, 0, -1, None)
    effusion = next(m for m in first["mentions"] if m["observation"] == "Pleural Effusion")
    assert (effusion["laterality"], effusion["severity"], effusion["change"]) == ("left", "small", None)
    assert turned_away["issue"] == "label-no-text"


def test_jsonl_mentions_carry_what_is_stated_beside_them(tmp_path: Path) -> None:
    answer = json.loads(run(tmp_path, "out.jsonl").read_text(encoding="utf-8").split("\n")[0])
    assert answer["mentions"][0]["laterality"] == "left"


def test_calcified_nodules_are_left_out_on_request(tmp_path: Path) -> None:
    def lesions(*options: str) -> list[int | None]:
        return [row["Lung Lesion"] for row in pq.read_table(run(tmp_path, "out.parquet", *options)).to_pylist()]

    assert lesions() == [-1, 1, None]
    assert lesions("--ignore-calcified-nodules") == [-1, None, None]


def test_another_suffix_is_refused() -> None:
    with pytest.raises(UsageError, match="format"):
        writer_for(Path("labels.txt"))
