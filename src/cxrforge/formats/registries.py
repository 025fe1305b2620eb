"""The release described for those who list data sets: Hugging Face, DataCite, and citation tools (CFF)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxrforge.formats.json_text import json_bytes
from cxrforge.formats.release_content import ReleaseContent
from cxrforge.formats.release_tables import TABLES
from cxrforge.tables.licences import Licence

DESCRIPTION = "De-identified chest radiographs with their reports and labels."
KEYWORDS = ("chest radiograph", "radiology report", "DICOM", "de-identified")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_HUGGING_FACE_LICENCES: Mapping[str, str] = {
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC0-1.0": "cc0-1.0",
}


def card_metadata(content: ReleaseContent, licence: Licence) -> str:
    """Return the YAML in front of README.md by which Hugging Face lists a data set and `datasets` finds its tables."""
    languages = sorted({report.language for report in content.reports if report.language})
    known = _HUGGING_FACE_LICENCES.get(licence.id)
    size = next((name for most, name in _SIZES if len(content.images) < most), "n>1M")
    lines = [f"pretty_name: {_quoted(content.title)}"]
    lines += ["language:", *(f"- {code}" for code in languages)] if languages else []
    lines += [f"license: {known}"] if known else ["license: other", f"license_name: {_quoted(licence.title)}"]
    lines += ["license_link: LICENSE"] if not known else []
    lines += ["size_categories:", f"- {size}"]
    lines += ["task_categories:", "- image-classification", "- image-to-text", "tags:"]
    lines += [f"- {word}" for word in ("medical", "radiology", "chest-x-ray", "dicom")]
    lines += ["configs:"]
    for name in TABLES:
        lines += [f"- config_name: {name}", f"  data_files: tables/{name}.parquet"]
        lines += ["  default: true"] if name == "labels" else []
    return "---\n" + "\n".join(lines) + "\n---\n"


def citation_cff(content: ReleaseContent, licence: Licence) -> bytes:
    """Return CITATION.cff (Citation File Format 1.2.0)."""
    names = [c.title for c in content.contributors if c.title] or [f"The {content.title} consortium"]
    lines = [
        "cff-version: 1.2.0",
        "type: dataset",
        f"message: {_quoted('If you use this dataset, please cite it as below.')}",
        f"title: {_quoted(content.title)}",
        f"version: {_quoted(content.version)}",
        f"abstract: {_quoted(content.description or DESCRIPTION)}",
        "authors:",
        *(f"  - name: {_quoted(name)}" for name in names),
        "keywords:",
        *(f"  - {_quoted(word)}" for word in KEYWORDS),
    ]
    lines += [f"license: {licence.id}"] if licence.id in _HUGGING_FACE_LICENCES else []
    lines += [f"date-released: {_quoted(content.published)}"] if content.published else []
    lines += [f"url: {_quoted(content.url)}"] if content.url else []
    return ("\n".join(lines) + "\n").encode()


def datacite(content: ReleaseContent, licence: Licence) -> bytes:
    """Return the metadata that DataCite (schema 4.6) asks for when a DOI is registered.

    The DOI and the publisher are the consortium's to add; a year stands where a release date is set.
    """
    names = [c.title for c in content.contributors if c.title] or [f"The {content.title} consortium"]
    described: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "titles": [{"title": content.title}],
        "creators": [{"name": name, "nameType": "Organizational"} for name in names],
        "publisher": {"name": f"The {content.title} consortium"},
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Chest radiographs with reports and labels"},
        "subjects": [{"subject": word} for word in KEYWORDS],
        "descriptions": [{"description": content.description or DESCRIPTION, "descriptionType": "Abstract"}],
        "version": content.version,
        "rightsList": [{"rights": licence.title} | ({"rightsUri": licence.url} if licence.url else {})],
        "sizes": [f"{len(content.studies)} studies", f"{len(content.images)} images"],
        "formats": ["application/dicom", "application/x-parquet", "text/csv", "application/json"],
    }
    if content.published:
        described["publicationYear"] = int(content.published[:4])
        described["dates"] = [{"date": content.published, "dateType": "Issued"}]
    return json_bytes(described)


def _quoted(text: str) -> str:
    """Return text as a YAML string on one line (double quotes escape as in JSON)."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'
