"""Known identifiers out of a DICOM header or a report's header fields."""

from __future__ import annotations

from collections.abc import Mapping

from cxrforge.records import KnownIdentifiers

KNOWN_KEYWORDS: Mapping[str, str] = {
    "PatientName": "patient_names",
    "OtherPatientNames": "patient_names",
    "PatientBirthName": "patient_names",
    "PatientMotherBirthName": "patient_names",
    "ResponsiblePerson": "patient_names",
    "ReferringPhysicianName": "staff_names",
    "ConsultingPhysicianName": "staff_names",
    "NameOfPhysiciansReadingStudy": "staff_names",
    "PerformingPhysicianName": "staff_names",
    "PhysiciansOfRecord": "staff_names",
    "RequestingPhysician": "staff_names",
    "OperatorsName": "staff_names",
    "VerifyingObserverName": "staff_names",
    "InstitutionName": "institutions",
    "InstitutionalDepartmentName": "institutions",
    "InstitutionAddress": "locations",
    "PatientAddress": "locations",
    "PatientTelephoneNumbers": "contacts",
    "ReferringPhysicianTelephoneNumbers": "contacts",
    "PatientID": "ids",
    "OtherPatientIDs": "ids",
    "AccessionNumber": "ids",
    "StudyID": "ids",
    "RequestedProcedureID": "ids",
    "AdmissionID": "ids",
    "FillerOrderNumberImagingServiceRequest": "ids",
    "PlacerOrderNumberImagingServiceRequest": "ids",
    "DeviceSerialNumber": "ids",
    "StationName": "ids",
    "PatientBirthDate": "dates",
    "StudyDate": "dates",
    "SeriesDate": "dates",
    "AcquisitionDate": "dates",
    "ContentDate": "dates",
}
"""DICOM keyword to field of `KnownIdentifiers`."""


def known_from_fields(header: Mapping[str, str]) -> KnownIdentifiers:
    """Return what `header` (DICOM keyword to value, multiple values joined by a backslash) gives away."""
    found: dict[str, list[str]] = {}
    for keyword, value in header.items():
        name = KNOWN_KEYWORDS.get(keyword)
        if name and value:
            found.setdefault(name, []).extend(v.strip() for v in str(value).split("\\") if v.strip())
    return KnownIdentifiers(**{name: tuple(dict.fromkeys(values)) for name, values in found.items()})
