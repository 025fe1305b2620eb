"""Burned-in text in every form it comes in, on made-up radiographs: what must go, and what must not change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset

from cxrforge.dicom.pixel_data import decode, encode
from cxrforge.pixels.redaction import PixelPolicy, make_redactor
from cxrforge.records import DeviceRegion, KnownIdentifiers
from cxrforge.validation.odd_places import identity

_INK = 4095
_SHAPE = (640, 720)
_NAME = "WOLKENSTEIN ADELE"
_MARKERS = ("R", "ERECT", "stehend", "debout", "bipe", "seduto", "staand", "portatil", "lezaco")
_SYNTAXES = (uid.ImplicitVRLittleEndian, uid.RLELossless, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEG2000Lossless)
Work = Callable[[Path], tuple[int, list[str]]]


def pixel_cases() -> Mapping[str, Work]:
    """Return every case by its title."""
    forms: dict[str, Work] = {
        "a name standing upright": lambda _: _goes(_frame(turn=1)),
        "a name upside down": lambda _: _goes(_frame(turn=2)),
        "a name in small letters": lambda _: _goes(_frame(scale=0.45)),
        "a name in large letters": lambda _: _goes(_frame(scale=1.9, text="WOLKEN")),
        "a name of low contrast": lambda _: _goes(_frame(strength=380)),
        "a name on a MONOCHROME1 image": lambda _: _goes(_frame(), PhotometricInterpretation="MONOCHROME1"),
        "a name on each of two frames": lambda _: _goes(_frame(), frames=2),
        "a name above Bits Stored": _above_bits_stored,
        "a place that a device always loses": _device_region,
        "markers of eight languages stay, byte for byte": _markers,
    }
    for syntax in _SYNTAXES:
        forms[f"a name, {syntax.name.split(',')[0].split(' (')[0]}"] = lambda _, s=syntax: _goes(_frame(), syntax=s)  # type: ignore[misc]
    return forms


def _body() -> NDArray[np.float32]:
    rows, columns = np.mgrid[: _SHAPE[0], : _SHAPE[1]]
    grain = np.random.default_rng(3).normal(0, 12, _SHAPE)
    values = np.clip(1500 + 900 * np.cos(rows / 160) * np.sin(columns / 130) + grain, 0, 3000)
    return np.asarray(values, np.float32)


def _written(text: str, place: tuple[int, int], scale: float) -> NDArray[np.bool_]:
    canvas = np.zeros(_SHAPE, np.uint8)
    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 1, max(1, round(2 * scale)))
    return canvas > 0


def _frame(
    text: str = _NAME, turn: int = 0, scale: float = 0.9, strength: float | None = None
) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Return a made-up radiograph with a line on it, and where its ink is."""
    ink = np.rot90(_written(text, (150, 320), scale), turn)
    values = np.rot90(_body(), turn).copy()
    values[ink] = _INK if strength is None else values[ink] + strength
    return np.clip(values, 0, _INK).astype(np.uint16), np.ascontiguousarray(ink)


def _object(frame: NDArray[np.uint16], frames: int = 1, syntax: str = "", **more: object) -> Dataset:
    ds = identity()
    ds.Rows, ds.Columns = frame.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelData = np.stack([frame] * frames).tobytes()
    if frames > 1:
        ds.NumberOfFrames = frames
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    if syntax:
        stored = decode(ds)
        ds.file_meta.TransferSyntaxUID = uid.UID(syntax)
        encode(ds, stored)
    return ds


def _goes(
    planted: tuple[NDArray[np.uint16], NDArray[np.bool_]], frames: int = 1, syntax: str = "", **more: object
) -> tuple[int, list[str]]:
    """Say whether the planted line went, and whether anything outside the recorded boxes changed."""
    frame, ink = planted
    ds = _object(frame, frames, syntax, **more)
    before = decode(ds)
    outcome = make_redactor()(ds, KnownIdentifiers())
    after = decode(ds)
    inside = np.zeros(frame.shape, bool)
    for region in outcome.regions:
        if region.decision == "redact":
            inside[region.box.y : region.box.y + region.box.h, region.box.x : region.box.x + region.box.w] = True
    wrong = [] if inside[ink].mean() >= 0.9 else ["the text is still there"]
    if any(len(np.unique(f[ink & inside])) > 1 for f in after):
        wrong.append("letters can be told from their surroundings")
    if not np.array_equal(after[:, ~inside], before[:, ~inside]):
        wrong.append("pixels away from the text have changed")
    if syntax and str(ds.file_meta.TransferSyntaxUID) != syntax:
        wrong.append("the transfer syntax is of another kind")
    return 3 + bool(syntax), wrong


def _above_bits_stored(folder: Path) -> tuple[int, list[str]]:
    frame = _body().astype(np.uint16)
    hidden = frame.copy()
    hidden[_written(_NAME, (150, 320), 0.9)] |= 0xF000
    ds = _object(hidden)
    outcome = make_redactor()(ds, KnownIdentifiers())
    left = np.frombuffer(ds.PixelData, np.uint16).reshape(_SHAPE)
    wrong = [] if np.array_equal(left, frame) else ["the hidden bits are still there, or values have changed"]
    return 2, wrong + ([] if [i.code for i in outcome.issues] == ["pixels-hidden-data"] else ["it was not noted"])


def _device_region(folder: Path) -> tuple[int, list[str]]:
    ds = _object(_body().astype(np.uint16), ManufacturerModelName="Model 7")
    before = decode(ds)
    region = DeviceRegion(0.0, 0.9, 0.5, 0.1, model="Model 7")
    make_redactor(PixelPolicy(devices=(region,), most=0.2))(ds, KnownIdentifiers())
    after = decode(ds)
    wrong = [] if len(np.unique(after[0, 576:, :360])) == 1 else ["the place is not covered"]
    return 2, wrong + ([] if np.array_equal(after[0, :576], before[0, :576]) else ["more than the place has changed"])


def _markers(folder: Path) -> tuple[int, list[str]]:
    frame = _body().astype(np.uint16)
    for number, word in enumerate(_MARKERS):
        column, row = 60 + 330 * (number % 2), 90 + 110 * (number // 2)
        frame[_written(word, (column, row), 1.1)] = _INK
    ds = _object(frame)
    before = ds.PixelData
    outcome = make_redactor()(ds, KnownIdentifiers())
    kept = sum(region.decision == "keep" for region in outcome.regions)
    wrong = [] if ds.PixelData == before else ["a marker was covered, or pixels have changed"]
    return len(_MARKERS), wrong + (
        [] if kept >= len(_MARKERS) - 1 else [f"{kept} markers of {len(_MARKERS)} were seen"]
    )
