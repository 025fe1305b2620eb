"""Stored pixel values out of a data set and losslessly back into it (PS3.5 section 8, PS3.3 C.7.6.3)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.encoders.base import get_encoder

from cxrforge.dicom.codestream import decode_jpeg, encode_jpeg_lossless, ends_whole, read_header
from cxrforge.records import Issue

MAX_BYTES = 1 << 30
"""Decoded size beyond which a header's claim is not believed: thirty times the largest radiograph."""

_NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
)
_JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1)
_LOSSY = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLSNearLossless)
"""Syntaxes that cannot hold anything but lossy values; JPEG 2000 (.91) and HTJ2K (.203) may be either."""
_MAY_BE_LOSSY = (*_LOSSY, uid.JPEG2000, uid.HTJ2K)
_OVERSHOOT = 1e-4
"""Share of pixels that a lossy codec may leave above Bits Stored at sharp edges without anything being hidden there."""
_LEAST_JPEG2000_SIDE = 32
"""OpenJPEG's encoder halves an image five times and refuses one that is too small for it."""
_AS_STORED: dict[str, Any] = {"allow_excess_frames": False, "correct_unused_bits": False}
"""pydicom's decoders are asked for the bits as they lie; what is no value is masked, and counted, here."""
_DECODER: dict[str, str] = {
    uid.RLELossless: "pylibjpeg",
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEGLSNearLossless: "pyjpegls",
    uid.JPEG2000Lossless: "pylibjpeg",
    uid.JPEG2000: "pylibjpeg",
    uid.HTJ2KLossless: "pylibjpeg",
    uid.HTJ2KLosslessRPCL: "pylibjpeg",
    uid.HTJ2K: "pylibjpeg",
}
LOSSLESS_OF: dict[str, uid.UID] = {
    **{syntax: syntax for syntax in _NATIVE},
    **dict.fromkeys(_JPEG, uid.JPEGLosslessSV1),
    uid.RLELossless: uid.RLELossless,
    uid.JPEGLSLossless: uid.JPEGLSLossless,
    uid.JPEGLSNearLossless: uid.JPEGLSLossless,
    uid.JPEG2000Lossless: uid.JPEG2000Lossless,
    uid.JPEG2000: uid.JPEG2000Lossless,
    # No open encoder writes high-throughput JPEG 2000; its plain form is the nearest kin.
    uid.HTJ2KLossless: uid.JPEG2000Lossless,
    uid.HTJ2KLosslessRPCL: uid.JPEG2000Lossless,
    uid.HTJ2K: uid.JPEG2000Lossless,
}
"""Transfer syntax that changed pixels are stored in: lossless, and of the same kind as the source's."""


class Undecodable(ValueError):  # noqa: N818 - bad data, not an error of ours
    """The pixels cannot be read; `issue` says why, in a coded form."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.issue = Issue(code, detail)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.issue.code, self.issue.detail))


@dataclass(frozen=True, slots=True)
class Layout:
    """The Image Pixel module (PS3.3 C.7.6.3) as plain numbers, checked."""

    frames: int
    rows: int
    columns: int
    samples: int
    allocated: int
    stored: int
    high_bit: int
    signed: bool
    photometric: str
    syntax: uid.UID

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the decoded array: (frames, rows, columns[, samples])."""
        plain = (self.frames, self.rows, self.columns)
        return plain if self.samples == 1 else (*plain, self.samples)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the decoded array."""
        return np.dtype(f"{'i' if self.signed else 'u'}{max(1, self.allocated // 8)}")


@dataclass(frozen=True, slots=True)
class StoredPixels:
    """Decoded values (frames, rows, columns[, samples]) and whether anything lay where no value is.

    `hidden` counts pixels with bits set above Bits Stored, and bytes or frames beyond those the header declares:
    no viewer shows them, yet they can hold a text plane or a second image.
    """

    values: NDArray[Any]
    hidden: int


def decode(ds: Dataset) -> NDArray[Any]:
    """Return stored values `(frames, rows, columns[, samples])`; raise `Undecodable` when they cannot be read."""
    return decode_fully(ds).values


def decode_fully(ds: Dataset) -> StoredPixels:
    """Return stored values and what is hidden beside them; raise `Undecodable` when they cannot be read."""
    layout = read_layout(ds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw, beyond = _decode_native(ds, layout) if layout.syntax in _NATIVE else _decode_frames(ds, layout)
    except Undecodable:
        raise
    except Exception as error:  # third-party decoders raise anything on damaged data
        raise Undecodable("dicom-undecodable", f"the decoder failed ({type(error).__name__})") from None
    return _mask(raw.reshape(layout.shape), layout, beyond)


def read_layout(ds: Dataset) -> Layout:
    """Return the checked pixel layout of `ds`; raise `Undecodable` when there is none that can be believed."""
    if "PixelData" not in ds or not ds.PixelData:
        raise Undecodable("dicom-not-an-image", "no Pixel Data (7FE0,0010)")
    allocated = _number(ds, "BitsAllocated")
    stored = _number(ds, "BitsStored", allocated)
    layout = Layout(
        frames=_number(ds, "NumberOfFrames", 1) or 1,
        rows=_number(ds, "Rows"),
        columns=_number(ds, "Columns"),
        samples=_number(ds, "SamplesPerPixel", 1),
        allocated=allocated,
        stored=stored,
        high_bit=_number(ds, "HighBit", stored - 1),
        signed=_number(ds, "PixelRepresentation", 0) == 1,
        photometric=str(ds.get("PhotometricInterpretation") or "MONOCHROME2"),
        syntax=_transfer_syntax(ds),
    )
    if min(layout.frames, layout.rows, layout.columns) < 1 or layout.samples not in (1, 3, 4):
        raise Undecodable("dicom-undecodable", "the header declares an image without pixels")
    if allocated not in (1, 8, 16, 32) or not 1 <= stored <= allocated or not stored - 1 <= layout.high_bit < allocated:
        raise Undecodable("dicom-undecodable", "Bits Allocated, Bits Stored and High Bit contradict each other")
    if int(np.prod([int(n) for n in layout.shape])) * layout.dtype.itemsize > MAX_BYTES:
        raise Undecodable("dicom-undecodable", "the header declares more pixels than any radiograph has")
    return layout


def _number(ds: Dataset, keyword: str, default: int | None = None) -> int:
    try:
        value = ds.get(keyword)
        if value is None or value == "":
            if default is None:
                raise Undecodable("dicom-undecodable", f"{keyword} is missing")
            return default
        return int(value)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, Undecodable):
            raise
        raise Undecodable("dicom-undecodable", f"{keyword} is not a number") from None


def _transfer_syntax(ds: Dataset) -> uid.UID:
    meta = getattr(ds, "file_meta", None)
    stated = meta.get("TransferSyntaxUID") if meta is not None else None
    if not stated:
        stated = uid.ImplicitVRLittleEndian if ds.original_encoding[0] is not False else uid.ExplicitVRLittleEndian
    syntax = uid.UID(str(stated))
    if syntax not in LOSSLESS_OF:
        name = syntax.name if syntax.is_transfer_syntax else "unknown"
        raise Undecodable("dicom-transfer-syntax", f"no decoder for the transfer syntax ({name})")
    return syntax


def _decode_native(ds: Dataset, layout: Layout) -> tuple[NDArray[Any], int]:
    decoder = get_decoder(layout.syntax)
    raw, _ = decoder.as_array(ds, raw=True, **_AS_STORED)
    if layout.photometric == "YBR_FULL_422":
        return raw, 0
    declared = int(np.prod(layout.shape)) * layout.allocated // 8
    return raw, sum(byte != 0 for byte in ds.PixelData[declared:])


def _decode_frames(ds: Dataset, layout: Layout) -> tuple[NDArray[Any], int]:
    frames = list(generate_frames(ds.PixelData, number_of_frames=layout.frames, extended_offsets=_offsets(ds)))
    if len(frames) < layout.frames:
        raise Undecodable("dicom-undecodable", "fewer frames than the header declares")
    beyond = sum(len(frame) for frame in frames[layout.frames :])
    if layout.syntax != uid.RLELossless:
        for frame in frames[: layout.frames]:
            _check_codestream(frame, layout)
    if layout.syntax in _JPEG:
        decoded = [_decode_jpeg_frame(frame, layout) for frame in frames[: layout.frames]]
        return decoded[0][None] if layout.frames == 1 else np.stack(decoded), beyond
    decoder = get_decoder(layout.syntax)
    raw, _ = decoder.as_array(ds, raw=True, decoding_plugin=_DECODER[layout.syntax], **_AS_STORED)
    return raw, beyond


def _offsets(ds: Dataset) -> tuple[bytes, bytes] | None:
    if "ExtendedOffsetTable" in ds and "ExtendedOffsetTableLengths" in ds:
        return ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths
    return None


def _check_codestream(frame: bytes, layout: Layout) -> None:
    """Refuse a codestream that contradicts the header before a decoder allocates what it claims."""
    stated = read_header(frame)
    if stated is None:
        raise Undecodable("dicom-undecodable", "the codestream has no readable header")
    if (stated.rows, stated.columns, stated.samples) != (layout.rows, layout.columns, layout.samples):
        raise Undecodable("dicom-undecodable", "codestream and header disagree on the size of the image")
    if stated.precision > layout.allocated:
        raise Undecodable("dicom-undecodable", "codestream and header disagree on the depth of the image")
    if layout.syntax in _JPEG and not ends_whole(frame):
        raise Undecodable("dicom-undecodable", "the codestream ends before the image does")


def _decode_jpeg_frame(frame: bytes, layout: Layout) -> NDArray[Any]:
    stated = read_header(frame)
    assert stated is not None  # _check_codestream has read it
    samples = decode_jpeg(frame, str(layout.syntax), layout.photometric, stated)
    # Not all encoders state a signed range; the bits are the same.
    return samples.astype(np.dtype(f"u{layout.dtype.itemsize}")).view(layout.dtype)


def _mask(raw: NDArray[Any], layout: Layout, beyond: int) -> StoredPixels:
    """Drop bits that belong to no value (PS3.5 8.1.1), extend the sign, count what was dropped."""
    if layout.allocated == 1 or layout.stored == layout.allocated:
        return StoredPixels(raw.astype(layout.dtype, copy=False), beyond)
    unsigned = np.dtype(f"u{layout.dtype.itemsize}")
    bits = np.ascontiguousarray(raw.astype(layout.dtype, copy=False)).view(unsigned)
    low = layout.high_bit + 1 - layout.stored
    mask = unsigned.type((1 << layout.stored) - 1)
    if low == 0 and not layout.signed and bits.max() <= mask:  # the common case, at a tenth of the cost
        return StoredPixels(bits.view(layout.dtype), beyond)
    value = (bits >> unsigned.type(low)) & mask
    if layout.signed:
        empty = layout.allocated - layout.stored
        value = ((value << unsigned.type(empty)).view(layout.dtype) >> layout.dtype.type(empty)).view(unsigned)
    # Zero or a plain sign extension in the unused bits is what writers do; anything else is content.
    used = (value & mask) << unsigned.type(low)
    hidden = int(np.count_nonzero((bits != used) & (bits != value << unsigned.type(low))))
    if layout.syntax in _MAY_BE_LOSSY and hidden <= _OVERSHOOT * bits.size:
        hidden = 0
    return StoredPixels(value.view(layout.dtype), hidden + beyond)


def encode(ds: Dataset, stored: NDArray[Any]) -> None:
    """Put `stored` back into `ds` without loss, in a transfer syntax of the source's own kind (`LOSSLESS_OF`).

    Follows with the elements that must: Transfer Syntax UID, Photometric Interpretation, Planar Configuration, High
    Bit, offset tables, and Lossy Image Compression, which stays 01 for values that have been through a lossy codec
    (PS3.3 C.7.6.1.1.5). Where the kin's encoder refuses the data, Explicit VR Little Endian takes it.
    """
    layout = read_layout(ds)
    if stored.shape != layout.shape:
        raise ValueError(f"expected pixels of shape {layout.shape}, found {stored.shape}")
    photometric = {"YBR_FULL_422": "YBR_FULL", "YBR_RCT": "RGB", "YBR_ICT": "RGB"}.get(
        layout.photometric, layout.photometric
    )
    target = LOSSLESS_OF[layout.syntax]
    if target == uid.JPEG2000Lossless and min(layout.rows, layout.columns) < _LEAST_JPEG2000_SIDE:
        target = uid.ExplicitVRLittleEndian
    if target not in _NATIVE:
        try:
            frames = [_encode_frame(frame, layout, target, photometric) for frame in stored]
        except Exception:  # an encoder that cannot take this depth or colour: keep the pixels, change the box
            target = uid.ExplicitVRLittleEndian
    if target in _NATIVE:
        _put_native(ds, stored, layout, target)
    else:
        _put_frames(ds, frames)
    ds.file_meta.TransferSyntaxUID = target
    ds.PhotometricInterpretation = photometric
    ds.HighBit = layout.stored - 1
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in ds:
            del ds[keyword]
    if layout.syntax in _LOSSY:
        ds.LossyImageCompression = "01"


def _encode_frame(frame: NDArray[Any], layout: Layout, target: uid.UID, photometric: str) -> bytes:
    bits = frame.view(np.dtype(f"u{frame.dtype.itemsize}")).astype(np.dtype(f"<u{frame.dtype.itemsize}"))
    if target == uid.JPEGLosslessSV1:
        masked = bits & bits.dtype.type((1 << layout.stored) - 1)
        return encode_jpeg_lossless(masked.reshape(layout.rows, layout.columns, -1), layout.stored, photometric)
    if target == uid.JPEGLSLossless:
        bits = bits & bits.dtype.type((1 << layout.stored) - 1)
    options: dict[str, Any] = {
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "number_of_frames": 1,
        "bits_allocated": layout.allocated,
        "bits_stored": layout.stored,
        "pixel_representation": int(layout.signed),
        "photometric_interpretation": photometric,
        "planar_configuration": 0,
        "pixel_keyword": "PixelData",
        "use_mct": False,
    }
    plugin = "pyjpegls" if target == uid.JPEGLSLossless else "pylibjpeg"
    return bytes(get_encoder(target).encode(bits.tobytes(), index=0, encoding_plugin=plugin, **options))


def _put_frames(ds: Dataset, frames: list[bytes]) -> None:
    ds.PixelData = encapsulate([frame + b"\x00" * (len(frame) % 2) for frame in frames])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    if int(ds.get("SamplesPerPixel", 1) or 1) > 1:
        ds.PlanarConfiguration = 0


def _put_native(ds: Dataset, stored: NDArray[Any], layout: Layout, target: uid.UID) -> None:
    """Write plain values, planes as Planar Configuration (0028,0006) asks, bits and bytes as the syntax does."""
    values = stored
    if layout.samples > 1:
        if layout.syntax in _NATIVE and ds.get("PlanarConfiguration") == 1:
            values = np.moveaxis(stored, -1, 1)
        else:
            ds.PlanarConfiguration = 0
    if layout.allocated == 1:
        data = np.packbits(values.ravel(), bitorder="little").tobytes()
    else:
        order = values.dtype.newbyteorder(">" if target == uid.ExplicitVRBigEndian else "<")
        data = np.ascontiguousarray(values).astype(order).tobytes()
    vr = ds["PixelData"].VR if layout.syntax in _NATIVE else ""
    wide = layout.allocated > 8 or target == uid.ImplicitVRLittleEndian
    ds.PixelData = data + b"\x00" * (len(data) % 2)
    ds["PixelData"].VR = vr if vr == "OW" else "OW" if wide else "OB"
    ds["PixelData"].is_undefined_length = False
