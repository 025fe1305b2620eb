"""A small PNG for each radiograph, named and listed as CheXpert does, for the many who will not download a terabyte."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pydicom import dcmread

from cxrforge.dicom.display import display, to_uint8
from cxrforge.errors import ReleaseRefusedError, UsageError
from cxrforge.formats.chexpert import SPLITS, VIEWS, chexpert_csv
from cxrforge.formats.json_text import json_bytes
from cxrforge.formats.release_content import ReleaseContent
from cxrforge.formats.release_tables import image_path
from cxrforge.formats.splits import DEFAULT_SET

SIDES: tuple[int, ...] = (512, 1024)
"""Pixels of the longer side."""
_HEXADECIMAL = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Derivation:
    """One image to derive: its file, where the PNG goes in the release, and the longer side."""

    source: Path
    path: str
    side: int


def derive(wanted: Derivation, _tools: object = None) -> tuple[str, bytes]:
    """Return path and bytes of a PNG: display transform, 8 bit, aspect kept, area resampling, never enlarged."""
    ds = dcmread(wanted.source)
    shown = to_uint8(display(ds, ds.pixel_array))
    scale = min(1.0, wanted.side / max(shown.shape))
    size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
    small = shown if scale == 1 else cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    done, packed = cv2.imencode(".png", np.ascontiguousarray(small), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise ReleaseRefusedError("a PNG cannot be made", next_step="Build without --derived, and report it.")
    return wanted.path, packed.tobytes()


def derivations(content: ReleaseContent, side: int, folder: Path) -> list[Derivation]:
    """Return what is to be derived, one PNG for each image as it lies in the release's `folder`."""
    if side not in SIDES:
        raise UsageError("side of the derived images", expected=" or ".join(map(str, SIDES)), found=str(side))
    names = _names(content)
    return [
        Derivation(folder / image_path(f.row), f"{_folder(side)}/{names[f.row.image]}", side) for f in content.images
    ]


def derived_documents(content: ReleaseContent, side: int) -> dict[str, bytes]:
    """Return the lists and the recorded transform that stand beside the PNGs, by path."""
    names, split = _names(content), _splits(content)
    labels = {row.image: row for row in content.labels}
    studies = {row.study: row for row in content.studies}
    files = {
        f"{_folder(side)}/{name}.csv": chexpert_csv(
            (
                (f.row, labels[f.row.image], studies[f.row.study])
                for f in content.images
                if split[f.row.patient] == name
            ),
            path=lambda row: names[row.image],
        )
        for name in SPLITS
    }
    files[f"{_folder(side)}/transform.json"] = json_bytes(_transform(side))
    return files


def _transform(side: int) -> dict[str, Any]:
    return {
        "longer_side": side,
        "bits": 8,
        "display": "modality and VOI transforms of the object, percentiles 1 to 99 where its window shows nothing; "
        "bright where the body is dense",
        "resampling": "area, aspect kept, never enlarged",
        "format": "PNG",
    }


def _folder(side: int) -> str:
    return f"derived/png-{side}"


def _splits(content: ReleaseContent) -> Mapping[str, str]:
    return {row.patient: row.split for row in content.splits if row.set == DEFAULT_SET}


def _names(content: ReleaseContent) -> Mapping[str, str]:
    told = (
        {"image": r.image, "study": r.study, "patient": r.patient, "view": r.view, "primary": r.primary}
        for r in (f.row for f in content.images)
    )
    return derived_names(told, _splits(content))


def derived_names(images: Iterable[Mapping[str, Any]], split: Mapping[str, str]) -> Mapping[str, str]:
    """Return `<split>/patient<number>/study<id>/view<n>_<direction>.png` for each image, in CheXpert's manner.

    `images` are rows of the images table, `split` the default split of each patient.
    """
    seen, names = dict[str, int](), {}
    for row in sorted(images, key=lambda r: (r["study"], not r["primary"], r["image"])):
        study, patient = row["study"], row["patient"]
        seen[study] = seen.get(study, 0) + 1
        direction = VIEWS[row["view"]].direction.lower() or "other"
        place = f"{split[patient]}/patient{_number(patient)}/study{study.removeprefix('S')}"
        names[row["image"]] = f"{place}/view{seen[study]}_{direction}.png"
    return names


def _number(patient: str) -> str:
    """Return a patient's pseudonym in decimal digits, another for each.

    CheXpert numbers its patients, and readers tell them apart by `patient[0-9]+`: of hexadecimal digits they would see
    those before the first letter, and take many patients for one.
    """
    digits = patient.removeprefix("P")
    if _HEXADECIMAL.fullmatch(digits):
        return str(int("1" + digits, 16))  # the leading 1 keeps leading zeros apart
    return str(int("2" + patient.encode().hex(), 16))
