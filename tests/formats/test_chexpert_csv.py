from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

from cxrforge.formats.chexpert import COLUMNS, chexpert_csv
from cxrforge.formats.release_content import ReleaseContent

MakeContent = Callable[..., ReleaseContent]


def rows(content: ReleaseContent, **study: str) -> list[dict[str, str]]:
    studies = {row.study: replace(row, **study) for row in content.studies}
    labels = {row.image: row for row in content.labels}
    data = chexpert_csv((f.row, labels[f.row.image], studies[f.row.study]) for f in content.images)
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_the_columns_are_chexpert_s_own() -> None:
    """Header line of CheXpert-v1.0's train.csv."""
    assert ",".join(COLUMNS) == (
        "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,"
        "Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,"
        "Support Devices"
    )


def test_labels_become_chexpert_s_values(make_content: MakeContent) -> None:
    first = rows(make_content())[0]
    assert first["Path"] == "images/north/P0000/S0000/I0000a.dcm"
    assert (first["Pleural Effusion"], first["Pneumothorax"], first["Edema"], first["Fracture"]) == (
        "1.0",
        "0.0",
        "-1.0",
        "",
    )


def test_views_stand_in_chexpert_s_two_columns(make_content: MakeContent) -> None:
    views = {row["Path"][-5]: (row["Frontal/Lateral"], row["AP/PA"]) for row in rows(make_content())}
    assert views == {"a": ("Frontal", "PA"), "b": ("Lateral", "")}


def test_sex_and_age_are_empty_unless_the_study_carries_them(make_content: MakeContent) -> None:
    content = make_content()
    assert {(row["Sex"], row["Age"]) for row in rows(content)} == {("", "")}
    assert {(row["Sex"], row["Age"]) for row in rows(content, sex="F", age_band="60-69")} == {("Female", "60")}


def test_every_image_stands_in_one_split_s_file(make_content: MakeContent, tmp_path: object) -> None:
    content = make_content()
    assert len(rows(content)) == len(content.images)
