"""JPEG codestreams: what their own headers say, and the JPEG processes as GDCM decodes and encodes them.

pydicom has no encoder for JPEG Lossless and no decoder for twelve-bit JPEG Extended; GDCM has both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import JPEGLosslessSV1

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
"""SOFn markers of ITU-T T.81 table B.1, and SOF55 of JPEG-LS (T.87)."""
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class Codestream:
    """Rows, columns, samples and bits of precision as the codestream's own header states them."""

    rows: int
    columns: int
    samples: int
    precision: int


def read_header(data: bytes) -> Codestream | None:
    """Return what a JPEG, JPEG-LS or JPEG 2000 codestream says of itself, None when it is none of them."""
    if data[:4] == b"\xff\x4f\xff\x51":
        return _read_siz(data)
    if data[:2] == b"\xff\xd8":
        return _read_frame_header(data)
    return None


def _read_siz(data: bytes) -> Codestream | None:
    """Read the SIZ segment of a JPEG 2000 codestream (ITU-T T.800 A.5.1)."""
    if len(data) < 43:
        return None
    width, height, left, top = (int.from_bytes(data[8 + 4 * i : 12 + 4 * i], "big") for i in range(4))
    samples = int.from_bytes(data[40:42], "big")
    return Codestream(height - top, width - left, samples, (data[42] & 0x7F) + 1)


def _read_frame_header(data: bytes) -> Codestream | None:
    """Read the frame header of a JPEG or JPEG-LS codestream (ITU-T T.81 B.2.2)."""
    place = 2
    while place + 9 < len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        elif marker in _START_OF_FRAME:
            rows, columns = (int.from_bytes(data[place + i : place + i + 2], "big") for i in (5, 7))
            return Codestream(rows, columns, data[place + 9], data[place + 4])
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


def ends_whole(data: bytes) -> bool:
    """Tell whether a codestream reaches its end-of-image marker (FFD9), padding bytes aside."""
    return data.rstrip(b"\x00").endswith(b"\xff\xd9") or data.rstrip(b"\x00\xff").endswith(b"\xff\xd9")


def decode_jpeg(data: bytes, syntax: str, photometric: str, stated: Codestream) -> NDArray[Any]:
    """Return the samples of one JPEG frame (processes 1, 2, 4, 14), `(rows, columns, samples)`, unsigned."""
    _hush()
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(data)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    allocated = 8 if stated.precision <= 8 else 16
    _describe(image, stated, allocated, stated.precision, photometric, syntax)
    image.SetDataElement(element)
    # GDCM hands bytes over as str; this is how its own wrapper is undone.
    buffer = image.GetBuffer().encode("utf-8", "surrogateescape")
    samples = np.frombuffer(buffer, np.uint8 if allocated == 8 else np.dtype("<u2"))
    return samples.reshape(stated.rows, stated.columns, stated.samples)


def encode_jpeg_lossless(frame: NDArray[Any], bits_stored: int, photometric: str) -> bytes:
    """Return `frame` (rows, columns, samples; unsigned) as JPEG Lossless, process 14 selection value 1.

    Raises `ValueError` for an odd number of bytes, which GDCM does not take.
    """
    _hush()
    rows, columns, samples = frame.shape
    allocated = 8 if bits_stored <= 8 else 16
    data = np.ascontiguousarray(frame, dtype=np.uint8 if allocated == 8 else np.dtype("<u2")).tobytes()
    writer = gdcm.ImageWriter()  # owns the image: must outlive it
    image = writer.GetImage()
    _describe(
        image, Codestream(rows, columns, samples, bits_stored), allocated, bits_stored, photometric, "1.2.840.10008.1.2"
    )
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetByteStringValue(data)
    image.SetDataElement(element)
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str(JPEGLosslessSV1))))
    change.SetInput(image)
    if not change.Change():
        raise ValueError("GDCM cannot encode this frame as JPEG Lossless")
    fragments = change.GetOutput().GetDataElement().GetSequenceOfFragments()
    if fragments is None or fragments.GetNumberOfFragments() != 1:
        raise ValueError("GDCM gave no single fragment")
    return fragments.GetFragment(0).GetByteValue().GetBuffer().encode("utf-8", "surrogateescape")


def _describe(image: Any, stated: Codestream, allocated: int, stored: int, photometric: str, syntax: str) -> None:
    image.SetNumberOfDimensions(2)
    image.SetDimensions((stated.columns, stated.rows, 1))
    kind = gdcm.PhotometricInterpretation.GetPIType(photometric)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
    image.SetPixelFormat(gdcm.PixelFormat(stated.samples, allocated, stored, stored - 1, 0))
    if stated.samples > 1:
        image.SetPlanarConfiguration(0)


def _hush() -> None:
    """Keep GDCM from writing to the console; its warnings cannot be told from ours there."""
    gdcm.Trace.DebugOff()
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
