"""A release folder, loaded: its tables as Arrow and pandas, its splits, its sites."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from cxrforge.errors import UsageError
from cxrforge.formats.chexpert import SPLITS
from cxrforge.formats.release_tables import TABLES, SplitRow
from cxrforge.formats.splits import DEFAULT_SET, left_out_set, patients_in_two_splits
from cxrforge.records import OBSERVATIONS
from cxrforge.research.policy import LabelPolicy, Silence, encode

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class SplitSet:
    """One way to split the patients; `split` maps every patient of the release to train, valid or test."""

    name: str
    split: Mapping[str, str] = field(repr=False)

    def patients(self, split: str) -> frozenset[str]:
        """Return the patients of train, valid or test."""
        if split not in SPLITS:
            raise UsageError("name of a split", expected=" or ".join(SPLITS), found="another word")
        return frozenset(patient for patient, place in self.split.items() if place == split)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release of cxrforge; `tables` holds every table by name as Arrow, as the data card documents them."""

    folder: Path
    name: str
    version: str
    draft: bool
    tables: Mapping[str, pa.Table] = field(repr=False)

    @property
    def sites(self) -> tuple[str, ...]:
        """Return the contributing sites in order; a site's place here is its domain number."""
        return tuple(sorted(set(self.tables["studies"]["site"].to_pylist())))

    @property
    def split_sets(self) -> tuple[str, ...]:
        """Return the names of the sets of splits, the default one first."""
        names = set(self.tables["splits"]["set"].to_pylist())
        return tuple(sorted(names, key=lambda name: (name != DEFAULT_SET, name)))

    def table(self, name: str) -> pa.Table:
        """Return one table as Arrow."""
        if name not in self.tables:
            raise UsageError("name of a table", expected=", ".join(self.tables), found="another word")
        return self.tables[name]

    def frame(self, name: str) -> pd.DataFrame:
        """Return one table as a pandas DataFrame."""
        needed("pandas")
        frame: pd.DataFrame = self.table(name).to_pandas()
        return frame

    def labels(
        self, policy: LabelPolicy | str = LabelPolicy.IGNORE, silence: Silence | str = Silence.IGNORE
    ) -> pd.DataFrame:
        """Return the fourteen labels of every image as numbers (see `encode`), one row per image pseudonym."""
        table = self.tables["labels"]
        words = list(zip(*(table[name].to_pylist() for name in OBSERVATIONS), strict=True))
        index = table["image"].to_pylist()
        pandas = needed("pandas")
        numbers = encode(words, policy, silence).reshape(len(words), len(OBSERVATIONS))
        frame: pd.DataFrame = pandas.DataFrame(
            numbers, index=pandas.Index(index, name="image"), columns=list(OBSERVATIONS)
        )
        return frame

    def split_set(self, name: str = DEFAULT_SET) -> SplitSet:
        """Return one set of splits."""
        table = self.tables["splits"]
        rows = zip(*(table[column].to_pylist() for column in ("set", "patient", "split")), strict=True)
        split = {patient: place for set_, patient, place in rows if set_ == name}
        if not split:
            raise UsageError("name of a set of splits", expected=" or ".join(self.split_sets), found="another word")
        return SplitSet(name, split)

    def leave_one_site_out(self, site: str) -> SplitSet:
        """Return the set whose test split is one site and whose train and valid splits are the others."""
        if site not in self.sites:
            raise UsageError("site to leave out", expected=" or ".join(self.sites), found="another word")
        if len(self.sites) < 2:
            raise UsageError("the release has one site, so none can be left out", next_step="Use the default splits.")
        return self.split_set(left_out_set(site))


def load_release(path: str | Path) -> Release:
    """Return the release in a folder; UsageError where it is none, or its tables or splits are not what they should be.

    Reads the tables, not the images; `cxrforge release verify` compares every byte with SHA256SUMS.
    """
    folder = Path(path)
    told = _provenance(folder)
    tables = {name: _table(folder, name) for name in TABLES}
    check_splits(tables)
    return Release(
        folder=folder, name=told["name"], version=told["version"], draft=bool(told.get("draft")), tables=tables
    )


def needed(library: str) -> Any:
    """Return an imported library, or say how to get it."""
    try:
        return importlib.import_module(library)
    except ImportError:
        extra = "pip install 'cxrforge[research]'" if library == "pandas" else f"pip install {library}"
        raise UsageError(f"{library} is not installed", next_step=f"{extra}, then try again.") from None


def _provenance(folder: Path) -> dict[str, Any]:
    try:
        told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("name"), str) or not isinstance(told.get("version"), str):
        raise _not_a_release("provenance.json", "the name and version of a release")
    return told


def _table(folder: Path, name: str) -> pa.Table:
    path = f"tables/{name}.parquet"
    try:
        table = pq.read_table(folder / path)
    except (OSError, pa.ArrowInvalid):
        raise _not_a_release(path, "a Parquet file") from None
    if not table.schema.equals(TABLES[name].schema):
        raise _not_a_release(path, "the documented columns")
    return table


def _not_a_release(path: str, expected: str) -> UsageError:
    return UsageError(
        "the folder is no release that can be read",
        where=path,
        expected=expected,
        found="none",
        next_step="Check the path, and the copy with `cxrforge release verify`; a release of another edition of "
        "cxrforge is read by that edition.",
    )


def check_splits(tables: Mapping[str, pa.Table]) -> None:
    """Refuse splits by which a training run would see what it is tested on."""
    rows = [SplitRow(**row) for row in tables["splits"].to_pylist()]
    patients = set(tables["studies"]["patient"].to_pylist())
    left_out = {left_out_set(site): site for site in {row.site for row in rows}}
    members: dict[str, set[str]] = {}
    for row in rows:
        members.setdefault(row.set, set()).add(row.patient)
    lacking = any(patients != found for found in members.values())
    left_in = any((row.split == "test") != (row.site == left_out[row.set]) for row in rows if row.set in left_out)
    if lacking or left_in or (patients and DEFAULT_SET not in members) or patients_in_two_splits(rows):
        raise UsageError(
            "the splits of the release do not hold",
            where="tables/splits.parquet",
            expected="every patient in one split of each set, and a left-out site in the test split alone",
            found="another state",
            next_step="Check the copy with `cxrforge release verify`.",
        )
