"""One look at an image, and the line it becomes."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from imaging_factory import fit_facts
from typer.testing import CliRunner

from cxrforge.cli.main import app
from cxrforge.imaging.inspection import ANATOMY, QUALITY, inspect_image
from cxrforge.imaging.loading import Picture, inspect_file, load_picture
from cxrforge.tables import issue_codes


def line_shape_is_the_designs(line: dict) -> bool:
    return (
        {
            "view",
            "view_confidence",
            "view_header",
            "cardiothoracic_ratio",
            "quality",
            "anatomy",
            "authenticity",
            "boxes",
            "issues",
        }
        <= set(line)
        and set(line["quality"]) == set(QUALITY)
        and set(line["anatomy"]) == set(ANATOMY)
        and all(measure["verdict"] in ("pass", "review", "fail") for measure in line["quality"].values())
        and all(measure["value"] is not None or measure["verdict"] == "review" for measure in line["quality"].values())
        and all(issue["code"] in issue_codes.load() for issue in line["issues"])
    )


def test_a_noise_image_gets_a_whole_line_and_no_invented_value() -> None:
    stored = np.random.default_rng(0).integers(0, 4096, (300, 200)).astype(np.uint16)
    line = inspect_image(stored, stored / np.float32(4095), fit_facts()).to_json()
    assert line_shape_is_the_designs(json.loads(json.dumps(line)))
    assert line["authenticity"]["grey_levels"] > 1024


def test_the_command_writes_one_line_per_file_good_or_bad(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "in"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), rng.integers(0, 65536, (120, 100)).astype(np.uint16))
    cv2.imwrite(str(folder / "b.jpg"), rng.integers(0, 256, (120, 100)).astype(np.uint8))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    (folder / "cut.dcm").write_bytes(bytes(128) + b"DICM\x02\x00")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "notes.txt").write_text("no image")
    out = tmp_path / "out.jsonl"
    sheet = tmp_path / "sheet.html"
    result = CliRunner().invoke(app, ["inspect", str(folder), "--output", str(out), "--sheet", str(sheet)])
    assert result.exit_code == 0, result.output
    page = sheet.read_text()
    assert page.count("<article>") == 6 and page.count("data:image/jpeg") == 6 and "image-undecodable" in page
    assert all(path.name in page and str(folder) not in page for path in folder.iterdir())
    lines = {Path(line["path"]).name: line for line in map(json.loads, out.read_text().splitlines())}
    assert set(lines) == {path.name for path in folder.iterdir()}
    assert all(line_shape_is_the_designs(line) for line in lines.values())
    codes = {name: {issue["code"] for issue in line["issues"]} for name, line in lines.items()}
    assert "image-lossy" in codes["b.jpg"] and "image-lossy" not in codes["a.png"]
    assert "image-undecodable" in codes["broken.png"]
    for name in ("cut.dcm", "empty.dcm", "notes.txt"):
        assert codes[name], name


def test_real_dicom_files_of_every_kind_get_a_line(shared_data: Path) -> None:
    for name in (
        "JPLL_RG3_JPLL.dcm",
        "presidio_0_ORIGINAL_no_pixels.dcm",
        "presidio_burnedin/2_ORIGINAL.dcm",
        "presidio_burnedin/RGB_ORIGINAL.dcm",
    ):
        line = inspect_file(shared_data / "dicom" / name).to_json()
        assert line_shape_is_the_designs(line) and line["issues"], name


def test_a_real_pa_without_a_header_is_seen_measured_and_not_contradicted(shared_data: Path) -> None:
    line = inspect_file(shared_data / "images/nih/00007629_001.png").to_json()
    assert line["view"] in ("PA", "AP") and line["view_header"] is None
    assert 0.3 < line["cardiothoracic_ratio"] < 0.8
    assert all(line["anatomy"].values()) and line["quality"]["rotation"]["value"] is not None
    right, left = line["anatomy"]["right_lung"], line["anatomy"]["left_lung"]
    assert right[0] + right[2] / 2 < left[0] + left[2] / 2, "the right lung is on the image's left"


def test_header_and_image_at_odds_go_to_a_person(shared_data: Path) -> None:
    lateral = next(p for p in sorted((shared_data / "site-export/export/dicom").rglob("IM00011")))
    picture = load_picture(lateral)
    assert isinstance(picture, Picture)
    line = inspect_image(picture.stored, picture.shown, fit_facts(view="PA")).to_json()
    assert line["view"] == "LATERAL" and line["view_header"] == "PA"
    assert "image-view-contradiction" in {issue["code"] for issue in line["issues"]}
    turned = inspect_image(np.rot90(picture.stored), np.rot90(picture.shown), fit_facts()).to_json()
    assert not any(turned["anatomy"].values())
