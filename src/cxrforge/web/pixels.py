"""Stored pixel values as the browser takes them: decoded once, kept in memory while there is room."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cxrforge.dicom.pixel_data import Undecodable, decode
from cxrforge.dicom.reading import read_object
from cxrforge.records import Issue
from cxrforge.web.errors import MissingError, WebError

MOST_BYTES = 768 << 20


class UnshowableError(WebError):
    """The object's pixels cannot be shown as one grey-scale frame of 16 bits."""

    status = 409
    code = "image-unshowable"


@dataclass(frozen=True, slots=True)
class StoredValues:
    """Values row by row, little endian, 16 bits each, signed as stored, and their SHA-256."""

    data: bytes
    digest: str

    def __repr__(self) -> str:
        return f"StoredValues({len(self.data)} bytes)"


def stored_values(path: Path) -> StoredValues:
    """Return the first frame's stored values of an object; raise `UnshowableError`."""
    ds = read_object(path, defer_pixels=False)
    if isinstance(ds, Issue):
        raise UnshowableError("the image cannot be read", found=ds.code)
    try:
        frames = decode(ds)
    except Undecodable as error:
        raise UnshowableError("the image cannot be decoded", found=error.issue.code) from None
    if frames.ndim != 3:
        raise UnshowableError("the image is not grey-scale", expected="one sample for each pixel")
    frame = frames[0]
    kind = np.dtype("<i2") if frame.dtype.kind == "i" else np.dtype("<u2")
    limits = np.iinfo(kind)
    if frame.dtype.itemsize > 2 and (frame.min() < limits.min or frame.max() > limits.max):
        raise UnshowableError("the image has more than 16 bits for each pixel")
    data = np.ascontiguousarray(frame, dtype=kind).tobytes()
    return StoredValues(data, hashlib.sha256(data).hexdigest())


_Key = tuple[str, int, int]
"""An image, and its file's moment and size: one that was made anew is decoded anew."""


class PixelCache:
    """Decoded images, the longest unused leaving first. Each is decoded once, whoever asks.

    `warm` begins before the browser asks: the reader opens a case, and its images are on the way.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, load: Callable[[Path], StoredValues] = stored_values) -> None:
        self._most, self._load = most_bytes, load
        self._lock = threading.Lock()
        self._held: OrderedDict[_Key, Future[StoredValues]] = OrderedDict()
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="pixels")

    def get(self, image: str, path: Path) -> StoredValues:
        """Return an image's values; raise `UnshowableError`, or `MissingError` where its file is gone."""
        return self.warm(image, path).result()

    def warm(self, image: str, path: Path) -> Future[StoredValues]:
        """Begin to decode an image unless it is here or under way."""
        key = _key(image, path)
        with self._lock:
            future = self._held.get(key)
            if future is None or (future.done() and future.exception() is not None):
                future = self._held[key] = self._workers.submit(self._load, path)
            self._held.move_to_end(key)
            self._make_room(key)
        return future

    def close(self) -> None:
        """Stop decoding."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    def _make_room(self, newest: _Key) -> None:
        """Let go of the longest unused; what is under way, and the newest, stay."""
        done = {k: len(f.result().data) for k, f in self._held.items() if f.done() and f.exception() is None}
        total = sum(done.values())
        for key, size in done.items():
            if total <= self._most:
                return
            if key != newest:
                del self._held[key]
                total -= size


def _key(image: str, path: Path) -> _Key:
    try:
        found = path.stat()
    except OSError as error:
        raise MissingError("this image is not held here") from error
    return image, found.st_mtime_ns, found.st_size
