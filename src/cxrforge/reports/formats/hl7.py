"""HL7 v2 ORU^R01 (HL7 v2.x chapters 2 and 7): segments, escapes, OBX lines joined, several OBR, MLLP framing."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cxrforge.records import Issue, ReportDocument
from cxrforge.reports.formats.attachments import attached_text
from cxrforge.reports.formats.encoding import decode
from cxrforge.reports.formats.fields import build_document
from cxrforge.reports.formats.limits import MAX_DOCUMENTS, MAX_TEXT
from cxrforge.tables import report_fields

_START = re.compile(r"^[\s\x0b\x1c]*(?:MSH|FHS|BHS)[^\w\s]")
_MESSAGE = re.compile(r"(?:^|(?<=[\r\n\x0b\x1c]))MSH(?=[^\w\s])")
_CHARSETS = {
    "ASCII": "cp1252",
    "8859/1": "cp1252",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
    "WINDOWS-1252": "cp1252",
    "WINDOWS-1250": "cp1250",
    "CP1252": "cp1252",
    "CP1250": "cp1250",
}
"""HL7 table 0211 (and what systems send in its place) to Python codecs."""

_TEXT_TYPES = frozenset(("TX", "FT", "ST", "CE", "CWE", "ED", "CF", "", "RP", "NM", "DT", "TS", "HD", "EI"))
_HEADINGS = {
    "59776-5": "FINDINGS",
    "19005-8": "IMPRESSION",
    "18785-6": "INDICATION",
    "11329-0": "INDICATION",
    "55111-9": "TECHNIQUE",
    "18834-2": "COMPARISON",
    "55107-7": "ADDENDUM",
    "IMP": "IMPRESSION",
    "GDT": "FINDINGS",
    "ADT": "ADDENDUM",
    "ADDENDUM": "ADDENDUM",
    "FINDINGS": "FINDINGS",
    "IMPRESSION": "IMPRESSION",
}
"""OBX-3 identifiers and suffixes (LOINC; HL7 v2 chapter 7.2.4 suffixes) that say which part an OBX holds."""


@dataclass(slots=True)
class _Delimiters:
    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


@dataclass(slots=True)
class _Order:
    """One OBR with the segments that follow it."""

    obr: list[str]
    orc: list[str] | None
    zds: list[list[str]] = field(default_factory=list)
    body: list[list[str]] = field(default_factory=list)


def is_hl7(text: str) -> bool:
    """Tell whether text starts as an HL7 v2 message, batch or MLLP frame."""
    return _START.match(text[:200]) is not None


def read_hl7(data: bytes) -> tuple[list[ReportDocument], list[Issue]]:
    """Return every report of the messages in `data`."""
    decoded = decode(data, _declared(data))
    issues = [Issue("report-encoding-damaged", decoded.encoding)] if decoded.damaged else []
    documents: list[ReportDocument] = []
    starts = [m.start() for m in _MESSAGE.finditer(decoded.text)]
    if not starts:
        return [], [*issues, Issue("report-malformed", "no MSH segment")]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(decoded.text)], strict=True), 1):
        found, remarks = _read_message(decoded.text[start:end])
        place = f"message {number}: " if len(starts) > 1 else ""
        documents.extend(found)
        issues.extend(Issue(r.code, place + r.detail) for r in remarks)
        if len(documents) > MAX_DOCUMENTS:
            return documents[:MAX_DOCUMENTS], [*issues, Issue("report-too-many", f"over {MAX_DOCUMENTS}")]
    return documents, issues


def _declared(data: bytes) -> str | None:
    """Return the codec of MSH-18 (repetitions: the first that is known)."""
    at = data.find(b"MSH")
    if at < 0:
        return None
    line = re.split(rb"[\r\n]", data[at : at + 2000], maxsplit=1)[0].decode("ascii", "replace")
    parts = line.split(line[3:4] or "|")
    names = parts[17].split("~") if len(parts) > 17 else []
    return next((_CHARSETS[n.strip().upper()] for n in names if n.strip().upper() in _CHARSETS), None)


def _read_message(text: str) -> tuple[list[ReportDocument], list[Issue]]:
    """Return the reports of one message: one per group of OBR that share their OBX."""
    segments = [s for s in re.split(r"[\r\n\x0b\x1c]+", text) if s.strip()]
    marks = _delimiters(segments[0])
    fields = [_segment(s, marks) for s in segments]
    kind = _get(fields[0], 9)
    if kind and kind.split(marks.component)[0] not in ("ORU", "MDM", "OUL"):
        return [], [Issue("report-not-a-result", "message type is not ORU")]
    shared = _shared_values(fields, marks)
    documents: list[ReportDocument] = []
    issues: list[Issue] = []
    for orders in _groups(fields):
        document, remark = _document(orders, shared, marks)
        if document:
            documents.append(document)
        if remark:
            issues.append(remark)
    if not documents and not issues:
        issues.append(Issue("report-no-text", "no OBX segment"))
    return documents, issues


def _delimiters(msh: str) -> _Delimiters:
    """Return the delimiters of MSH-1 and MSH-2, HL7's recommended ones where they are missing."""
    marks = _Delimiters(field=msh[3:4] or "|")
    given = msh[4:].split(marks.field, 1)[0][:4]
    for name, mark in zip(("component", "repetition", "escape", "subcomponent"), given, strict=False):
        setattr(marks, name, mark)
    return marks


def _segment(text: str, marks: _Delimiters) -> list[str]:
    """Return fields with the segment's name at 0, so that an index is HL7's field number (MSH-1 is the delimiter)."""
    parts = text.strip(" ").split(marks.field)[:600]
    return [parts[0].strip(), marks.field, *parts[1:]] if parts[0].strip() == "MSH" else [parts[0].strip(), *parts[1:]]


def _get(segment: Sequence[str], number: int) -> str:
    return segment[number] if number < len(segment) else ""


def _groups(fields: Sequence[list[str]]) -> Iterator[list[_Order]]:
    """Yield orders that belong to one report: an OBR without OBX joins the next; equal text follows its own OBR."""
    waiting: list[_Order] = []
    orc: list[str] | None = None
    for segment in fields:
        name = segment[0]
        if name == "ORC":
            orc = segment
        elif name == "OBR":
            if waiting and waiting[-1].body:
                yield waiting
                waiting = []
            waiting.append(_Order(segment, orc))
            orc = None
        elif name in ("OBX", "NTE", "TXA"):
            if not waiting and name == "OBX":
                waiting.append(_Order(["OBR"], orc))
            if waiting and name != "TXA":
                waiting[-1].body.append(segment)
        elif name == "ZDS" and waiting:
            waiting[-1].zds.append(segment)
    if waiting:
        yield waiting


def _document(
    orders: Sequence[_Order], shared: dict[str, str], marks: _Delimiters
) -> tuple[ReportDocument | None, Issue | None]:
    """Return the report of orders that share one text."""
    lines, problem = _body_text([s for o in orders for s in o.body], marks)
    text = "\n".join(lines)
    if not text.strip():
        has_obx = any(s[0] == "OBX" for o in orders for s in o.body)
        return None, problem or Issue("report-no-text", "OBX without text" if has_obx else "no OBX segment")
    if len(text) > MAX_TEXT:
        return None, Issue("report-too-long", f"{len(text)} characters")
    values = dict(shared)
    for order in orders:
        for name, value in _order_values(order, marks).items():
            joins = name in ("AccessionNumber", "StudyInstanceUID") and values.get(name)
            values[name] = f"{values[name]}\\{value}" if joins else values.get(name) or value
    status = _status([s for o in orders for s in o.body], orders, marks)
    if status == "cancelled":
        return None, Issue("report-cancelled")
    values["status"] = status
    return build_document(text, values), problem


def _shared_values(fields: Sequence[list[str]], marks: _Delimiters) -> dict[str, str]:
    """Return what MSH, PID and PV1 say about the patient, by field meaning."""
    values: dict[str, str] = {}
    for segment in fields:
        name = segment[0]
        if name == "MSH":
            values["InstitutionName"] = _text(_get(segment, 4).split(marks.component)[0], marks)
            values["issued"] = _get(segment, 7).split(marks.component)[0]
        elif name == "PID":
            identifier = (_get(segment, 3) or _get(segment, 2)).split(marks.repetition)
            first = identifier[0].split(marks.component)
            values["PatientID"] = _text(first[0], marks)
            issuer = first[3] if len(first) > 3 else ""
            values["IssuerOfPatientID"] = _text(issuer.split(marks.subcomponent)[0], marks)
            others = [_text(x.split(marks.component)[0], marks) for x in identifier[1:]]
            others += [_text(_get(segment, n).split(marks.component)[0], marks) for n in (2, 4, 18, 19)]
            values["OtherPatientIDs"] = "\\".join(x for x in dict.fromkeys(others) if x and x != values["PatientID"])
            values["PatientName"] = _names(_get(segment, 5), marks)
            values["OtherPatientNames"] = _names(_get(segment, 9), marks)
            values["PatientMotherBirthName"] = _names(_get(segment, 6), marks)
            values["PatientBirthDate"] = _get(segment, 7)[:8]
            values["PatientSex"] = _get(segment, 8)
            values["PatientAddress"] = _join(_get(segment, 11), marks)
            values["PatientTelephoneNumbers"] = _join(_get(segment, 13), marks)
        elif name == "PV1":
            values["PhysiciansOfRecord"] = _names(_get(segment, 7), marks)
            values["ReferringPhysicianName"] = _names(_get(segment, 8), marks)
            values["ConsultingPhysicianName"] = _names(_get(segment, 9), marks)
            values["AdmissionID"] = _text(_get(segment, 19).split(marks.component)[0], marks)
    return {k: v for k, v in values.items() if v}


def _order_values(order: _Order, marks: _Delimiters) -> dict[str, str]:
    """Return what OBR, ORC and ZDS (IHE RAD TF-2 4.4) say about the study."""
    obr = order.obr
    numbers = [_get(obr, n).split(marks.component)[0] for n in (18, 3, 2)]
    if order.orc is not None:
        numbers += [_get(order.orc, n).split(marks.component)[0] for n in (3, 2)]
    uids = [_text(_get(z, 1).split(marks.component)[0], marks) for z in order.zds]
    for segment in order.body:
        if segment[0] == "OBX" and re.search(r"113014|study.?instance.?uid|^ZDS", _get(segment, 3), re.IGNORECASE):
            uids.append(_text(_get(segment, 5).split(marks.component)[0], marks))
    values = {
        "AccessionNumber": "\\".join(dict.fromkeys(_text(n, marks) for n in numbers if n.strip())),
        "StudyInstanceUID": "\\".join(u for u in uids if u),
        "StudyDate": (_get(obr, 7) or _get(obr, 8))[:8],
        "issued": _get(obr, 22).split(marks.component)[0],
        "ReferringPhysicianName": _names(_get(obr, 16), marks),
        "NameOfPhysiciansReadingStudy": _names(_get(obr, 32), marks, table=True),
        "PerformingPhysicianName": _names(_get(obr, 33), marks, table=True),
        "OperatorsName": _names(f"{_get(obr, 34)}{marks.repetition}{_get(obr, 35)}", marks, table=True),
    }
    return {k: v for k, v in values.items() if v}


def _status(body: Sequence[list[str]], orders: Sequence[_Order], marks: _Delimiters) -> str:
    """Return the report's status from OBR-25, else from OBX-11 (HL7 tables 0123 and 0085)."""
    codes = [_get(o.obr, 25).strip() for o in orders if _get(o.obr, 25).strip()]
    codes = codes or [_get(s, 11).strip() for s in body if s[0] == "OBX" and _get(s, 11).strip()]
    words = {report_fields.load().statuses.get(c.split(marks.component)[0].casefold(), "final") for c in codes}
    for status in ("corrected", "addendum", "final", "preliminary", "cancelled"):
        if status in words:
            return status
    return "final"


def _body_text(body: Sequence[list[str]], marks: _Delimiters) -> tuple[list[str], Issue | None]:
    """Return the lines of OBX-5 and NTE-3; parts that OBX-3 names get a heading where the text has none."""
    lines: list[str] = []
    part, problem = "", None
    for segment in body:
        if segment[0] == "NTE":
            lines.extend(_lines(_get(segment, 3), marks))
            continue
        kind = _get(segment, 2).strip().upper()
        if _get(segment, 11).strip() in ("D", "W"):
            continue
        if kind not in _TEXT_TYPES or re.search(r"113014|study.?instance.?uid", _get(segment, 3), re.IGNORECASE):
            continue
        heading = _heading(_get(segment, 3), marks)
        if kind == "ED":
            value, issue = _encapsulated(_get(segment, 5), marks)
            problem = problem or issue
            new = value.split("\n") if value else []
        elif kind in ("CE", "CWE", "CF"):
            parts = _get(segment, 5).split(marks.component)
            new = [_text(parts[1] if len(parts) > 1 and parts[1] else parts[0], marks)]
        elif kind == "RP":
            continue
        else:
            new = _lines(_get(segment, 5), marks)
        if heading and heading != part and new:
            first = next((x for x in new if x.strip()), "")
            if not first.strip().upper().startswith(heading[:5]):
                lines.append(f"{heading}:")
        part = heading or part
        lines.extend(new)
    return lines, problem


def _heading(identifier: str, marks: _Delimiters) -> str:
    """Return the heading that OBX-3 stands for, or an empty string."""
    for part in re.split("[" + re.escape(marks.component + marks.subcomponent) + "]", identifier.upper())[:8]:
        if part.strip() in _HEADINGS:
            return _HEADINGS[part.strip()]
    return ""


def _encapsulated(value: str, marks: _Delimiters) -> tuple[str, Issue | None]:
    """Return the text of an ED value (source^type^subtype^encoding^data)."""
    parts = (value.split(marks.component) + [""] * 5)[:5]
    if parts[3].strip().upper() != "BASE64":
        return _text(parts[4], marks), None
    try:
        raw = base64.b64decode(parts[4], validate=False)
    except (binascii.Error, ValueError):
        return "", Issue("report-malformed", "OBX with broken base64")
    text = attached_text(raw, f"{parts[1]}/{parts[2]}")
    return ("", text) if isinstance(text, Issue) else (text, None)


def _lines(value: str, marks: _Delimiters) -> list[str]:
    r"""Return the lines of a TX or FT value: repetitions and `\.br\` break, the rest of the escapes is undone."""
    return [line for part in value.split(marks.repetition) for line in _text(part, marks).split("\n")]


def _text(value: str, marks: _Delimiters) -> str:
    r"""Undo HL7 escapes: delimiters, `\.br\`, `\.sp`n`\`, `\.in`, `\X..\` (hexadecimal), `\H\` and `\N\`."""
    if marks.escape not in value:
        return value
    mark = re.escape(marks.escape)
    return re.sub(mark + r"([A-Za-z.][^" + mark + r"\r\n]{0,400})" + mark, lambda m: _escape(m[1], marks), value)


def _escape(code: str, marks: _Delimiters) -> str:
    single = {"F": marks.field, "S": marks.component, "T": marks.subcomponent, "R": marks.repetition, "E": marks.escape}
    upper = code.upper()
    if upper in single:
        return single[upper]
    if upper.startswith((".BR", ".CE")):
        return "\n"
    if upper.startswith(".SP"):
        count = re.search(r"\d+", code)
        return "\n" * min(int(count[0]) if count else 1, 5)
    if upper.startswith("."):
        return ""
    if upper[0] == "X" and re.fullmatch(r"(?:[0-9A-F]{2})+", upper[1:]):
        raw = bytes.fromhex(upper[1:])
        return raw.decode("ascii").replace("\r\n", "\n").replace("\r", "\n") if raw.isascii() else decode(raw).text
    return ""


def _join(value: str, marks: _Delimiters) -> str:
    """Return a composite field's repetitions as plain words."""
    seps = "[" + re.escape(marks.component + marks.subcomponent) + "]+"
    return "\\".join(" ".join(re.split(seps, _text(x, marks))).strip() for x in value.split(marks.repetition) if x)


def _names(value: str, marks: _Delimiters, table: bool = False) -> str:
    """Return XPN, XCN or (with `table`) NDL names as DICOM PN strings joined by a backslash.

    XCN starts with an ID number where XPN starts with the family name; senders leave the ID out or in.
    """
    found = []
    for repetition in value.split(marks.repetition)[:50]:
        if table:  # NDL: the name is the first component, its parts are subcomponents
            first = repetition.split(marks.component)
            parts = first[0].split(marks.subcomponent) if marks.subcomponent in first[0] else first
            if parts and (not parts[0] or any(c.isdigit() for c in parts[0])):
                parts = _name_without_id(parts, first)
        else:
            parts = [p.split(marks.subcomponent)[0] for p in repetition.split(marks.component)]
            if parts and len(parts) > 1 and (not parts[0] or any(c.isdigit() for c in parts[0])):
                parts = parts[1:]
        name = "^".join(_text(p, marks).strip() for p in parts[:3]).strip("^")
        if any(c.isalpha() for c in name):
            found.append(name)
    return "\\".join(dict.fromkeys(found))


def _name_without_id(parts: list[str], components: list[str]) -> list[str]:
    """Drop an empty or numeric ID before a name; senders also put `&Family^Given`."""
    rest = parts[1:]
    return rest + components[1:] if len(rest) == 1 else rest
