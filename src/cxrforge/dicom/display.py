"""Stored values to what a viewer shows: modality and VOI transforms, polarity, padding (PS3.3 C.11, PS3.4 N.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

_FLAT = 0.02
"""A window that sends all but this share of pixels to black or white shows nothing; percentiles take its place."""
_SAMPLE = 200_000
"""Pixels that percentiles are taken over: enough for a stable window, cheap on a large radiograph."""


def display(ds: Dataset, stored_frame: NDArray[Any]) -> NDArray[np.float32]:
    """Return one frame as float32 `(rows, columns)` in 0..1, bright where the body is dense.

    Applies the modality LUT or rescale, the VOI LUT or first window where it shows something and percentiles of the
    image where it does not, and the inversion that MONOCHROME1 or Presentation LUT Shape INVERSE asks for. Padding
    (0028,0120..0121) becomes black and does not count. Colour becomes its luminance.
    """
    if stored_frame.ndim == 3:
        return _luminance(stored_frame, str(ds.get("PhotometricInterpretation") or "RGB"))
    if ds.get("PhotometricInterpretation") == "PALETTE COLOR":
        return _through_palette(ds, stored_frame)
    padding = padding_mask(ds, stored_frame)
    values = _modality(ds, stored_frame)
    shown = _voi_lut(ds, values)
    if shown is None:
        shown = _window(ds, values)
    if shown is None or _is_flat(shown, padding):
        shown = _percentile_window(values, padding)
    if is_inverted(ds):
        np.subtract(1, shown, out=shown)
    if padding is not None:
        shown[padding] = 0
    return shown


def to_uint8(shown: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a 0..1 rendering as 0..255."""
    return (np.clip(shown, 0, 1) * 255 + 0.5).astype(np.uint8)


def is_inverted(ds: Dataset) -> bool:
    """Tell whether low stored values are shown bright (PS3.3 C.7.6.3.1.2, C.11.4)."""
    return ds.get("PhotometricInterpretation") == "MONOCHROME1" or ds.get("PresentationLUTShape") == "INVERSE"


def padding_mask(ds: Dataset, stored_frame: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Return where Pixel Padding Value (0028,0120), up to its Range Limit, stands; None without any."""
    value = _plain(ds, "PixelPaddingValue")
    if value is None:
        return None
    limit = _plain(ds, "PixelPaddingRangeLimit")
    low, high = sorted((value, value if limit is None else limit))
    mask: NDArray[np.bool_] = (stored_frame >= low) & (stored_frame <= high)
    share = mask.mean()
    return mask if 0 < share < 1 else None


def _plain(ds: Dataset, keyword: str) -> float | None:
    """Return an element's first value as a finite number, None when there is none."""
    try:
        value = ds.get(keyword)
        if value is None or value == "":
            return None
        if not isinstance(value, str | bytes) and hasattr(value, "__len__"):
            value = value[0]
        number = float(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return number if np.isfinite(number) else None


def _modality(ds: Dataset, stored: NDArray[Any]) -> NDArray[np.float32]:
    table = _lut(ds, "ModalityLUTSequence")
    if table is not None:
        first, entries = table
        return entries[np.clip(stored.astype(np.int64) - first, 0, len(entries) - 1)]
    slope, intercept = _plain(ds, "RescaleSlope"), _plain(ds, "RescaleIntercept")
    values = stored.astype(np.float32)
    if slope:
        values *= np.float32(slope)
    if intercept:
        values += np.float32(intercept)
    return values


def _voi_lut(ds: Dataset, values: NDArray[np.float32]) -> NDArray[np.float32] | None:
    table = _lut(ds, "VOILUTSequence")
    if table is None:
        return None
    first, entries = table
    shown = entries[np.clip(values.astype(np.int64) - first, 0, len(entries) - 1)]
    low, high = float(entries.min()), float(entries.max())
    return (shown - np.float32(low)) / np.float32(high - low) if high > low else None


def _lut(ds: Dataset, keyword: str) -> tuple[int, NDArray[np.float32]] | None:
    """Return the first value mapped and the entries of a LUT sequence (PS3.3 C.11.1.1), None when unusable."""
    try:
        item = ds[keyword].value[0]
        count, first, bits = (int(n) for n in item.LUTDescriptor)
        data = item.LUTData
        if isinstance(data, bytes):
            entries = np.frombuffer(data, np.uint8 if len(data) < 2 * (count or 65536) else "<u2")
        else:
            entries = np.asarray(data, np.int64) & 0xFFFF
    except (KeyError, IndexError, AttributeError, TypeError, ValueError):
        return None
    if len(entries) < 2 or not 0 < bits <= 16:
        return None
    return first, entries[: count or 65536].astype(np.float32)


def _window(ds: Dataset, values: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Apply the first window by its VOI LUT Function (PS3.3 C.11.2.1.2), None without a usable one."""
    center, width = _plain(ds, "WindowCenter"), _plain(ds, "WindowWidth")
    if center is None or width is None or width <= 0:
        return None
    function = str(ds.get("VOILUTFunction") or "LINEAR")
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - np.float32(center)) / np.float32(width), -60, 60)))
    if function == "LINEAR_EXACT":
        low, span = center - width / 2, width
    else:
        low, span = center - 0.5 - (width - 1) / 2, max(width - 1, 1)
    return np.clip((values - np.float32(low)) / np.float32(span), 0, 1)


def _is_flat(shown: NDArray[np.float32], padding: NDArray[np.bool_] | None) -> bool:
    sample = _thin(shown, padding)
    inside = (sample > 0) & (sample < 1)
    return bool(inside.mean() < _FLAT)


def _percentile_window(values: NDArray[np.float32], padding: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """Spread what the image really uses over 0..1: 0.5th to 99.5th percentile, its extremes where those coincide."""
    sample = _thin(values, padding)
    low, high = (float(p) for p in np.percentile(sample, (0.5, 99.5)))
    if high <= low:
        low, high = float(sample.min()), float(sample.max())
    if high <= low:
        return np.zeros(values.shape, np.float32)
    return np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)


def _thin(values: NDArray[np.float32], padding: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    step = max(1, int(np.sqrt(values.size / _SAMPLE)))
    sample = values[::step, ::step]
    if padding is not None:
        kept = sample[~padding[::step, ::step]]
        sample = kept if kept.size else sample
    return sample.ravel()


def _luminance(frame: NDArray[Any], photometric: str) -> NDArray[np.float32]:
    """Return the luminance of a colour frame; full-range YBR carries it as its first sample."""
    top = np.float32(max(1, frame.max())) if frame.dtype.itemsize > 1 else np.float32(255)
    if photometric in ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420"):
        return np.clip(frame[..., 0].astype(np.float32) / top, 0, 1)
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return np.clip(frame[..., :3].astype(np.float32) @ weights / top, 0, 1)


def _through_palette(ds: Dataset, frame: NDArray[Any]) -> NDArray[np.float32]:
    """Return the luminance of indices looked up in the palette (PS3.3 C.7.6.3.1.5), the indices without one."""
    shown = np.zeros(frame.shape, np.float32)
    for colour, weight in (("Red", 0.299), ("Green", 0.587), ("Blue", 0.114)):
        data = ds.get(f"{colour}PaletteColorLookupTableData")
        descriptor = ds.get(f"{colour}PaletteColorLookupTableDescriptor")
        if not isinstance(data, bytes) or descriptor is None or len(data) < 2:
            return _percentile_window(frame.astype(np.float32), None)
        count, first = int(descriptor[0]) or 65536, int(descriptor[1])
        entries = np.frombuffer(data, np.uint8 if len(data) < 2 * count else "<u2").astype(np.float32)
        channel = entries[np.clip(frame.astype(np.int64) - first, 0, len(entries) - 1)]
        shown += np.float32(weight / max(1.0, float(entries.max()))) * channel
    return shown
