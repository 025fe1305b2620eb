"""A release folder as tables, labels and splits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cxrforge.errors import UsageError
from cxrforge.formats.release_tables import TABLES
from cxrforge.records import OBSERVATIONS
from cxrforge.research import IGNORED, LabelPolicy, Silence, encode, load_release

WORDS = [["positive", "negative", "uncertain", "not mentioned"]]


def test_every_table_opens_as_arrow_and_pandas(release_folder: Path) -> None:
    pytest.importorskip("pandas")
    release = load_release(release_folder)
    assert (release.name, release.version, release.draft) == ("small", "1.0.0", True)
    assert set(release.tables) == set(TABLES)
    for name in TABLES:
        assert release.frame(name).shape == release.table(name).shape
    assert release.sites == ("north", "south")
    assert release.split_sets == ("default", "leave-out-north", "leave-out-south")


@pytest.mark.parametrize(
    ("policy", "silence", "expected"),
    [
        ("u-zeros", "ignore", [1, 0, 0, np.nan]),
        ("u-ones", "ignore", [1, 0, 1, np.nan]),
        ("ignore", "negative", [1, 0, np.nan, 0]),
        ("multi-class", "ignore", [1, 0, 2, IGNORED]),
        ("multi-class", "negative", [1, 0, 2, 0]),
    ],
)
def test_each_policy_says_what_uncertain_and_silence_become(
    policy: LabelPolicy, silence: Silence, expected: list[float]
) -> None:
    np.testing.assert_array_equal(encode(WORDS, policy, silence), [expected])


def test_labels_are_one_row_per_image_in_chexperts_order(release_folder: Path) -> None:
    pytest.importorskip("pandas")
    release = load_release(release_folder)
    labels = release.labels("u-ones")
    assert list(labels.columns) == list(OBSERVATIONS)
    assert list(labels.index) == release.table("images")["image"].to_pylist()
    assert set(labels["Edema"]) == {1.0} and set(labels["Pneumothorax"]) == {0.0} and labels["Fracture"].isna().all()


def test_a_left_out_site_is_in_the_test_split_alone(release_folder: Path) -> None:
    release = load_release(release_folder)
    studies = release.table("studies").to_pylist()
    for site in release.sites:
        chosen = release.leave_one_site_out(site)
        of_site = {row["patient"] for row in studies if row["site"] == site}
        assert chosen.patients("test") == of_site
        assert not of_site & (chosen.patients("train") | chosen.patients("valid"))
        assert chosen.patients("train") and chosen.patients("valid")


def test_names_that_the_release_does_not_know_are_refused(release_folder: Path) -> None:
    release = load_release(release_folder)
    calls = (
        lambda: release.leave_one_site_out("nowhere"),
        lambda: release.table("nothing"),
        lambda: release.split_set("nothing"),
        lambda: release.split_set().patients("dev"),
        lambda: encode(WORDS, "u-twos"),
        lambda: encode(WORDS, "ignore", "loud"),
        lambda: encode([["maybe"]], "ignore"),
    )
    for call in calls:
        with pytest.raises(UsageError):
            call()


def test_a_folder_that_is_no_release_is_refused_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told:
        load_release(tmp_path)
    assert str(tmp_path) not in str(told.value) and "provenance.json" in str(told.value)


def _copy(folder: Path, target: Path) -> Path:
    shutil.copytree(folder / "tables", target / "tables")
    shutil.copy(folder / "provenance.json", target)
    return target


def test_a_table_with_other_columns_is_refused(release_folder: Path, tmp_path: Path) -> None:
    place = _copy(release_folder, tmp_path) / "tables/labels.parquet"
    pq.write_table(pq.read_table(place).drop_columns(["Edema"]), place)
    with pytest.raises(UsageError, match=r"tables/labels\.parquet"):
        load_release(tmp_path)


@pytest.mark.parametrize("set_", ["default", "leave-out-north"])
def test_splits_that_leak_are_refused(release_folder: Path, tmp_path: Path, set_: str) -> None:
    """A second place for a patient; a left-out site's patient among those that train."""
    place = _copy(release_folder, tmp_path) / "tables/splits.parquet"
    table = pq.read_table(place)
    rows = table.to_pylist()
    row = next(r for r in rows if r["set"] == set_ and r["site"] == "north")
    other = {**row, "split": "valid" if row["split"] != "valid" else "test"}
    rows = [*rows, other] if set_ == "default" else [other if r is row else r for r in rows]
    pq.write_table(type(table).from_pylist(rows, table.schema), place)
    with pytest.raises(UsageError, match="splits of the release do not hold"):
        load_release(tmp_path)


def test_provenance_that_is_no_object_is_refused(release_folder: Path, tmp_path: Path) -> None:
    (_copy(release_folder, tmp_path) / "provenance.json").write_text(json.dumps(["small"]))
    with pytest.raises(UsageError, match=r"provenance\.json"):
        load_release(tmp_path)
