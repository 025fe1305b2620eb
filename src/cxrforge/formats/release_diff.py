"""What changed from one release to another, read from their own tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cxrforge.errors import UsageError
from cxrforge.formats.splits import DEFAULT_SET
from cxrforge.records import OBSERVATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDifference:
    """Studies in and out; among those in both, what changed. `labels` maps an observation to (before, after) counts."""

    studies_in: tuple[str, ...]
    studies_out: tuple[str, ...]
    studies_kept: int
    patients_in: int
    patients_out: int
    patients_withdrawn: int
    images_changed: int
    reports_changed: int
    splits_changed: int
    labels: Mapping[str, Mapping[str, int]]

    @property
    def labels_changed(self) -> int:
        """Return how many labels of studies in both releases changed."""
        return sum(sum(row.values()) for row in self.labels.values())

    def notes(self) -> tuple[str, ...]:
        """Return the change log's lines; what did not change is left out."""
        told = (
            (len(self.studies_in), "studies are new"),
            (len(self.studies_out), "studies are gone"),
            (self.patients_withdrawn, "patients were withdrawn"),
            (self.images_changed, "images changed"),
            (self.reports_changed, "reports changed"),
            (self.splits_changed, "patients changed their split"),
        )
        lines = [f"{n:,} {what}." for n, what in told if n]
        for name, row in self.labels.items():
            changes = ", ".join(f"{n:,} {change}" for change, n in sorted(row.items()))
            lines.append(f"Labels of {name} changed: {changes}.")
        return tuple(lines) or ("Nothing changed in studies, images, reports, labels or splits.",)


def diff_releases(before: Path, after: Path) -> ReleaseDifference:
    """Return what changed from the release in folder `before` to the one in `after`."""
    old, new = _studies(before), _studies(after)
    kept = old.keys() & new.keys()
    patients_old, patients_new = set(old.values()), set(new.values())
    gone = {row["patient"] for row in _json(after / "tombstones.json")}
    return ReleaseDifference(
        studies_in=tuple(sorted(new.keys() - old.keys())),
        studies_out=tuple(sorted(old.keys() - new.keys())),
        studies_kept=len(kept),
        patients_in=len(patients_new - patients_old),
        patients_out=len(patients_old - patients_new),
        patients_withdrawn=len((patients_old - patients_new) & gone),
        images_changed=_changed(before, after, "images", "image", "sha256"),
        reports_changed=_changed(before, after, "reports", "study", "text"),
        splits_changed=_splits_changed(_splits(before), _splits(after)),
        labels=_labels_changed(before, after, kept),
    )


def _labels_changed(before: Path, after: Path, kept: set[str]) -> dict[str, dict[str, int]]:
    """Return per observation how many studies in both went from one word to another."""
    old, new = _by(before, "labels", "study"), _by(after, "labels", "study")
    found: dict[str, Counter[str]] = {}
    for study in kept & old.keys() & new.keys():
        for name in OBSERVATIONS:
            one, other = old[study][name], new[study][name]
            if one != other:
                found.setdefault(name, Counter())[f"{one} → {other}"] += 1
    return {name: dict(found[name]) for name in OBSERVATIONS if name in found}


def _changed(before: Path, after: Path, table: str, key: str, column: str) -> int:
    old = {k: row[column] for k, row in _by(before, table, key).items()}
    new = {k: row[column] for k, row in _by(after, table, key).items()}
    return sum(old[k] != new[k] for k in old.keys() & new.keys())


def _splits_changed(before: Mapping[str, str], after: Mapping[str, str]) -> int:
    return sum(before[patient] != after[patient] for patient in before.keys() & after.keys())


def _studies(folder: Path) -> dict[str, str]:
    return {row["study"]: row["patient"] for row in _rows(folder, "studies")}


def _splits(folder: Path) -> dict[str, str]:
    """Return each patient's place in the default split of a release."""
    return {row["patient"]: row["split"] for row in _rows(folder, "splits") if row["set"] == DEFAULT_SET}


def _by(folder: Path, table: str, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in _rows(folder, table)}


def _rows(folder: Path, table: str) -> list[dict[str, Any]]:
    try:
        return pq.read_table(folder / "tables" / f"{table}.parquet").to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise UsageError(
            "this is no release", expected=f"tables/{table}.parquet", next_step="Name two releases, or their folders."
        ) from error


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
