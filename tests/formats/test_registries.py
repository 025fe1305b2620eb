"""What registries and static servers read of a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxrforge.formats.release_tree import write_release

yaml = pytest.importorskip("yaml", reason="PyYAML is absent")


def test_the_card_s_metadata_is_yaml_that_names_every_table(make_content, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = write_release(tmp_path / "r", make_content(title='A "quoted": title')).folder
    told = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    assert told["pretty_name"] == 'A "quoted": title' and told["language"] == ["en"]
    for config in told["configs"]:
        assert (folder / config["data_files"]).is_file()


def test_citation_and_registry_carry_what_was_set(make_content, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    content = make_content(licence="CC-BY-4.0", published="2026-05-01")
    folder = write_release(tmp_path / "r", content).folder
    cited = yaml.safe_load((folder / "CITATION.cff").read_text())
    assert (cited["type"], cited["license"], cited["date-released"]) == ("dataset", "CC-BY-4.0", "2026-05-01")
    assert cited["authors"] and cited["title"] == "Demo"
    listed = json.loads((folder / "datacite.json").read_text())
    assert listed["publicationYear"] == 2026 and listed["version"] == "0.1.0"


def test_the_page_is_the_card_and_runs_nothing(make_content, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    content = make_content(description="<script>alert(1)</script>")
    page = (write_release(tmp_path / "r", content).folder / "index.html").read_text()
    assert "<script>" not in page and "Draft, not a release." in page and "<table>" in page
