"""What one file of an export is, judged by its content: an image, another DICOM object, a report, or neither.

`examine` is the work of the first stage: a pure, picklable function that returns a value for any file at all.
"""

from __future__ import annotations

import hashlib
import io
import re
import traceback
import warnings
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset

from cxrforge.dicom.reading import looks_like_dicom, read_object
from cxrforge.ingest.archives import BrokenMemberError
from cxrforge.ingest.images import ImageHeader, is_dicomdir, is_image, read_header
from cxrforge.ingest.limits import MIB, Limits
from cxrforge.ingest.scan import FoundFile, open_source, split_locator
from cxrforge.records import Issue, Level, ReportDocument
from cxrforge.reports.formats import is_report_object, read_report_object, read_reports, sniff
from cxrforge.tables import issue_codes, signatures

HEAD_BYTES = 64 * 1024
_SHORTEST_KEY = 4
_MOST_KEYS = 6


class FileKind(StrEnum):
    """What a file turned out to be."""

    DICOM_IMAGE = "dicom-image"
    DICOM_OTHER = "dicom-other"
    DICOMDIR = "dicomdir"
    REPORT = "report"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ExaminedFile:
    """A file, what it is, and what was found in it.

    `sha256` is the hash of the content in hexadecimal, empty where the content was not read. `issues` of a report file
    may concern single rows of it. The place and everything that identifies is not shown by `repr`.
    """

    locator: str = field(repr=False)
    size: int
    sha256: str
    kind: FileKind
    issues: tuple[Issue, ...] = ()
    image: ImageHeader | None = None
    documents: tuple[ReportDocument, ...] = ()

    @property
    def turned_away(self) -> Issue | None:
        """The issue that keeps the whole file out; None for a file that goes on."""
        if self.documents:
            return None
        table = issue_codes.load()
        return next((issue for issue in self.issues if table[issue.code].level is Level.TURNED_AWAY), None)


def examine(file: FoundFile, limits: Limits | None = None) -> ExaminedFile:
    """Return what `file` is and holds; bad data becomes issues, and nothing is raised for it."""
    if file.issue:
        return ExaminedFile(file.locator, file.size, "", FileKind.OTHER, (file.issue,))
    limits = limits or Limits()
    try:
        source = open_source(file.locator, limits)
        with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as stream:
            return _examined(file, source, stream, limits)
    except BrokenMemberError as error:
        issue = Issue("zip-broken", str(error))
    except OSError as error:
        # no size, so that the file counts as changed when the next run finds it readable
        return ExaminedFile(file.locator, 0, "", FileKind.OTHER, (Issue("file-unreadable", type(error).__name__),))
    return ExaminedFile(file.locator, file.size, "", FileKind.OTHER, (issue,))


def _examined(file: FoundFile, source: bytes | Path, stream: BinaryIO, limits: Limits) -> ExaminedFile:
    head = stream.read(HEAD_BYTES)
    if not head:
        return ExaminedFile(file.locator, 0, hashlib.sha256().hexdigest(), FileKind.OTHER, (Issue("file-empty"),))
    path, member = split_locator(file.locator)
    name = Path(member or path).name
    is_dicom = looks_like_dicom(head)
    is_report = not is_dicom and sniff(head, name) is not None
    content = _read(stream, head, limits.max_report_bytes if is_report else limits.max_file_bytes, keep=is_report)
    if isinstance(content, Issue):
        return ExaminedFile(file.locator, file.size, "", FileKind.OTHER, (content,))
    sha256, size, data = content
    found = (
        _dicom(source) if is_dicom else _report(data, name) if is_report else _Finding(FileKind.OTHER, (_stray(head),))
    )
    documents = with_name_keys(found.documents, name)
    return ExaminedFile(file.locator, size, sha256, found.kind, found.issues, found.image, documents)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the content turned out to be."""

    kind: FileKind
    issues: tuple[Issue, ...] = ()
    image: ImageHeader | None = None
    documents: tuple[ReportDocument, ...] = ()


def _read(stream: BinaryIO, head: bytes, limit: int, keep: bool) -> tuple[str, int, bytes] | Issue:
    """Return hash and size of the whole content, and the content itself when it is to be kept."""
    digest = hashlib.sha256(head)
    size = len(head)
    parts = [head] if keep else []
    while part := stream.read(MIB):
        size += len(part)
        if size > limit:
            return Issue("file-too-large", f"more than {limit} bytes")
        digest.update(part)
        if keep:
            parts.append(part)
    return digest.hexdigest(), size, b"".join(parts)


def _dicom(source: bytes | Path) -> _Finding:
    """Return what a DICOM file holds; its pixel data is not loaded."""
    try:
        with warnings.catch_warnings(), disable_value_validation():
            warnings.simplefilter("ignore")  # pydicom's warnings quote the values
            return _object(read_object(source))
    except OSError:
        raise
    except Exception as error:  # a fault of ours costs this file, not the batch; the tests assert that none happens
        return _Finding(FileKind.DICOM_OTHER, (Issue("examine-fault", _place(error)),))


def _object(found: Dataset | Issue) -> _Finding:
    if isinstance(found, Issue):
        return _Finding(FileKind.DICOM_OTHER, (found,))
    if is_dicomdir(found):
        return _Finding(FileKind.DICOMDIR, (Issue("dicomdir"),))
    if is_report_object(found):
        documents, remarks = read_report_object(found)
        return _Finding(FileKind.REPORT, tuple(remarks), documents=tuple(documents))
    if not is_image(found):
        return _Finding(FileKind.DICOM_OTHER, (Issue("dicom-not-an-image"),))
    header, issues = read_header(found)
    return _Finding(FileKind.DICOM_IMAGE, issues, image=header)


def _report(data: bytes, name: str) -> _Finding:
    """Return the reports that a file's content holds."""
    try:
        documents, issues = read_reports(data, name)
    except Exception as error:  # see above
        return _Finding(FileKind.REPORT, (Issue("examine-fault", _place(error)),))
    if not documents and not issues:
        issues = [Issue("not-an-export-file", "no report in it")]
    return _Finding(FileKind.REPORT, tuple(issues), documents=tuple(documents))


def with_name_keys(documents: tuple[ReportDocument, ...], name: str) -> tuple[ReportDocument, ...]:
    """Return the documents, the only one of a file with the keys that the file's name may hold."""
    if len(documents) != 1:
        return documents
    stem = name.split(".")[0] if not re.fullmatch(r"[\d.]+\.\w+", name) else name.rpartition(".")[0]
    parts = dict.fromkeys((stem, *re.split(r"[_\s()+,;]+", stem)))
    keys = tuple(part for part in parts if len(part) >= _SHORTEST_KEY and any(c.isdigit() for c in part))
    return (replace(documents[0], name_keys=keys[:_MOST_KEYS]),)


def _stray(head: bytes) -> Issue:
    """Return why a file that is neither DICOM nor a report is turned away."""
    for row in signatures.load():
        if head.startswith(row.magic, row.offset):
            return Issue(row.code, row.what)
    return Issue("not-an-export-file", "text without a report" if _is_text(head) else "unknown content")


def _place(error: Exception) -> str:
    """Return kind and place of a fault without its message, which may quote the data."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head) * 100 < len(head)
