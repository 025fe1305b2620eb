"""Reports as systems hand them out: text, JSON, CSV, HL7 v2 ORU^R01, FHIR, DICOM SR, PDF, RTF, DOCX."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cxrforge.synthetic import printed, report_objects
from cxrforge.synthetic.plan import Study
from cxrforge.synthetic.texts import Text

_SUFFIXES = {
    "txt": ".txt", "json": ".json", "hl7": ".hl7", "hl7-rtf": ".hl7", "fhir": ".fhir.json", "csv": "", "sr": ".dcm",
    "sr-2000": ".dcm", "dicom-pdf": "", "pdf": ".pdf", "rtf": ".rtf", "docx": ".docx",
}  # fmt: skip
FORMATS = tuple(_SUFFIXES)
_PAGES = {"pl": 1250}
_ENCODINGS = {"de": "cp1252", "es": "cp1252", "nl": "utf-16", "pl": "iso8859-2"}
"""Languages whose hospital writes plain text in another encoding than UTF-8."""
HL7_STATUS = {"final": "F", "preliminary": "P", "corrected": "C", "addendum": "F"}
FHIR_STATUS = {"final": "final", "preliminary": "preliminary", "corrected": "corrected", "addendum": "amended"}


@dataclass(frozen=True, slots=True)
class Document:
    """One report of one study in one version; `keyed` False leaves only patient and date to pair it by."""

    study: Study
    text: Text
    status: str = "final"
    keyed: bool = True

    @property
    def issued(self) -> str:
        """Return when it was issued: a preliminary version an hour before the final one."""
        hour = 20 if self.status == "preliminary" else 21
        return f"{self.study.day:%Y%m%d}{hour}1500"


def file_name(document: Document) -> str:
    """Return the name under `reports/` that a hospital would give it."""
    study = document.study
    suffix = _SUFFIXES[study.report_format]
    stem = study.accession if document.keyed else f"{study.person.id}_{study.day:%Y%m%d}"
    return f"{stem}{'_v0' if document.status == 'preliminary' else ''}{suffix}"


def encoded(document: Document) -> bytes:
    """Return the file of one report (any format but CSV, which holds many)."""
    study, text = document.study, document.text
    about = (document.status, document.issued)
    writers: dict[str, Callable[[], bytes]] = {
        "txt": lambda: _plain(document),
        "json": lambda: _json(document),
        "hl7": lambda: _hl7(document),
        "hl7-rtf": lambda: _hl7(document, attached=True),
        "fhir": lambda: _fhir(document),
        "sr": lambda: report_objects.basic_text(study, text, *about),
        "sr-2000": lambda: report_objects.imaging_report(study, text, *about),
        "dicom-pdf": lambda: report_objects.encapsulated(study, printed.pdf(text.text), *about),
        "pdf": lambda: printed.pdf(text.text),
        "rtf": lambda: printed.rtf(text.text, _PAGES.get(study.hospital.language, 1252)),
        "docx": lambda: printed.docx(text.text),
    }
    return writers[study.report_format]()


def _plain(document: Document) -> bytes:
    text = document.text.text
    encoding = _ENCODINGS.get(document.study.hospital.language, "utf-8")
    if encoding == "utf-16":  # with a byte order mark, the same on every machine
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.replace("\n", "\r\n").encode(encoding) if encoding != "utf-8" else text.encode("utf-8")


def _json(document: Document) -> bytes:
    study = document.study
    keys = {"AccessionNumber": study.accession, "StudyInstanceUID": study.study_uid} if document.keyed else {}
    row = {
        **keys,
        "PatientID": study.person.id,
        "StudyDate": f"{study.day:%Y%m%d}",
        "status": document.status,
        "issued": document.issued,
        "report": document.text.text,
    }
    return json.dumps(row, ensure_ascii=False, indent=1).encode("utf-8")


def csv_bytes(documents: Sequence[Document]) -> bytes:
    """Return one semicolon CSV of many reports, as a RIS query would save it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["accession", "patient_id", "study_date", "status", "issued", "report"])
    for d in documents:
        key = d.study.accession if d.keyed else ""
        writer.writerow([key, d.study.person.id, f"{d.study.day:%Y%m%d}", d.status, d.issued, d.text.text])
    return out.getvalue().encode("cp1252" if documents[0].study.hospital.language in {"de", "pt"} else "utf-8")


def _hl7(document: Document, attached: bool = False) -> bytes:
    """Return one ORU message, the text line by line or, with `attached`, as an encapsulated RTF."""
    study, status = document.study, HL7_STATUS[document.status]
    person, hospital = study.person, study.hospital
    order = study.accession if document.keyed else ""
    when = f"{study.day:%Y%m%d}{study.time}"
    code = "36643-5^XR Chest 2 Views^LN"
    reader = f"{_hl7_text(study.reader[0])}&{_hl7_text(study.reader[1])}"
    who = f"{_hl7_text(person.family)}^{_hl7_text(person.given)}"
    doctor = f"^{_hl7_text(study.referrer[0])}^{_hl7_text(study.referrer[1])}"
    address = f"{_hl7_text(person.street)}^^{_hl7_text(hospital.city)}^^{hospital.postcode}^{hospital.country}"
    segments = [
        f"MSH|^~\\&|RIS|{_hl7_text(hospital.name)}|ARCHIVE||{document.issued}||ORU^R01^ORU_R01|{study.accession}|P|2.5.1|||||"
        f"{hospital.country}|UNICODE UTF-8",
        f"PID|1||{person.id}^^^{person.issuer}^PI||{who}||{person.born:%Y%m%d}|{person.sex}|||{address}||{person.phone}",
        f"PV1|1|O|{_hl7_text(hospital.ward)}||||{doctor}",
        f"OBR|1|{order}|{order}|{code}|||{when}|||||||||{doctor}||||||{document.issued}||RAD|{status}|||||||{reader}",
    ]
    if attached:
        page = _PAGES.get(hospital.language, 1252)
        data = base64.b64encode(printed.rtf(document.text.text, page)).decode("ascii")
        segments.append(f"OBX|1|ED|{code}||^application^rtf^Base64^{data}||||||{status}")
    for n, line in enumerate([] if attached else document.text.text.splitlines(), 1):
        segments.append(f"OBX|{n}|TX|{code}||{_hl7_text(line)}||||||{status}")
    return ("\r".join(segments) + "\r").encode("utf-8")


def _hl7_text(text: str) -> str:
    """Return `text` with HL7's delimiters escaped (HL7 v2.5.1, 2.7.1)."""
    return "".join({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}.get(c, c) for c in text)


def _fhir(document: Document) -> bytes:
    study = document.study
    acsn = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
    resource = {
        "resourceType": "DiagnosticReport",
        "status": FHIR_STATUS[document.status],
        "code": {"coding": [{"system": "http://loinc.org", "code": "36643-5"}], "text": "XR Chest 2 Views"},
        "subject": {
            "identifier": {"system": f"urn:{study.person.issuer.lower()}", "value": study.person.id},
            "display": f"{study.person.given} {study.person.family}",
        },
        "effectiveDateTime": f"{study.day:%Y-%m-%d}",
        "issued": f"{study.day:%Y-%m-%d}T{document.issued[8:10]}:15:00+01:00",
        "performer": [{"display": study.hospital.name}],
        "resultsInterpreter": [{"display": f"Dr {study.reader[1]} {study.reader[0]}"}],
        "conclusion": document.text.impression,
        "presentedForm": [
            {
                "contentType": "text/plain; charset=utf-8",
                "data": base64.b64encode(document.text.text.encode("utf-8")).decode("ascii"),
            }
        ],
    }
    if document.keyed:
        resource["identifier"] = [{"type": acsn, "value": study.accession}]
        resource["imagingStudy"] = [{"identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_uid}"}}]
    return json.dumps(resource, ensure_ascii=False, indent=1).encode("utf-8")
