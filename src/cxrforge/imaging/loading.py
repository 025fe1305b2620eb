"""A file's image and facts, whether DICOM, PNG or JPEG; a file that is none of them becomes an issue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from cxrforge.dicom.display import display
from cxrforge.dicom.pixel_data import Undecodable, decode
from cxrforge.dicom.reading import looks_like_dicom, read_object
from cxrforge.imaging.facts import image_facts
from cxrforge.imaging.inspection import Inspection, inspect_image, without_image
from cxrforge.imaging.screening import ScreeningThresholds, screen
from cxrforge.records import ImageFacts, Issue

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame: stored values and display values `(rows, columns)`, and what the header says."""

    stored: NDArray[Any]
    shown: NDArray[np.float32]
    facts: ImageFacts
    has_header: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """A file whose image cannot be seen, why, and what its header says if it has one."""

    issue: Issue
    facts: ImageFacts | None = None


def load_picture(path: Path) -> Picture | Unseen:
    """Read one file by its content, whatever its name."""
    try:
        with path.open("rb") as file:
            start = file.read(132)
    except OSError:
        return Unseen(Issue("image-file-unreadable"))
    if start.startswith((_PNG, _JPEG)):
        return _load_plain(path, lossy=start.startswith(_JPEG))
    return _load_dicom(path) if looks_like_dicom(start) else Unseen(Issue("image-unrecognised"))


def _load_dicom(path: Path) -> Picture | Unseen:
    ds = read_object(path, defer_pixels=False)
    if isinstance(ds, Issue):
        return Unseen(ds)
    facts = image_facts(ds)
    if facts.kind == "not-an-image":
        return Unseen(Issue("image-not-an-image"), facts)
    try:
        frame = decode(ds)[0]
        shown = display(ds, frame)
    except Undecodable as error:
        return Unseen(error.issue, facts)
    if frame.ndim != 2:
        frame = np.rint(shown * 255).astype(np.uint8)
    return Picture(frame, shown, facts, has_header=True)


def _load_plain(path: Path, *, lossy: bool) -> Picture | Unseen:
    try:
        raw = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, OSError):
        raw = None
    if raw is None or raw.dtype not in (np.uint8, np.uint16):
        return Unseen(Issue("image-undecodable"))
    if raw.ndim == 3:
        raw = raw[..., 0] if raw.shape[2] == 2 else cv2.cvtColor(raw[..., :3], cv2.COLOR_BGR2GRAY)
    bits = 8 * raw.dtype.itemsize
    facts = replace(
        image_facts(Dataset()),
        kind="primary",
        rows=raw.shape[0],
        columns=raw.shape[1],
        bits_stored=bits,
        bits_allocated=bits,
        photometric_interpretation="MONOCHROME2",
        lossy=lossy,
    )
    return Picture(raw, raw / np.float32(2**bits - 1), facts, has_header=False)


def inspect_file(path: Path, thresholds: ScreeningThresholds = ScreeningThresholds()) -> Inspection:
    """Inspect one DICOM, PNG or JPEG file; what cannot be seen has its reason among the issues."""
    return inspect_loaded(load_picture(path), thresholds)


def inspect_loaded(loaded: Picture | Unseen, thresholds: ScreeningThresholds = ScreeningThresholds()) -> Inspection:
    """Inspect what `load_picture` read."""
    if isinstance(loaded, Unseen):
        header = screen(loaded.facts, thresholds) if loaded.facts else ()
        return without_image(loaded.facts, loaded.issue, *(issue for issue in header if issue != loaded.issue))
    return inspect_image(loaded.stored, loaded.shown, loaded.facts, thresholds, has_header=loaded.has_header)
