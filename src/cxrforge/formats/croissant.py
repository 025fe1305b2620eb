"""The release described in Croissant 1.1 with its RAI fields (docs.mlcommons.org/croissant), for tools that read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from cxrforge.formats.release_content import ReleaseContent
from cxrforge.formats.release_tables import TABLES, Column, Table
from cxrforge.tables.licences import Licence

CONFORMS_TO: tuple[str, ...] = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")

CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The JSON-LD context that Croissant 1.1 prescribes."""

_TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "sc:Text",
    pa.bool_(): "sc:Boolean",
    pa.int32(): "cr:Int32",
    pa.int64(): "cr:Int64",
    pa.float64(): "sc:Float",
}


def croissant(content: ReleaseContent, licence: Licence, sums: Mapping[str, str]) -> dict[str, Any]:
    """Return the description; `sums` holds the SHA-256 of the tables' files by path."""
    described: dict[str, Any] = {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS_TO),
        "name": content.name,
        "alternateName": content.title,
        "description": content.description or "De-identified chest radiographs with their reports and labels.",
        "version": content.version,
        "license": licence.url or licence.title,
        "creator": [{"@type": "sc:Organization", "name": c.title or c.site} for c in content.contributors],
        "citeAs": content.citation or f"{content.title}, version {content.version}.",
        "keywords": ["chest radiograph", "radiology report", "DICOM", "de-identified"],
        "isLiveDataset": False,
        "distribution": [*(_file(table, sums) for table in TABLES.values()), *_FILE_SETS],
        "recordSet": [_record_set(table) for table in TABLES.values()],
        **_responsible(content),
    }
    if content.published:
        described["datePublished"] = content.published
    if content.url:
        described["url"] = content.url
    return described


def _file(table: Table, sums: Mapping[str, str]) -> dict[str, Any]:
    path = f"tables/{table.name}.parquet"
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": f"{table.name}.parquet",
        "description": table.description,
        "contentUrl": path,
        "encodingFormat": "application/x-parquet",
        "sha256": sums[path],
    }


_FILE_SETS: tuple[Mapping[str, Any], ...] = (
    {
        "@type": "cr:FileSet",
        "@id": "images",
        "name": "images",
        "description": "The radiographs, as column `path` of the images table names them.",
        "encodingFormat": "application/dicom",
        "includes": "images/**/*.dcm",
    },
    {
        "@type": "cr:FileSet",
        "@id": "reports",
        "name": "reports",
        "description": "The reports with their sections and the mentions behind the labels.",
        "encodingFormat": "application/json",
        "includes": "reports/**/*.json",
    },
)


def _record_set(table: Table) -> dict[str, Any]:
    fields = [_field(table, column) for column in table.columns if _element(column) in _TYPES]
    return {
        "@type": "cr:RecordSet",
        "@id": f"{table.name}-rows",
        "name": f"{table.name}-rows",
        "description": table.description,
        "field": fields,
    }


def _element(column: Column) -> pa.DataType:
    """Return a column's type, or that of its elements; boxes within a cell have no Croissant type and are left out."""
    return column.type.value_type if pa.types.is_list(column.type) else column.type


def _field(table: Table, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table.name}-rows/{column.name.replace(' ', '_')}",  # readers refuse blanks in an @id
        "name": column.name,
        "description": column.description,
        "dataType": _TYPES[_element(column)],
        "source": {
            "fileObject": {"@id": f"tables/{table.name}.parquet"},
            "extract": {"column": column.name},
        },
    }
    if pa.types.is_list(column.type):
        field |= {"isArray": True, "arrayShape": "-1"}
    return field


def _responsible(content: ReleaseContent) -> dict[str, str]:
    """Return the RAI fields, each as much as is known and no more."""
    audited = (
        "has been measured; see statistics/label_audit.json" if content.label_audit else "has not been measured yet"
    )
    origin = "Radiographs and reports from routine care, exported by the contributing sites."
    simulated = "".join(f" Simulated: {what}." for what in content.provenance.simulated)
    return {
        "rai:dataCollection": origin + simulated,
        "rai:dataCollectionType": "Secondary use of clinical records",
        "rai:dataPreprocessingProtocol": (
            "Pairing of images and reports; de-identification of headers (DICOM PS3.15 Annex E Basic Profile), pixels "
            "and reports; sections, labels and quality checks. Versions stand in provenance.json."
        ),
        "rai:dataAnnotationProtocol": (
            "Fourteen CheXpert observations from the report by rule: positive, negative, uncertain, not mentioned. "
            f"Agreement with radiologists {audited}."
        ),
        "rai:dataUseCases": "Research on methods for chest radiographs and radiology reports; not for diagnosis.",
        "rai:dataLimitations": (
            "Labels come from reports and inherit their silence and errors; sites differ in devices, language and who "
            "is examined."
        ),
        "rai:dataBiases": "Those examined in hospital are not the population; shares per site stand in statistics/.",
        "rai:personalSensitiveInformation": (
            "Health data, de-identified. Age and sex leave as aggregates with small cells withheld, beside a flag for "
            "persons under 18."
            if not any(study.sex or study.age_band for study in content.studies)
            else "Health data, de-identified. Rows carry sex or a ten-year age band, as governance allows."
        ),
        "rai:dataReleaseMaintenancePlan": "Corrections and withdrawals come as new versions, listed in CHANGELOG.md.",
    }
