"""Text in and out of the character sets that DICOM declares (PS3.3 C.12.1.1.2), and out of wrong declarations."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes, encode_string, python_encoding

UTF8 = "ISO_IR 192"
_DELIMITERS = {0x5C, 0x5E, 0x3D, 0x09, 0x0A, 0x0C, 0x0D}


@dataclass(frozen=True, slots=True)
class Charset:
    """The declared terms of (0008,0005) and the codecs they stand for; `valid` when every term is known."""

    terms: tuple[str, ...]
    codecs: tuple[str, ...]
    valid: bool

    def decode(self, value: bytes) -> str:
        """Return text for `value`, whatever the declaration is worth; never raises."""
        if value.isascii() and b"\x1b" not in value:
            return value.decode("ascii")
        if b"\x1b" in value:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    return decode_bytes(value, list(self.codecs), _DELIMITERS)
            except (LookupError, ValueError):
                return value.decode("latin-1")
        candidates = self.codecs[:1] if self.codecs[0] in ("gb18030", "gbk") else ("utf-8", *self.codecs)
        for codec in (*candidates, "utf-8", "cp1252"):
            try:
                return value.decode(codec)
            except (UnicodeDecodeError, LookupError):
                continue
        return value.decode("latin-1")

    def honest(self, value: bytes) -> bool:
        """Say whether `value` is what the declaration promises, so that it may stay as it is."""
        if value.isascii():
            return b"\x1b" not in value or len(self.terms) > 1
        try:
            return self.valid and self.encode(self.decode(value)) == value.rstrip(b" \0")
        except UnicodeEncodeError:
            return False

    def encode(self, text: str) -> bytes:
        """Return `text` in the declared sets; raise `UnicodeEncodeError` when they cannot hold it."""
        if text.isascii():
            return text.encode("ascii")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                return encode_string(text, list(self.codecs))
            except UserWarning as error:
                raise UnicodeEncodeError("dicom", text, 0, len(text), "not in the declared sets") from error


ASCII = Charset((), ("iso8859",), True)
UNICODE = Charset((UTF8,), ("utf8",), True)


@lru_cache(maxsize=256)
def charset_of(value: bytes | None) -> Charset:
    """Return the character sets that an element (0008,0005) declares."""
    if not value or not value.strip(b" \0"):
        return ASCII
    terms = tuple(t.strip() for t in value.decode("ascii", "replace").strip("\0 ").split("\\"))
    valid = all(t in python_encoding for t in terms)
    if not valid:
        return Charset(terms, ("iso8859",), False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Charset(terms, tuple(convert_encodings(list(terms))), True)
