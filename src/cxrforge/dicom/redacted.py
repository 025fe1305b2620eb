"""An object whose pixels a redactor has changed, back in the form that header de-identification works on."""

from __future__ import annotations

from dataclasses import replace

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from cxrforge.dicom.elements import Element, Extent, Parsed, Source, parse_dataset
from cxrforge.dicom.values import WIDTHS

_PIXEL_GROUPS = (0x0028, 0x7FE0)
_LARGEST = 1 << 24


def with_redacted_pixels(parsed: Parsed, dataset: Dataset) -> Parsed:
    """Return `parsed` with the pixel data, the image pixel attributes and the transfer syntax of `dataset`.

    Everything else is taken from `parsed`, so that a redactor cannot change a header.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    implicit, little = bool(syntax.is_implicit_VR), bool(syntax.is_little_endian)
    slim = Dataset()
    for tag in list(dataset.keys()):
        if tag.group in _PIXEL_GROUPS:
            slim.add(dataset[tag])
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    write_dataset(buffer, slim)
    source = Source(buffer.getvalue())
    rest = [_own(e, parsed, little) for e in parsed.elements if e.tag >> 16 not in _PIXEL_GROUPS]
    elements = sorted([*rest, *parse_dataset(source, implicit, little)], key=lambda e: e.tag)
    return Parsed(parsed.meta, elements, str(syntax), implicit, little, source)


def _own(element: Element, parsed: Parsed, little: bool) -> Element:
    """Return an element that no longer needs the source, in the byte order asked for."""
    value = element.value
    if isinstance(value, list):
        return replace(element, value=[[_own(e, parsed, little) for e in item] for item in value])
    if isinstance(value, Extent):
        fits = value.length <= _LARGEST and not value.fragments
        value = parsed.data.read(value.offset, value.length) if fits else b""
    if parsed.little != little:
        value = _swapped(element.vr, value)
    return replace(element, value=value)


def _swapped(vr: str, value: bytes) -> bytes:
    width = 2 if vr in ("AT", "OW") else WIDTHS.get(vr, 1)
    return b"".join(value[i : i + width][::-1] for i in range(0, len(value), width)) if width > 1 else value
