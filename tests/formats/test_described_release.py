"""The release as other people's tools describe and read it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cxrforge.formats.croissant import CONFORMS_TO
from cxrforge.formats.release_content import ReleaseContent
from cxrforge.formats.release_tables import TABLES
from cxrforge.formats.release_tree import write_release
from cxrforge.formats.verify import file_sha256

MakeContent = Callable[..., ReleaseContent]


def test_croissant_describes_every_table_by_its_checksum(make_content: MakeContent, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", make_content(published="2030-01-01")).folder
    told = json.loads((folder / "croissant.json").read_text())
    assert told["conformsTo"] == list(CONFORMS_TO)
    assert told["datePublished"] == "2030-01-01"
    files = {f["@id"]: f["sha256"] for f in told["distribution"] if f["@type"] == "cr:FileObject"}
    assert set(files) == {f"tables/{name}.parquet" for name in TABLES}
    assert all(file_sha256(folder / path) == digest for path, digest in files.items())
    names = [field["@id"] for records in told["recordSet"] for field in records["field"]]
    assert len(names) == len(set(names))
    assert not any(" " in name for name in names)


def test_mlcroissant_validates_and_streams_records(make_content: MakeContent, tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    folder = write_release(tmp_path / "r", make_content(published="2030-01-01")).folder
    dataset = mlcroissant.Dataset(str(folder / "croissant.json"))
    assert not dataset.metadata.issues.errors
    for name in TABLES:
        if name not in ("boxes", "readings"):  # a few boxes, and nobody has read
            rows = [row for row, _ in zip(dataset.records(f"{name}-rows"), range(10), strict=False)]
            assert len(rows) == 10


@pytest.mark.parametrize("boxes", [None, ()])
def test_pycocotools_reads_the_boxes(make_content: MakeContent, tmp_path: Path, boxes: tuple[()] | None) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    changes = {} if boxes is None else {"boxes": boxes}
    folder = write_release(tmp_path / "r", make_content(**changes)).folder
    told = coco.COCO(str(folder / "boxes/instances.json"))
    assert len(told.getImgIds()) == 24
    assert len(told.getAnnIds()) == (1 if boxes is None else 0)
    assert {c["name"] for c in told.loadCats(told.getCatIds())} == {"Cardiomegaly", "Pleural Effusion"}


def test_sha256sum_accepts_the_checksums(make_content: MakeContent, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", make_content()).folder
    try:
        done = subprocess.run(
            ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("sha256sum absent")
    assert done.returncode == 0, done.stderr


def test_every_file_that_the_data_card_links_exists(make_content: MakeContent, tmp_path: Path) -> None:
    big = {"sex": {"north": {"F": 30, "M": 30}, "south": {"F": 40, "M": 20}}}
    folder = write_release(tmp_path / "r", make_content(demographics=big)).folder
    links = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (folder / "README.md").read_text())
    assert set(links) == {"charts/labels.svg", "charts/sex.svg"}
    assert all((folder / link).is_file() for link in links)


def test_the_data_card_is_a_markdown_table_where_it_means_to_be(make_content: MakeContent, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", make_content(turned_away={"odd | code": 1})).folder
    for name in ("README.md", "CONSORTIUM.md", "DATASHEET.md"):
        width = 0
        for line in (folder / name).read_text().splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not (width and cells) or cells == width, line
            width = cells


def test_date_shifts_are_claimed_only_where_the_option_was_used(make_content: MakeContent, tmp_path: Path) -> None:
    content = make_content()
    plain = write_release(tmp_path / "plain", content).folder
    option = replace(content.provenance, options=("retain-longitudinal-modified-dates",))
    shifted = write_release(tmp_path / "shifted", replace(content, provenance=option)).folder
    for name in ("README.md", "DATASHEET.md"):
        assert "number of days per patient" not in " ".join((plain / name).read_text().split())
        assert "number of days per patient" in " ".join((shifted / name).read_text().split())


def test_small_counts_leave_neither_as_numbers_nor_as_bars(make_content: MakeContent, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", make_content()).folder
    told = json.loads((folder / "statistics/demographics.json").read_text())
    assert set(told["sex"]["studies"]["total"].values()) == {None}
    assert not (folder / "charts/sex.svg").exists()


def test_what_is_simulated_is_said_wherever_the_data_is_described(make_content: MakeContent, tmp_path: Path) -> None:
    content = make_content()
    made_up = replace(content.provenance, simulated=("audit readings",))
    folder = write_release(tmp_path / "r", replace(content, provenance=made_up)).folder
    for name in ("README.md", "DATASHEET.md", "croissant.json", "provenance.json"):
        assert "audit readings" in (folder / name).read_text()


def test_paragraphs_of_the_datasheet_stand_apart(make_content: MakeContent, tmp_path: Path) -> None:
    lines = (write_release(tmp_path / "r", make_content()).folder / "DATASHEET.md").read_text().splitlines()
    questions = [number for number, line in enumerate(lines) if line.startswith("**")]
    assert len(questions) > 15
    assert all(lines[number - 1] == "" for number in questions)
