"""Small pictures of radiographs, for pages where nobody reads them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2

from cxrforge.dicom.display import display, to_uint8
from cxrforge.dicom.pixel_data import Undecodable, decode
from cxrforge.dicom.reading import read_object
from cxrforge.records import Issue
from cxrforge.web.pixels import UnshowableError

SIDE = 640


def preview_png(path: Path) -> bytes:
    """Return an object as PNG, its longer side 640 pixels at most; raise `UnshowableError`."""
    found = path.stat()
    return _preview(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=200)
def _preview(path: Path, _modified_ns: int, _size: int) -> bytes:
    ds = read_object(path, defer_pixels=False)
    if isinstance(ds, Issue):
        raise UnshowableError("the image cannot be read", found=ds.code)
    try:
        shown = to_uint8(display(ds, decode(ds)[0]))
    except Undecodable as error:
        raise UnshowableError("the image cannot be decoded", found=error.issue.code) from None
    scale = min(1.0, SIDE / max(shown.shape))
    small = cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", small)[1])
