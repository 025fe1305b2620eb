"""Field names of report files (JSON keys, CSV columns, header lines) to what they mean in a `ReportDocument`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cxrforge.identity.dates import parse_date
from cxrforge.identity.match import fold
from cxrforge.records import ReportDocument
from cxrforge.reports.formats.limits import MAX_TEXT
from cxrforge.tables import report_fields

_UID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*)){3,}")
_SPLIT_IDS = re.compile(r"[,;\\|\s]+|\s(?:and|und|et|y|e|en|i)\s")
_KEY = re.compile(r"[\W_]+")

_PEOPLE = frozenset(("PatientName", "ReferringPhysicianName", "NameOfPhysiciansReadingStudy", "InstitutionName"))
"""Header fields that keep what the record says and what the text says, since both name people."""

_TEXT_PARTS = ("indication", "technique", "comparison", "findings", "impression", "addendum")


def meaning(name: str) -> str | None:
    """Return what the field called `name` holds (`patient_id`, `text`, a DICOM keyword …), or None."""
    return report_fields.load().fields.get(_KEY.sub("", fold(name[:80])))


def has_report_fields(names: Iterable[str]) -> bool:
    """Tell whether field names promise a report's text."""
    found = {meaning(n) for n in names}
    return "text" in found or "findings" in found or "impression" in found


def document_from_fields(row: Mapping[str, str]) -> ReportDocument | None:
    """Return the report that a flat record holds, or None when it has no text."""
    values: dict[str, str] = {}
    for name, value in row.items():
        what = meaning(name)
        if what and value.strip():
            values.setdefault(what, value.strip() if what != "text" else value)
    text = _text_of(values)
    if not text.strip():
        return None
    return build_document(text, values)


def _text_of(values: Mapping[str, str]) -> str:
    """Return the report text; parts in fields of their own are put under headings."""
    parts = [f"{name.upper()}:\n{values[name].strip()}" for name in _TEXT_PARTS if values.get(name)]
    text = values.get("text", "")
    if text and values.get("findings") and values.get("impression"):
        both = values["findings"].strip() in text and values["impression"].strip() in text
        return text if both else "\n\n".join(parts)
    return text or "\n\n".join(parts)


def build_document(text: str, values: Mapping[str, str]) -> ReportDocument:
    """Return the document of `text` and of field values by meaning; header lines in the text fill what is missing."""
    text = normalise_newlines(text)[:MAX_TEXT]
    merged = header_lines(text)
    for name, value in values.items():
        if value:
            both = name in _PEOPLE and merged.get(name) and merged[name] != value
            merged[name] = f"{value}\\{merged[name]}" if both else value
    header = {k: v for k, v in merged.items() if k[:1].isupper() and k not in ("StudyInstanceUID", "StudyDate")}
    for keyword in ("PatientBirthDate",):
        if keyword in header:
            header[keyword] = parse_date(header[keyword]) or header[keyword]
    date = parse_date(merged.get("StudyDate", ""))
    accessions = split_ids(merged.get("AccessionNumber", ""))
    if date:
        header["StudyDate"] = date
    if accessions:
        header["AccessionNumber"] = "\\".join(accessions)
    patient_id = merged.get("PatientID", "").strip() or None
    return ReportDocument(
        text=text,
        patient_id=patient_id,
        patient_id_issuer=merged.get("IssuerOfPatientID", "").strip() or None,
        accession_numbers=accessions,
        study_uids=tuple(dict.fromkeys(_UID.findall(merged.get("StudyInstanceUID", "")[:4000]))),
        study_date=date,
        status=status_of(merged["status"]) if merged.get("status") else _stated_status(text),
        issued=re.sub(r"\D", "", merged.get("issued", ""))[:14],
        language=language_of(merged.get("language", "")),
        header=header,
    )


def split_ids(value: str) -> tuple[str, ...]:
    """Return the identifiers that one field holds, each once."""
    return tuple(dict.fromkeys(v.strip() for v in _SPLIT_IDS.split(value[:2000]) if v.strip()))


def status_of(value: str) -> str:
    """Return final, preliminary, corrected or addendum for a status word or code."""
    return report_fields.load().statuses.get(fold(value.strip()), "final")


def _stated_status(text: str) -> str:
    """Return the status that the report's own first lines state; final where they are silent."""
    return "preliminary" if report_fields.load().preliminary.search(fold(text[:_HEADER_CHARACTERS])) else "final"


def language_of(value: str) -> str | None:
    """Return one of the eight language codes for a code or locale such as `de-AT`."""
    code = fold(value.strip())[:2]
    return code if code in report_fields.LANGUAGES else None


def normalise_newlines(text: str) -> str:
    """Return `text` with `\\n` line ends and without control characters that no report means."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    return text.translate(_CONTROLS)


_CONTROLS = {c: None for c in range(32) if c not in (9, 10)} | {0x7F: None, 0xFEFF: None}
_HEADER_CHARACTERS = 3000


def header_lines(text: str) -> dict[str, str]:
    """Return what labelled lines of a report say, by meaning (`Patient: …   MRN …`, `Accession …`).

    Only the first part of the text is read; labels are those of `tables/report_fields.toml`.
    """
    table = report_fields.load()
    found: dict[str, str] = {}
    for line in text[:_HEADER_CHARACTERS].split("\n")[:40]:
        if len(line) > 300:
            continue
        labels = list(table.line_labels.finditer(fold(line)))
        for i, label in enumerate(labels):
            end = labels[i + 1].start() if i + 1 < len(labels) else len(line)
            value = re.split(r"\s{3,}|\t|\s\|\s", line[label.end() : end].strip(" \t:=#.|"))[0].strip(" ,;:/|()-")
            what = table.line_fields[re.sub(r"[\W_]+", "", label["label"])]
            if what in _PEOPLE:
                value = re.split(r"[,;(]?\s*\d|\s[-–|]\s|\bDOB\b", value)[0].strip(" ,;:(")
            if value and plausible(what, value):
                found.setdefault(what, value)
    return found


def plausible(what: str, value: str) -> bool:
    """Tell whether a header line's value can be what its label says."""
    if what in ("PatientID", "AccessionNumber"):
        return any(c.isdigit() for c in value) and len(value) <= 40
    if what in ("StudyDate", "PatientBirthDate"):
        return parse_date(value) is not None
    if what == "StudyInstanceUID":
        return _UID.search(value) is not None
    return len(value) <= 120 and any(c.isalpha() for c in value)
