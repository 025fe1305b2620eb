"""A small consortium: everything it writes is what its truth says, byte for byte the same again."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from cxrforge.errors import UsageError
from cxrforge.synthetic.consortium import FULL, generate, reduced, thresholds

MATRIX = (600, 512)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("consortium"), studies=24, seed=3, matrix=MATRIX, workers=1)


@pytest.fixture(scope="module")
def truth(made: Path) -> dict[str, Any]:
    return json.loads(made.read_text(encoding="utf-8"))


def content(made: Path, path: str) -> bytes:
    head, zipped, inner = path.partition(".zip/")
    if not zipped:
        return (made.parent / path).read_bytes()
    with zipfile.ZipFile(made.parent / f"{head}.zip") as archive:
        return archive.read(inner)


def images(truth: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(study, image) for study in truth["studies"] for image in study["images"]]


def digest(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.slow
def test_same_seed_gives_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    one = generate(tmp_path / "one", studies=5, seed=8, matrix=(400, 320), workers=1)
    two = generate(tmp_path / "two", studies=5, seed=8, matrix=(400, 320), workers=2)
    assert digest(one.parent) == digest(two.parent)


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    planted = [
        set(
            json.loads(generate(tmp_path / str(s), studies=2, seed=s, matrix=(300, 256), workers=1).read_text())[
                "planted"
            ]
        )
        for s in (1, 2)
    ]
    assert planted[0] != planted[1]


def test_every_file_on_disk_stands_in_the_truth(made: Path, truth: dict[str, Any]) -> None:
    told = {
        image["path"].partition(".zip/")[0] + (".zip" if ".zip/" in image["path"] else "") for _, image in images(truth)
    }
    told |= {report["path"] for study in truth["studies"] for report in study["reports"]}
    told |= {other["path"] for other in truth["other_files"]}
    assert told == set(digest(made.parent)) - {"truth.json"}


def test_headers_and_pixels_are_as_the_truth_says(made: Path, truth: dict[str, Any]) -> None:
    for study, image in images(truth):
        if image["kind"] == "truncated":
            continue
        ds = pydicom.dcmread(io.BytesIO(content(made, image["path"])))
        assert (ds.StudyInstanceUID, ds.SOPInstanceUID) == (study["study_uid"], image["sop_uid"])
        assert (ds.Rows, ds.Columns, ds.BitsStored) == (image["rows"], image["columns"], image["bits_stored"])
        assert ds.file_meta.TransferSyntaxUID == image["transfer_syntax"]
        assert ds.PatientID == study["patient"]["id"]
        values = ds.pixel_array
        assert values.shape == (ds.Rows, ds.Columns)
        assert values.max() < 1 << ds.BitsStored
        if image["kind"] == "primary" and image["bits_stored"] >= 12:
            assert len(np.unique(values)) > 1024


def test_a_truncated_image_cannot_be_decoded(made: Path, truth: dict[str, Any]) -> None:
    cut = [image for _, image in images(truth) if image["kind"] == "truncated"]
    assert cut
    for image in cut:
        with pytest.raises(Exception):  # noqa: B017 - which one depends on the transfer syntax
            _ = pydicom.dcmread(io.BytesIO(content(made, image["path"]))).pixel_array


def test_burned_in_text_lies_in_its_box(made: Path, truth: dict[str, Any]) -> None:
    seen = 0
    for _, image in images(truth):
        if image["kind"] == "truncated":
            continue
        ds = pydicom.dcmread(io.BytesIO(content(made, image["path"])))
        values = ds.pixel_array.astype(int)
        ink = 0 if ds.PhotometricInterpretation == "MONOCHROME1" else values.max()
        for line in image["burned_in"]:
            x, y, w, h = line["box"]
            patch = values[y : y + h, x : x + w]
            assert np.mean(abs(patch - ink) < 0.2 * (1 << ds.BitsStored)) > 0.08, line
            seen += line["identifier"]
    assert seen > 10


def test_side_markers_stand_on_every_chest_image_and_are_no_identifiers(truth: dict[str, Any]) -> None:
    for _, image in images(truth):
        if image["kind"] == "primary":
            assert [line["text"] for line in image["burned_in"] if not line["identifier"]] in (["R"], ["L"])


def test_two_people_in_two_hospitals_share_a_patient_id(truth: dict[str, Any]) -> None:
    owners: dict[str, set[tuple[str, str]]] = {}
    for study in truth["studies"]:
        owners.setdefault(study["patient"]["id"], set()).add((study["hospital"], study["patient"]["name"]))
    assert any(len({hospital for hospital, _ in people}) > 1 for people in owners.values())


def test_years_vendors_and_children_are_as_the_dataset_asks(truth: dict[str, Any]) -> None:
    assert len({study["year"] for study in truth["studies"]}) >= 5
    assert len({hospital["vendor"] for hospital in truth["hospitals"]}) >= 3
    children = [study for study in truth["studies"] if study["age"] < 18]
    assert 0 < len(children) <= len(truth["studies"]) / 10


def test_every_report_format_occurs(truth: dict[str, Any]) -> None:
    formats = {report["format"] for study in truth["studies"] for report in study["reports"]}
    assert formats == {"txt", "json", "csv", "hl7", "fhir", "sr-2000", "rtf", "pdf"}


def test_every_flaw_and_extra_occurs(truth: dict[str, Any]) -> None:
    expected = {study["expect"] for study in truth["studies"]}
    assert {"below-matrix", "eight-bit", "wrong-body-part", "no-report", "ambiguous-report", "ap-only"} < expected
    kinds = {image["kind"] for _, image in images(truth)}
    assert {"for-processing", "bone-suppressed", "secondary-capture", "truncated"} < kinds


def test_findings_of_the_truth_have_boxes_on_the_image(truth: dict[str, Any]) -> None:
    for study, image in images(truth):
        if image["kind"] != "primary" or image["view"] != "PA":
            continue
        for finding in study["findings"]:
            if finding["kind"] in {"effusion", "consolidation", "nodule", "pneumothorax"}:
                assert f"{finding['kind']}_{finding['side']}" in image["boxes"]
        heart, field = image["boxes"]["heart"], image["columns"]
        assert 0.2 * field < heart[2] < 0.65 * field


def test_planted_strings_are_long_and_stand_in_the_files(made: Path, truth: dict[str, Any]) -> None:
    assert min(map(len, truth["planted"])) >= 6
    study = truth["studies"][0]
    name = study["patient"]["name"].split("^")[0]
    assert name in truth["planted"]
    assert name.encode() in content(made, study["images"][0]["path"])


def test_refuses_what_it_cannot_make(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="hospitals"):
        generate(tmp_path, hospitals=99)


def test_view_and_region_codes_are_those_of_the_standard() -> None:
    from pydicom.sr.codedict import codes

    from cxrforge.synthetic.headers import CHEST_REGION, KNEE_REGION, VIEW_CODES

    assert VIEW_CODES["PA"][0] == codes.SCT.PosteroAnterior.value
    assert VIEW_CODES["AP"][0] == codes.SCT.AnteroPosterior.value
    assert CHEST_REGION[0] == codes.SCT.Chest.value
    assert KNEE_REGION[0] == codes.SCT.Knee.value


def test_a_reduced_matrix_keeps_its_proportions_and_names_what_a_workspace_must_ask_for() -> None:
    assert reduced(FULL[1]) == FULL
    assert reduced(512) == (625, 512)
    assert thresholds(FULL) == {}
    assert thresholds(reduced(512)) == {"matrix": {"pixels": 512}}
