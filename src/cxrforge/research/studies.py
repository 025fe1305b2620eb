"""Studies of a release as training samples: PA image, lateral, report, labels, and the site as domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrforge.errors import UsageError
from cxrforge.formats.derived import derived_names
from cxrforge.records import OBSERVATIONS
from cxrforge.research.pixels import PixelSource, fitted, read_dicom, read_png
from cxrforge.research.policy import LabelPolicy, Silence, encode, label_policy
from cxrforge.research.release import Release, SplitSet


@dataclass(frozen=True, slots=True)
class StudySample:
    """One study: images are float32 `(rows, columns)` in 0..1, labels those of `encode` in CheXpert's order."""

    study: str
    patient: str
    site: str
    domain: int
    image: NDArray[np.float32] = field(repr=False)
    lateral: NDArray[np.float32] | None = field(repr=False)
    labels: NDArray[Any] = field(repr=False)
    language: str = ""
    text: str = field(default="", repr=False)
    findings: str = field(default="", repr=False)
    impression: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is kept of a study until it is asked for: small and picklable, so that workers can hold it."""

    study: str
    patient: str
    site: str
    image: str
    lateral: str | None
    labels: tuple[float, ...]
    report: Mapping[str, str]


class StudySamples:
    """A sequence of `StudySample`, read when asked for; safe to hand to worker processes."""

    def __init__(
        self,
        release: Release,
        splits: SplitSet | str | None = None,
        split: str | None = None,
        *,
        policy: LabelPolicy | str = LabelPolicy.IGNORE,
        silence: Silence | str = Silence.IGNORE,
        source: PixelSource | str = PixelSource.DICOM,
        side: int | None = None,
        waiting: bool = False,
    ) -> None:
        """Choose the studies of one split, or all; `side` fits images into a square, None leaves them as they are.

        Left out are studies without a PA image or labels, and (drafts only) what a person still has to decide
        unless `waiting` is True; `left_out` counts them.
        """
        if side is not None and side < 1:
            raise UsageError("side of the images", expected="a whole number above 0", found=str(side))
        if splits is not None and split is None:
            raise UsageError("a set of splits is named but no split", expected="train, valid or test")
        self._folder, self._side, self._source = release.folder, side, _pixel_source(source, release.folder)
        self._domains = {site: number for number, site in enumerate(release.sites)}
        self._type = np.int64 if label_policy(policy) is LabelPolicy.MULTI_CLASS else np.float32
        chosen = splits if isinstance(splits, SplitSet) else release.split_set(*([splits] if splits else []))
        patients = None if split is None else chosen.patients(split)
        rows = [r for r in release.table("studies").to_pylist() if patients is None or r["patient"] in patients]
        labels = _labels(release, policy, silence)
        images, reports = _images(release, self._source), _reports(release)
        held = set() if waiting else _waiting(release)
        kept = [r for r in rows if r["study"] not in held and r["primary_image"] in labels and r["primary_image"]]
        self.left_out = len(rows) - len(kept)
        self._entries = [_entry(row, images, labels, reports) for row in kept]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[StudySample]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> StudySample:
        """Return one sample; its files are read now."""
        entry = self._entries[number]
        return StudySample(
            entry.study,
            entry.patient,
            entry.site,
            self._domains[entry.site],
            self._pixels(entry.image),
            None if entry.lateral is None else self._pixels(entry.lateral),
            np.array(entry.labels, self._type),
            **entry.report,
        )

    def _pixels(self, path: str) -> NDArray[np.float32]:
        read = read_dicom if self._source is PixelSource.DICOM else read_png
        image = read(self._folder, path)
        return image if self._side is None else fitted(image, self._side)


def _pixel_source(source: PixelSource | str, folder: Path) -> PixelSource:
    try:
        chosen = PixelSource(source)
    except ValueError:
        raise UsageError("source of the pixels", expected=" or ".join(PixelSource), found="another word") from None
    if chosen is not PixelSource.DICOM and not (folder / "derived" / chosen).is_dir():
        raise UsageError(
            "the release has no such derivative",
            where=f"derived/{chosen}",
            next_step="Use source='dicom', or build the release with --derived.",
        )
    return chosen


def _labels(release: Release, policy: LabelPolicy | str, silence: Silence | str) -> dict[str, tuple[float, ...]]:
    rows = release.table("labels").to_pylist()
    numbers = encode([[row[name] for name in OBSERVATIONS] for row in rows], policy, silence)
    return {row["image"]: tuple(values) for row, values in zip(rows, numbers.tolist(), strict=True)}


def _images(release: Release, source: PixelSource) -> dict[str, list[dict[str, Any]]]:
    """Return each study's images, its file under `file`; the order is that of the pseudonyms."""
    rows = release.table("images").to_pylist()
    names = {row["image"]: row["path"] for row in rows}
    if source is not PixelSource.DICOM:
        derived = derived_names(rows, release.split_set().split)
        names = {image: f"derived/{source}/{name}" for image, name in derived.items()}
    images: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        images.setdefault(row["study"], []).append({**row, "file": names[row["image"]]})
    return images


def _reports(release: Release) -> dict[str, dict[str, str]]:
    wanted = ("language", "text", "findings", "impression")
    return {row["study"]: {name: row[name] or "" for name in wanted} for row in release.table("reports").to_pylist()}


def _waiting(release: Release) -> set[str]:
    """Return the studies of which a person still has to decide something."""
    tables = (release.table(name).to_pylist() for name in ("studies", "images", "reports"))
    return {row["study"] for table in tables for row in table if row["waiting"]}


def _entry(
    row: Mapping[str, Any],
    images: Mapping[str, list[dict[str, Any]]],
    labels: Mapping[str, tuple[float, ...]],
    reports: Mapping[str, dict[str, str]],
) -> _Entry:
    files = {image["image"]: image["file"] for image in images[row["study"]]}
    laterals = [image["file"] for image in images[row["study"]] if image["view"] == "LATERAL"]
    return _Entry(
        study=row["study"],
        patient=row["patient"],
        site=row["site"],
        image=files[row["primary_image"]],
        lateral=laterals[0] if laterals else None,
        labels=labels[row["primary_image"]],
        report=reports.get(row["study"], {}),
    )
