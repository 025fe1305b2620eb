"""FHIR DiagnosticReport, alone or in a Bundle (HL7 FHIR R4/R5, JSON): text, identifiers, people."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cxrforge.records import Issue, ReportDocument
from cxrforge.reports.formats.attachments import attached_text
from cxrforge.reports.formats.fields import build_document
from cxrforge.reports.formats.html import strip_html
from cxrforge.reports.formats.limits import MAX_DOCUMENTS, MAX_TEXT

_STATUSES = {
    "registered": "preliminary",
    "partial": "preliminary",
    "preliminary": "preliminary",
    "modified": "corrected",
    "final": "final",
    "amended": "corrected",
    "corrected": "corrected",
    "appended": "addendum",
    "cancelled": "cancelled",
    "entered-in-error": "cancelled",
    "unknown": "final",
}
"""FHIR DiagnosticReport.status to ours."""


def is_fhir(value: Any) -> bool:
    """Tell whether a JSON value is a resource that may hold reports."""
    return isinstance(value, dict) and value.get("resourceType") in ("DiagnosticReport", "Bundle")


def read_resource(value: Mapping[str, Any]) -> tuple[list[ReportDocument], list[Issue]]:
    """Return every DiagnosticReport of a resource."""
    resources = list(_resources(value, 0))
    index = {}
    for url, resource in resources:
        kind, identifier = resource.get("resourceType"), resource.get("id")
        if url:
            index[url] = resource
        if isinstance(kind, str) and isinstance(identifier, str):
            index[f"{kind}/{identifier}"] = resource
    documents: list[ReportDocument] = []
    issues: list[Issue] = []
    reports = [r for _, r in resources if r.get("resourceType") == "DiagnosticReport"]
    for resource in reports[:MAX_DOCUMENTS]:
        document, remark = _document(resource, index)
        if document:
            documents.append(document)
        if remark:
            issues.append(remark)
    if not reports:
        issues.append(Issue("report-empty", "no DiagnosticReport in the bundle"))
    return documents, issues


def _resources(value: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (fullUrl, resource) of a bundle, bundles inside it, or a single resource."""
    if value.get("resourceType") != "Bundle":
        yield "", value
        return
    for entry in _list(value.get("entry")):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        if resource.get("resourceType") == "Bundle" and depth < 5:
            yield from _resources(resource, depth + 1)
        else:
            yield _str(entry.get("fullUrl")), resource


def _document(report: Mapping[str, Any], index: Mapping[str, Any]) -> tuple[ReportDocument | None, Issue | None]:
    """Return the document of one DiagnosticReport."""
    status = _STATUSES.get(_str(report.get("status")), "final")
    if status == "cancelled":
        return None, Issue("report-cancelled")
    contained = {f"#{c.get('id')}": c for c in _list(report.get("contained")) if isinstance(c, dict)}
    known = {**index, **contained}
    text, problem = _report_text(report, known)
    if not text.strip():
        return None, problem or Issue("report-no-text", "DiagnosticReport without text")
    if len(text) > MAX_TEXT:
        return None, Issue("report-too-long", f"{len(text)} characters")
    values = _values(report, known)
    values["status"] = status
    return build_document(text, values), problem


def _report_text(report: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, Issue | None]:
    """Return presentedForm, else the results and the conclusion, else the narrative."""
    text, problem = _presented(report)
    conclusion = _str(report.get("conclusion")).strip()
    if text:
        return (
            text if not conclusion or _flat(conclusion) in _flat(text) else f"{text}\n\nIMPRESSION:\n{conclusion}"
        ), None
    narrative = report.get("text")
    div = strip_html(_str(narrative.get("div"))) if isinstance(narrative, dict) else ""
    if div and len(div) > len(conclusion) + 20:
        joined = div if not conclusion or _flat(conclusion) in _flat(div) else f"{div}\n\nIMPRESSION:\n{conclusion}"
        return joined, None
    observed = [
        _str(found.get("valueString"))
        for reference in _list(report.get("result"))
        if (found := _resolve(reference, known)) and found.get("valueString")
    ]
    parts = []
    if observed:
        parts.append("FINDINGS:\n" + "\n".join(observed))
    if conclusion:
        parts.append("IMPRESSION:\n" + conclusion)
    return "\n\n".join(parts) or div, problem


def _presented(report: Mapping[str, Any]) -> tuple[str, Issue | None]:
    """Return the first attachment that can be read as text."""
    problem = None
    for form in _list(report.get("presentedForm")):
        if not isinstance(form, dict) or not isinstance(form.get("data"), str):
            continue
        try:
            raw = base64.b64decode(re.sub(r"\s", "", form["data"]) + "==", validate=False)
        except (binascii.Error, ValueError):
            problem = Issue("report-malformed", "attachment with broken base64")
            continue
        text = attached_text(raw, _str(form.get("contentType")))
        if isinstance(text, Issue):
            problem = text
        elif text.strip():
            return text, None
    return "", problem


def _values(report: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, str]:
    """Return identifiers, dates and people by field meaning."""
    accessions = [v for code, _, v in _identifiers(report) if code == "ACSN"]
    order_numbers: list[str] = []
    for reference in _list(report.get("basedOn")):
        accessions += [v for code, _, v in _reference_identifiers(reference, known) if code == "ACSN"]
        order_numbers += [v for code, _, v in _reference_identifiers(reference, known) if code != "ACSN"]
    uids = [v for _, system, v in _identifiers(report) if "dicom:uid" in system or v.startswith("urn:oid:")]
    for name in ("imagingStudy", "study"):
        for reference in _list(report.get(name)):
            for code, _system, value in _reference_identifiers(reference, known):
                (accessions if code == "ACSN" else uids).append(value)
    if not accessions:
        accessions = [
            v
            for code, system, v in _identifiers(report)
            if code in ("", "FILL", "PLAC") and "dicom:uid" not in system and not v.startswith("urn:")
        ]
    values = {
        "AccessionNumber": "\\".join(dict.fromkeys(accessions or order_numbers)),
        "StudyInstanceUID": " ".join(u.removeprefix("urn:oid:") for u in uids),
        "StudyDate": _effective(report),
        "issued": _str(report.get("issued")),
        "language": _str(report.get("language")),
        **_subject(report.get("subject"), known),
    }
    readers, institutions = _people([*_list(report.get("resultsInterpreter")), *_list(report.get("performer"))], known)
    values["NameOfPhysiciansReadingStudy"] = "\\".join(readers)
    values["InstitutionName"] = "\\".join(institutions)
    requesters = [
        found.get("requester")
        for r in _list(report.get("basedOn"))
        if (found := _resolve(r, known)) and found.get("requester")
    ]
    values["ReferringPhysicianName"] = "\\".join(_people(requesters, known)[0])
    return {k: v for k, v in values.items() if v}


def _subject(reference: Any, known: Mapping[str, Any]) -> dict[str, str]:
    """Return the patient's values from the reference itself and the Patient resource it leads to."""
    values: dict[str, str] = {}
    identifiers = _reference_identifiers(reference, known)
    ranked = sorted(identifiers, key=lambda i: {"MR": 0, "PI": 1, "": 2}.get(i[0], 3))
    if ranked:
        values["PatientID"] = ranked[0][2]
        values["OtherPatientIDs"] = "\\".join(v for _, _, v in ranked[1:])
    names = [_str(reference.get("display"))] if isinstance(reference, dict) else []
    patient = _resolve(reference, known)
    if patient:
        names += [_human_name(n) for n in _list(patient.get("name"))]
        values["PatientBirthDate"] = _str(patient.get("birthDate"))
        values["PatientSex"] = {"male": "M", "female": "F", "other": "O"}.get(_str(patient.get("gender")), "")
        telecom = [_str(t.get("value")) for t in _list(patient.get("telecom")) if isinstance(t, dict)]
        values["PatientTelephoneNumbers"] = "\\".join(t for t in telecom if t)
        values["PatientAddress"] = "\\".join(filter(None, (_address(a) for a in _list(patient.get("address")))))
    names = [n for n in dict.fromkeys(names) if n]
    values["PatientName"] = names[0] if names else ""
    values["OtherPatientNames"] = "\\".join(names[1:])
    return values


def _people(references: list[Any], known: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return names of people and of organisations that references lead to."""
    people: list[str] = []
    organisations: list[str] = []
    for reference in references:
        if not isinstance(reference, dict):
            continue
        inner = reference.get("actor")
        actor: Mapping[str, Any] = inner if isinstance(inner, dict) else reference
        target = _resolve(actor, known)
        display = _str(actor.get("display"))
        place = (target or {}).get("resourceType") == "Organization" or "Organization/" in _str(actor.get("reference"))
        names = (
            [_human_name(n) for n in _list((target or {}).get("name"))]
            if not place
            else [_str((target or {}).get("name"))]
        )
        (organisations if place else people).extend(n for n in [*names, display] if n)
    return list(dict.fromkeys(people)), list(dict.fromkeys(organisations))


def _human_name(name: Any) -> str:
    """Return a HumanName as a DICOM PN string, or its text."""
    if isinstance(name, str):
        return name
    if not isinstance(name, dict):
        return ""
    given = [g for g in _list(name.get("given")) if isinstance(g, str)]
    if name.get("family"):
        return "^".join([_str(name["family"]), *given[:2]])
    return _str(name.get("text"))


def _address(address: Any) -> str:
    if not isinstance(address, dict):
        return ""
    lines = [x for x in _list(address.get("line")) if isinstance(x, str)]
    parts = [*lines, _str(address.get("postalCode")), _str(address.get("city"))]
    return " ".join(p for p in parts if p) or _str(address.get("text"))


def _effective(report: Mapping[str, Any]) -> str:
    period = report.get("effectivePeriod")
    return _str(report.get("effectiveDateTime")) or (_str(period.get("start")) if isinstance(period, dict) else "")


def _identifiers(resource: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (type code, system, value) of a resource's identifiers."""
    found = []
    for identifier in _list(resource.get("identifier")):
        if not isinstance(identifier, dict) or not _str(identifier.get("value")):
            continue
        kind = identifier.get("type")
        codings = _list(kind.get("coding")) if isinstance(kind, dict) else []
        codes = [_str(c.get("code")) for c in codings if isinstance(c, dict)]
        found.append((codes[0] if codes else "", _str(identifier.get("system")), _str(identifier.get("value"))))
    return found


def _reference_identifiers(reference: Any, known: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    if not isinstance(reference, dict):
        return []
    target = _resolve(reference, known)
    return _identifiers(reference) + (_identifiers(target) if target else [])


def _resolve(reference: Any, known: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the resource that a reference leads to, within the bundle or contained."""
    target = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(target, str):
        return None
    found = known.get(target) or known.get("/".join(target.split("/_history")[0].split("/")[-2:]))
    return found if isinstance(found, dict) else None


def _flat(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value[:MAX_DOCUMENTS]
    return [] if value is None else [value]


def _str(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
