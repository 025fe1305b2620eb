"""Whether two sources speak of the same patient."""

from __future__ import annotations

from typing import NamedTuple

from cxrforge.pseudonym import issuer_name


class Patient(NamedTuple):
    """A PatientID (0010,0020) and its issuer (0010,0021), stripped; empty where not given.

    Issuers are compared by `issuer_name`.
    """

    id: str
    issuer: str

    def __repr__(self) -> str:
        return f"Patient(id={'given' if self.id else 'none'}, issuer={'given' if self.issuer else 'none'})"


def patient(patient_id: str | None, issuer: str | None) -> Patient:
    """Return the patient that an ID and its issuer name."""
    return Patient((patient_id or "").strip(), issuer_name(issuer or ""))


def same_patient(one: Patient, other: Patient) -> bool | None:
    """Tell whether both are one patient; None where either has no ID.

    The issuer counts only when both have one: two hospitals' "4711" are two people.
    """
    if not one.id or not other.id:
        return None
    if one.issuer and other.issuer and one.issuer != other.issuer:
        return False
    return one.id == other.id


def all_compatible(patients: set[Patient]) -> bool:
    """Tell whether all who have an ID can be one patient."""
    named = [p for p in patients if p.id]
    return len({p.id for p in named}) <= 1 and len({p.issuer for p in named} - {""}) <= 1
