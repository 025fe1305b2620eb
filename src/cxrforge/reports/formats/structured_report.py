"""DICOM structured reports (PS3.3 A.35) and documents encapsulated in DICOM (PS3.3 A.45) as report documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydicom.dataset import Dataset

from cxrforge.dicom.attributes import items, text, texts, value
from cxrforge.identity.known import KNOWN_KEYWORDS
from cxrforge.records import Issue, ReportDocument
from cxrforge.reports.formats.attachments import attached_text
from cxrforge.reports.formats.fields import build_document
from cxrforge.reports.formats.limits import MAX_BYTES, MAX_DEPTH, MAX_TEXT
from cxrforge.reports.sections import cut_headings
from cxrforge.tables import sr_documents

_MAX_ITEMS = 20_000
_ASIDE = frozenset({"HAS OBS CONTEXT", "HAS ACQ CONTEXT", "HAS CONCEPT MOD"})
"""Relationships whose target tells about the document, not about the chest."""


def is_report_object(ds: Dataset) -> bool:
    """Tell whether a DICOM object is a report: an SR of a class that reports come in, or an encapsulated document."""
    table = sr_documents.load()
    sop_class = text(ds, "SOPClassUID")
    return sop_class in table.classes or sop_class in table.encapsulated


def read_report_object(ds: Dataset) -> tuple[list[ReportDocument], list[Issue]]:
    """Return the one report of a DICOM object, or the issue that says why there is none."""
    body = _encapsulated(ds) if text(ds, "SOPClassUID") in sr_documents.load().encapsulated else _content(ds)
    if isinstance(body, Issue):
        return [], [body]
    if len(body) > MAX_TEXT:
        return [], [Issue("report-too-long", f"{len(body)} characters")]
    if not body.strip():
        return [], [Issue("report-no-text", "structured report without text")]
    return [build_document(body, _values(ds))], []


# ---------------------------------------------------------------- the text


def _encapsulated(ds: Dataset) -> str | Issue:
    if not text(ds, "MIMETypeOfEncapsulatedDocument") and "EncapsulatedDocument" not in ds:
        return Issue("report-empty", "no document is encapsulated")
    element = ds.get_item("EncapsulatedDocument")
    if (getattr(element, "length", 0) or 0) > MAX_BYTES:
        return Issue("report-too-long", "encapsulated document")
    raw = value(ds, "EncapsulatedDocument")
    if not isinstance(raw, bytes) or not raw.strip(b"\0"):
        return Issue("report-empty", "no document is encapsulated")
    return attached_text(raw, text(ds, "MIMETypeOfEncapsulatedDocument"))


def _content(ds: Dataset) -> str | Issue:
    lines: list[str] = []
    for item, is_sectioned in _walk(ds):
        if len(lines) > _MAX_ITEMS:
            return Issue("report-too-long", f"more than {_MAX_ITEMS} content items")
        lines += _lines(item, lines, is_sectioned)
    return "\n".join(lines).strip()


def _walk(ds: Dataset) -> Iterator[tuple[Dataset, bool]]:
    """Yield content items that are part of the report, depth first; context and modifiers aside.

    With each goes whether a container around it names a section: then the item's own concept is no heading.
    """
    stack = [(item, 1, False) for item in reversed(items(ds, "ContentSequence"))]
    while stack:
        item, depth, is_sectioned = stack.pop()
        if depth > MAX_DEPTH or text(item, "RelationshipType") in _ASIDE:
            continue
        yield item, is_sectioned
        is_sectioned = is_sectioned or _names_section(item)
        stack += [(inner, depth + 1, is_sectioned) for inner in reversed(items(item, "ContentSequence"))]


def _names_section(item: Dataset) -> bool:
    code, name = _concept(item)
    is_container = text(item, "ValueType") == "CONTAINER"
    return is_container and (code in sr_documents.load().headings or bool(name and cut_headings(f"{name}:")))


def _lines(item: Dataset, before: list[str], is_sectioned: bool) -> list[str]:
    """Return the lines that one content item adds: a heading for a container, the value for the rest."""
    kind = text(item, "ValueType")
    code, name = _concept(item)
    if kind == "CONTAINER":
        heading = _heading(code, name)
        return ["", heading] if before and heading else [heading] if heading else []
    if kind == "TEXT":
        body = str(value(item, "TextValue") or "").replace("\r\n", "\n").replace("\r", "\n").rstrip()
        heading = _heading(code, name) if code in sr_documents.load().headings and not is_sectioned else ""
        if not body.strip() or not heading or _is_headed(heading, body, before):
            return [body] if body.strip() else []
        return (["", heading] if before else [heading]) + [body]
    if kind == "CODE":
        meant = [_meaning(c) for c in items(item, "ConceptCodeSequence")]
        return [f"{name}: {m}" if name and code not in sr_documents.load().headings else m for m in meant if m]
    if kind == "NUM":
        measured = [
            f"{name}: {text(m, 'NumericValue')} {' '.join(_unit(u) for u in items(m, 'MeasurementUnitsCodeSequence'))}"
            for m in items(item, "MeasuredValueSequence")
        ]
        return [line.rstrip() for line in measured]
    return []


def _is_headed(heading: str, body: str, before: list[str]) -> bool:
    """Tell whether a text item needs no heading of its own: the item before it had the same, or its text has some."""
    last = next((line for line in reversed(before) if line.endswith(":")), "")
    return last == heading or bool(cut_headings(body[:80])) or len(cut_headings(body)) > 1


def _heading(code: str, name: str) -> str:
    """Return the heading of a concept: its own words where the section cutter knows them, else those of its code."""
    named = f"{name.strip().rstrip(':')}:" if name.strip() else ""
    standard = sr_documents.load().headings.get(code, "")
    if standard and not (named and cut_headings(named)):
        return f"{standard}:"
    return named


def _concept(item: Dataset) -> tuple[str, str]:
    """Return the code (`scheme:value`) and meaning of an item's concept name."""
    for name in items(item, "ConceptNameCodeSequence"):
        return f"{text(name, 'CodingSchemeDesignator')}:{text(name, 'CodeValue')}", text(name, "CodeMeaning")
    return "", ""


def _meaning(code: Dataset) -> str:
    return text(code, "CodeMeaning")


def _unit(unit: Dataset) -> str:
    found = text(unit, "CodeValue")
    return "" if found in ("1", "{ratio}") else found


# ---------------------------------------------------------------- whose it is


def _values(ds: Dataset) -> dict[str, str]:
    """Return identifiers, people, dates and the state of the document by field meaning."""
    found: dict[str, dict[str, None]] = {}

    def add(keyword: str, *values: str) -> None:
        for one in values:
            if one.strip(" ^\0"):
                found.setdefault(keyword, {}).setdefault(one.strip(" \0"))

    for inner in _every(ds):
        for keyword in KNOWN_KEYWORDS:
            if keyword in inner:
                # the document's own dates and IDs come first; nested ones (a referenced patient, an order) join them
                add(keyword, *texts(inner, keyword))
        code, _ = _concept(inner)
        kind = text(inner, "ValueType")
        if kind == "PNAME":
            add(sr_documents.load().context.get(code, "VerifyingObserverName"), *texts(inner, "PersonName"))
        elif keyword := sr_documents.load().context.get(code, ""):
            add(keyword, *texts(inner, {"DATE": "Date", "DATETIME": "DateTime"}.get(kind, "TextValue")))
    values = {keyword: "\\".join(many) for keyword, many in found.items()}
    own = text(ds, "PatientID")
    others = [v for v in found.get("PatientID", {}) if v != own]
    if others:
        values["OtherPatientIDs"] = "\\".join(filter(None, (values.get("OtherPatientIDs", ""), *others)))
    values["PatientID"] = own
    values["IssuerOfPatientID"] = text(ds, "IssuerOfPatientID")
    values["StudyDate"] = text(ds, "StudyDate")
    values["PatientBirthDate"] = text(ds, "PatientBirthDate")
    values["PatientSex"] = text(ds, "PatientSex")
    values["StudyInstanceUID"] = " ".join(_study_uids(ds))
    values["status"], values["issued"] = _status(ds), _issued(ds)
    values["language"] = _language(ds)
    return {keyword: one for keyword, one in values.items() if one}


def _every(ds: Dataset, depth: int = 0) -> Iterator[Dataset]:
    """Yield the data set and every item below it."""
    yield ds
    if depth > 2 * MAX_DEPTH:
        return
    for tag in list(ds.keys()):
        element = ds.get_item(tag)
        if getattr(element, "VR", "") == "SQ":
            for item in element.value or ():
                if isinstance(item, Dataset):
                    yield from _every(item, depth + 1)


def _study_uids(ds: Dataset) -> tuple[str, ...]:
    """Return the study of the document and those of the requests that it answers, without those it compares with."""
    uids = [text(ds, "StudyInstanceUID")]
    for keyword in ("ReferencedRequestSequence", "CurrentRequestedProcedureEvidenceSequence"):
        uids += [text(item, "StudyInstanceUID") for item in items(ds, keyword)]
    return tuple(dict.fromkeys(uid for uid in uids if uid))


def _status(ds: Dataset) -> str:
    """Return the status from Preliminary (0040,A496), Completion (0040,A491) and Verification Flag (0040,A493).

    An encapsulated document has none of them: its text tells.
    """
    if text(ds, "SOPClassUID") in sr_documents.load().encapsulated:
        return ""
    if text(ds, "PreliminaryFlag") == "PRELIMINARY" or text(ds, "CompletionFlag") == "PARTIAL":
        return "preliminary"
    if text(ds, "VerificationFlag") == "UNVERIFIED" and text(ds, "PreliminaryFlag") != "FINAL":
        return "preliminary"
    return "corrected" if items(ds, "PredecessorDocumentsSequence") else "final"


def _issued(ds: Dataset) -> str:
    verified = [text(item, "VerificationDateTime") for item in items(ds, "VerifyingObserverSequence")]
    made = text(ds, "ContentDate") + text(ds, "ContentTime")
    return re.sub(r"\D", "", max((*verified, made), default="")[:14])


def _language(ds: Dataset) -> str:
    for item in items(ds, "ContentSequence"):
        if _concept(item)[0] == sr_documents.LANGUAGE:
            return next((text(code, "CodeValue") for code in items(item, "ConceptCodeSequence")), "")
    return ""
