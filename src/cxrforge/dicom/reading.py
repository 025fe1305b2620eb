"""Reading DICOM objects: any bytes give a data set or a coded issue, never an exception."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from pydicom.charset import convert_encodings
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import UID

from cxrforge.dicom.elements import DEFLATED, Element, Extent, MalformedError, Parsed, Source, parse
from cxrforge.records import Issue

_DEFAULT_CHARSET = "iso8859"  # pydicom's codec for the default repertoire
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST TM UI UL UN US UT".split())


def looks_like_dicom(head: bytes) -> bool:
    """Say whether the first bytes of a file (132 are enough) may be those of a DICOM object.

    Either the prefix of PS3.10 7.1 stands at its place, or a data set without preamble starts with group 0002 or 0008.
    """
    if head[128:132] == b"DICM":
        return True
    if len(head) < 16 or head[:2] not in _FIRST_GROUPS or head[2:4] > b"\x23\x01":
        return False
    if head[4:6] in _VRS:
        return True
    length = int.from_bytes(head[4:8], "little")
    return head[:2] == b"\x08\x00" and 0 < length <= 64 and not length % 2


def read_object(source: Path | bytes, *, defer_pixels: bool = True) -> Dataset | Issue:
    """Return the object in `source`, or an issue that says why there is none.

    With `defer_pixels` the pixel data of a file is read when it is asked for, as long as the file stays where it is.
    """
    try:
        with Source(source) as opened:
            return dataset_of(parse(opened), source if isinstance(source, Path) and defer_pixels else None)
    except MalformedError as found:
        return Issue(found.code, found.detail)
    except OSError:
        return Issue("dicom-unreadable")
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError, ArithmeticError, LookupError):
        return Issue("dicom-malformed", "a value that cannot be taken in")


def dataset_of(parsed: Parsed, deferred: Path | None = None) -> FileDataset:
    """Return a parsed object as pydicom's data set; large values are read now, or from `deferred` when asked for."""
    if parsed.transfer_syntax == DEFLATED:
        deferred = None
    meta = FileMetaDataset({BaseTag(e.tag): _raw(e, parsed, False, True, None) for e in parsed.meta if e.vr != "SQ"})
    meta.TransferSyntaxUID = UID(parsed.transfer_syntax)
    ds = FileDataset(
        str(deferred) if deferred else io.BytesIO(b""),
        _dataset(parsed.elements, parsed, deferred, _DEFAULT_CHARSET),
        file_meta=meta,
        is_implicit_VR=parsed.implicit,
        is_little_endian=parsed.little,
    )
    return ds


def _dataset(elements: list[Element], parsed: Parsed, deferred: Path | None, inherited: str | list[str]) -> Dataset:
    """Return elements as a data set; an item without a character set of its own has its parent's (PS3.5 7.5.3)."""
    charset = _charset(elements, inherited)
    found: dict[BaseTag, DataElement | RawDataElement] = {}
    for element in elements:
        tag = BaseTag(element.tag)
        if isinstance(element.value, list):
            items = Sequence([_dataset(item, parsed, deferred, charset) for item in element.value])
            found[tag] = DataElement(tag, "SQ", items)
        else:
            found[tag] = _raw(element, parsed, parsed.implicit, parsed.little, deferred)
    ds = Dataset(found)
    ds.set_original_encoding(parsed.implicit, parsed.little, charset)
    return ds


def _charset(elements: list[Element], inherited: str | list[str]) -> str | list[str]:
    """Return the codecs of Specific Character Set (0008,0005), which pydicom decodes with."""
    for element in elements:
        if element.tag == 0x00080005 and isinstance(element.value, bytes):
            terms = [term.strip() for term in element.value.decode("ascii", "replace").split("\\")]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an unknown term counts as the default repertoire
                return convert_encodings(terms)
    return inherited


def _raw(element: Element, parsed: Parsed, implicit: bool, little: bool, deferred: Path | None) -> RawDataElement:
    value = element.value
    tell, length = 0, 0
    content: bytes | None = b""
    if isinstance(value, Extent):
        tell, length = value.offset, 0xFFFFFFFF if value.fragments else value.length
        content = None if deferred else parsed.data.read(value.offset, value.length - 8 * value.fragments)
    elif isinstance(value, bytes):
        length, content = len(value), value
    return RawDataElement(BaseTag(element.tag), element.vr, length, content, tell, implicit, little)
