"""The audit and user commands over a small workspace."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cxrforge.cli.main import app

sys.path.insert(0, str(Path(__file__).parents[1] / "reading_room"))
from reading_factory import PASSWORD, filled

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cli") / "w"
    filled(made, {"north": 6}).close()
    return made


@pytest.fixture
def call(folder: Path) -> Call:
    def run(*words: str, input: str | None = None, json_out: bool = True) -> Any:
        done = CliRunner().invoke(app, ["-w", str(folder), *words], input=input)
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.output) if json_out else done.output

    return run


def test_the_whole_way_from_a_person_to_exported_readings(call: Call, tmp_path: Path) -> None:
    for name in ("reader1", "reader2"):
        said = call("user", "add", name, "--role", "radiologist", "--password-stdin", input=PASSWORD, json_out=False)
        assert PASSWORD not in said
    assert [p["name"] for p in call("user", "list", "--json")] == ["reader1", "reader2"]
    call("user", "disable", "reader2", json_out=False)
    call("user", "disable", "reader2", "--undo", json_out=False)
    call("user", "password", "reader2", "--password-stdin", input=PASSWORD + "x", json_out=False)

    drawn = call("audit", "draw", "label", "--share", "0.5", "--reader", "reader1", "--seed", "3", "--json")
    assert drawn["sampled"] == 3 and drawn["seed"] == 3
    audit = drawn["id"]
    entities = [r["entity"] for r in call("audit", "log", "--json")]
    assert audit in entities

    call("audit", "export", audit, "--output", str(tmp_path / "none.json"), json_out=False)
    rows = [{"entity": f"Snorth{n:04}", "reading": {"report_labels": {"Pleural Effusion": n % 2}}} for n in range(6)]
    (tmp_path / "in.json").write_text(json.dumps(rows))
    words = ("audit", "import", audit, str(tmp_path / "in.json"), "--reader", "reader1", "--simulated", "--json")
    assert call(*words) == {"taken": 3, "not_assigned": 3}

    (status,) = call("audit", "status", audit, "--json")
    assert status["simulated"] and status["left"] == 0
    effusion = status["results"]["labels"]["Pleural Effusion"]["positive"]
    assert effusion["precision"]["value"] in (1.0, None) and effusion["false_negative"] == 0
    assert "simulated" in call("audit", "status", json_out=False)

    call("audit", "export", audit, "--output", str(tmp_path / "out.csv"), json_out=False)
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert len(lines) == 4 and lines[0].startswith("audit,entity,site,stratum,probability,slot,reader,simulated")
    assert "rows, none changed" in call("audit", "log", "--verify", json_out=False)


def test_boxes_come_and_go_as_coco(call: Call, tmp_path: Path) -> None:
    audit = call("audit", "draw", "label", "--share", "1", "--json")["id"]
    call("user", "add", "boxer", "--role", "radiologist", "--password-stdin", input=PASSWORD, json_out=False)
    coco = {
        "images": [{"id": 7, "file_name": "upload/1a2b3c-Inorth0001a.png", "width": 2100, "height": 2500}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [10.5, 20, 300, 400.25]}],
        "categories": [{"id": 1, "name": "Cardiomegaly"}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    words = ("audit", "import", audit, str(tmp_path / "coco.json"), "--reader", "boxer", "--json")
    assert call(*words) == {"taken": 1, "not_assigned": 0}
    labels = "entity,Cardiomegaly\nSnorth0001,1\n"
    (tmp_path / "labels.csv").write_text(labels)
    call("audit", "import", audit, str(tmp_path / "labels.csv"), "--reader", "boxer", json_out=False)
    call("audit", "export", audit, "--output", str(tmp_path / "out.coco.json"), json_out=False)
    out = json.loads((tmp_path / "out.coco.json").read_text())
    assert out["annotations"][0]["bbox"] == [10.5, 20.0, 300.0, 400.25]
    assert (out["images"][0]["height"], out["images"][0]["width"]) == (2500, 2100)


@pytest.mark.parametrize(
    "content", ["{", '{"a": 1}', '[{"entity": "S1"}]', '{"images": [], "annotations": [1], "categories": []}']
)
def test_a_file_that_holds_no_readings_is_refused_in_one_line(folder: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    words = ["-w", str(folder), "audit", "import", "label-1", str(tmp_path / "bad.json"), "--reader", "x"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code != 0
    assert "cannot be used" in str(done.exception)
