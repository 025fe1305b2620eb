"""One report in every form that hospitals hand out, written with no code of the readers."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from xml.sax.saxutils import escape

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

BASIC, ENHANCED, COMPREHENSIVE = (f"1.2.840.10008.5.1.4.1.1.88.{n}" for n in (11, 22, 33))
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


def code(value: str, scheme: str, meaning: str) -> Dataset:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return ds


def item(kind: str, concept: Dataset | None = None, relation: str = "CONTAINS", **values: object) -> Dataset:
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = relation, kind
    if concept is not None:
        ds.ConceptNameCodeSequence = Sequence([concept])
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def container(concept: Dataset, *inner: Dataset) -> Dataset:
    return item("CONTAINER", concept, ContinuityOfContent="SEPARATE", ContentSequence=Sequence(inner))


def dicom(ds: Dataset, charset: str = "ISO_IR 192") -> bytes:
    ds.SpecificCharacterSet = charset
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, "1.2.3.4.88"
    ds.file_meta.TransferSyntaxUID = UID(ExplicitVRLittleEndian)
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return out.getvalue()


def document(sop_class: str = BASIC, **changes: object) -> Dataset:
    ds = Dataset()
    values: dict[str, object] = {
        "SOPClassUID": sop_class,
        "SOPInstanceUID": "1.2.3.4.88",
        "StudyInstanceUID": "1.2.3.4",
        "SeriesInstanceUID": "1.2.3.4.8",
        "Modality": "SR",
        "PatientName": "Quandt^Mära",
        "PatientID": "PID0815",
        "IssuerOfPatientID": "NORTH",
        "PatientBirthDate": "19500102",
        "AccessionNumber": "ACC1",
        "StudyDate": "20200301",
        "ContentDate": "20200301",
        "ContentTime": "121500",
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "VERIFIED",
        **changes,
    }
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def basic_sr(text: str, **changes: object) -> Dataset:
    """A Basic Text SR that holds the whole report in one text item."""
    ds = document(BASIC, ValueType="CONTAINER", ContinuityOfContent="SEPARATE", **changes)
    ds.ConceptNameCodeSequence = Sequence([code("18748-4", "LN", "Diagnostic Imaging Report")])
    ds.ContentSequence = Sequence([item("TEXT", code("121071", "DCM", "Finding"), TextValue=text)])
    return ds


def tid_2000(findings: str, impression: str, sop_class: str = ENHANCED, **changes: object) -> Dataset:
    """A Basic Diagnostic Imaging Report (PS3.16 TID 2000) with observer, language and sections."""
    ds = document(sop_class, ValueType="CONTAINER", ContinuityOfContent="SEPARATE", **changes)
    ds.ConceptNameCodeSequence = Sequence([code("18748-4", "LN", "Diagnostic Imaging Report")])
    language = item("CODE", code("121049", "DCM", "Language of Content Item and Descendants"), "HAS CONCEPT MOD")
    language.ConceptCodeSequence = Sequence([code("de-AT", "RFC5646", "German")])
    reader = item("PNAME", code("121008", "DCM", "Person Observer Name"), "HAS OBS CONTEXT", PersonName="Öhler^Ruth")
    ds.ContentSequence = Sequence(
        [
            language,
            reader,
            container(
                code("121070", "DCM", "Findings"), item("TEXT", code("121071", "DCM", "Finding"), TextValue=findings)
            ),
            container(
                code("121072", "DCM", "Impressions"),
                item("TEXT", code("121073", "DCM", "Impression"), TextValue=impression),
            ),
        ]
    )
    ds.VerifyingObserverSequence = Sequence([Dataset()])
    ds.VerifyingObserverSequence[0].VerifyingObserverName = "Öhler^Ruth"
    ds.VerifyingObserverSequence[0].VerificationDateTime = "20200301130000"
    return ds


def pdf(text: str) -> bytes:
    """A PDF of one page with one text object a line; letters beyond ASCII by named glyphs."""
    odd = sorted({c for c in text if ord(c) > 126})
    names = {"ä": "adieresis", "ö": "odieresis", "ü": "udieresis", "ß": "germandbls", "ł": "lslash", "ś": "sacute",
             "ż": "zdotaccent", "é": "eacute", "ó": "oacute", "ę": "eogonek", "ą": "aogonek"}  # fmt: skip
    place = {c: 161 + n for n, c in enumerate(odd)}
    differences = " ".join(f"{place[c]} /{names[c]}" for c in odd)
    lines = []
    for n, line in enumerate(text.split("\n")):
        shown = "".join(f"\\{place[c]:03o}" if c in place else "\\" + c if c in "()\\" else c for c in line)
        lines.append(f"BT /F1 10 Tf 1 0 0 1 50 {800 - 12 * n} Tm ({shown}) Tj ET")
    stream = "\n".join(lines).encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Type /Encoding /BaseEncoding "
        b"/WinAnsiEncoding /Differences [%b] >> >>" % differences.encode(),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (n, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def encapsulated(content: bytes, **changes: object) -> Dataset:
    ds = document(ENCAPSULATED_PDF, Modality="DOC", MIMETypeOfEncapsulatedDocument="application/pdf", **changes)
    ds.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    return ds


def rtf(text: str) -> bytes:
    """RTF with a font table, letters as code page bytes where Windows-1252 has them and as Unicode where not."""
    out = []
    for c in text:
        if c == "\n":
            out.append("\\par\n")
        elif c in "\\{}":
            out.append("\\" + c)
        elif ord(c) < 127:
            out.append(c)
        else:
            try:
                out.append(f"\\'{c.encode('cp1252')[0]:02x}")
            except UnicodeEncodeError:
                out.append(f"\\u{ord(c)}?")
    head = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil\fcharset0 Arial;}}{\*\generator Riched20;}\viewkind4\uc1\pard\f0\fs20 "
    return (head + "".join(out) + "}").encode("ascii")


def docx(text: str) -> bytes:
    """A DOCX with one paragraph a line, a page header, and a deleted word of tracked changes."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    paragraphs = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in text.split("\n")
    )
    gone = "<w:p><w:del><w:r><w:delText>struck out</w:delText></w:r></w:del></w:p>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"<w:document {space}><w:body>{paragraphs}{gone}</w:body></w:document>")
    return out.getvalue()


def fhir_attachment(content: bytes, kind: str) -> bytes:
    resource = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "ACC1"}],
        "subject": {"identifier": {"value": "PID0815"}},
        "presentedForm": [{"contentType": kind, "data": base64.b64encode(content).decode()}],
    }
    return json.dumps(resource).encode()


def hl7_attachment(content: bytes, kind: str) -> bytes:
    data = base64.b64encode(content).decode()
    return (
        "MSH|^~\\&|RIS|NORTH|||20200301||ORU^R01|1|P|2.5\rPID|1||PID0815^^^NORTH||Quandt^Mara\r"
        f"OBR|1|ACC1|ACC1|CXR|||20200301\rOBX|1|ED|18748-4^Report^LN||^application^{kind}^Base64^{data}||||||F\r"
    ).encode()
