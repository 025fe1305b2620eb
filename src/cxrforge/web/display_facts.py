"""What a viewer needs of an object's header to show stored values (PS3.3 C.7.6.3, C.11.1, C.11.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from cxrforge.dicom.display import is_inverted
from cxrforge.dicom.reading import read_object
from cxrforge.records import Issue


@dataclass(frozen=True, slots=True)
class DisplayFacts:
    """How stored values become grey values. `window` is (centre, width) of values after slope and intercept.

    `photometric` is MONOCHROME1 wherever low values are shown bright, be it said by a Presentation LUT Shape. Spacings
    are (row, column) in mm at the detector, None where the header has none. `padding` is the range of stored values
    that is no image.
    """

    signed: bool
    photometric: str
    window: tuple[float, float] | None
    pixel_spacing: tuple[float, float] | None
    slope: float
    intercept: float
    padding: tuple[float, float] | None


def display_facts(path: Path) -> DisplayFacts | None:
    """Return the facts of the object in `path`; None when it cannot be read."""
    ds = read_object(path)
    if isinstance(ds, Issue):
        return None
    window = _pair(_first(ds, "WindowCenter"), _first(ds, "WindowWidth"))
    padding = _first(ds, "PixelPaddingValue")
    limit = _first(ds, "PixelPaddingRangeLimit")
    low_high = None if padding is None else sorted((padding, padding if limit is None else limit))
    slope = _first(ds, "RescaleSlope")
    return DisplayFacts(
        signed=ds.get("PixelRepresentation") == 1,
        photometric="MONOCHROME1" if is_inverted(ds) else "MONOCHROME2",
        window=window if window and window[1] > 0 else None,
        pixel_spacing=_spacing(ds, "ImagerPixelSpacing") or _spacing(ds, "PixelSpacing"),
        slope=slope if slope else 1.0,
        intercept=_first(ds, "RescaleIntercept") or 0.0,
        padding=(low_high[0], low_high[1]) if low_high else None,
    )


def _spacing(ds: Dataset, keyword: str) -> tuple[float, float] | None:
    values = _numbers(ds, keyword)
    return (values[0], values[1]) if len(values) == 2 and min(values) > 0 else None


def _first(ds: Dataset, keyword: str) -> float | None:
    values = _numbers(ds, keyword)
    return values[0] if values else None


def _pair(one: float | None, other: float | None) -> tuple[float, float] | None:
    return None if one is None or other is None else (one, other)


def _numbers(ds: Dataset, keyword: str) -> list[float]:
    """Return an element's values as finite numbers; nothing when one of them is none."""
    try:
        value: Any = ds.get(keyword)
        if value is None or value == "":
            return []
        many = value if not isinstance(value, str | bytes) and hasattr(value, "__len__") else [value]
        numbers = [float(v) for v in many]
    except (TypeError, ValueError, OverflowError):
        return []
    return numbers if all(math.isfinite(n) for n in numbers) else []
