"""A site's consent or objection register: read, pseudonymised at once, and looked up for each study.

What is kept of a register are keyed hashes of its patient IDs; the IDs themselves are forgotten when it has been read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cxrforge.errors import UsageError
from cxrforge.identity.text import folded
from cxrforge.pseudonym import Pseudonymizer, issuer_name
from cxrforge.records import Issue
from cxrforge.reports.formats.encoding import decode
from cxrforge.reports.formats.fields import meaning
from cxrforge.tables import governance

OBJECTIONS, CONSENTS = "objections", "consents"
REGISTER_KINDS: tuple[str, ...] = (OBJECTIONS, CONSENTS)
"""A register of objections keeps those out whom it names, one of consents all others."""
REGISTER_CODES: tuple[str, ...] = (
    "patient-objects",
    "patient-may-object",
    "patient-without-consent",
    "consent-not-checkable",
)
"""What keeps a study out on a register's account."""
_DELIMITERS = ";,\t|"


@dataclass(frozen=True, slots=True)
class Entry:
    """One patient of a register, by keyed hashes: the ID as written, the ID without what typists lose, the issuer."""

    exact: str = field(repr=False)
    loose: str = field(repr=False)
    issuer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Register:
    """What a site's register says, by keyed hashes; `entries` are those whom it keeps out (objections) or lets in."""

    kind: str
    entries: tuple[Entry, ...]

    def to_record(self) -> dict[str, Any]:
        """Return what the vault seals."""
        return {"kind": self.kind, "entries": [[e.exact, e.loose, e.issuer] for e in self.entries]}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Register:
        """Return the register that `to_record` was made from."""
        return cls(record["kind"], tuple(Entry(*row) for row in record["entries"]))


class ConsentCheck:
    """The registers of one site, ready to be asked about many studies."""

    def __init__(self, registers: Iterable[Register], pseudonyms: Pseudonymizer, site: str) -> None:
        self._pseudonyms, self._site = pseudonyms, site
        self._exact: dict[str, dict[str, set[str]]] = {}  # kind to ID to issuers
        self._loose: dict[str, set[str]] = {}
        for register in registers:
            exact = self._exact.setdefault(register.kind, {})
            for entry in register.entries:
                exact.setdefault(entry.exact, set()).add(entry.issuer)
            self._loose.setdefault(register.kind, set()).update(e.loose for e in register.entries)

    def issue(self, patient_id: str | None, issuer: str) -> Issue | None:
        """Return what keeps a patient's study out; None when no register speaks against it.

        An ID that is the same but for leading zeros, signs or case, or whose issuer only one side names, is not taken
        for the patient and not let through either: a person decides.
        """
        objecting = self._exact.get(OBJECTIONS, {})
        consenting = self._exact.get(CONSENTS)
        if not objecting and consenting is None:
            return None
        if not (patient_id or "").strip():
            return Issue("consent-not-checkable")
        key = entry(patient_id or "", issuer, self._pseudonyms, self._site)
        if key.exact in objecting:
            issuers = objecting[key.exact]
            if issuers & {"", key.issuer} and (key.issuer or "" in issuers):
                return Issue("patient-objects")
            if not key.issuer:
                return Issue("patient-may-object", "the issuer of the ID is not told")
        elif key.loose in self._loose.get(OBJECTIONS, ()):
            return Issue("patient-may-object", "IDs differ in zeros, signs or case")
        if consenting is not None and not consenting.get(key.exact, set()) & {"", key.issuer}:
            return Issue("patient-without-consent")
        return None


def entry(patient_id: str, issuer: str, pseudonyms: Pseudonymizer, site: str) -> Entry:
    """Return the keyed hashes of a patient ID at a site."""
    named = issuer_name(issuer)
    return Entry(
        pseudonyms.digest("register id", site, patient_id.strip()).hex()[:32],
        pseudonyms.digest("register id, loosely", site, _loosened(patient_id)).hex()[:32],
        pseudonyms.digest("register issuer", named).hex()[:32] if named else "",
    )


def _loosened(patient_id: str) -> str:
    """Return an ID without what spreadsheets and typists change: signs, case, leading zeros, a trailing `.0`."""
    bare = re.sub(r"\.0$", "", patient_id.strip())
    return re.sub(r"[\W_]+", "", bare).casefold().lstrip("0") or "0"


def read_register(data: bytes, kind: str, pseudonyms: Pseudonymizer, site: str) -> Register:
    """Return a register from a CSV file: a column of patient IDs, and where it has them issuer and status.

    Raise `UsageError` for a file that cannot be read whole: a row that is skipped could be an objection.
    """
    if kind not in REGISTER_KINDS:
        raise UsageError("kind of register", expected=" or ".join(REGISTER_KINDS), found=repr(kind))
    decoded = decode(data)
    if decoded.damaged:
        raise _unreadable("its characters cannot be read", "Save it as UTF-8.")
    rows = _rows(decoded.text)
    if not rows:
        raise _unreadable("it has no header", "The first line names the columns, such as patient_id;issuer;status.")
    header, body = rows[0], rows[1:]
    id_column, issuer_column, status_column = _columns(header)
    entries = []
    for number, row in enumerate(body, 2):
        if len(row) != len(header):
            raise _unreadable(f"row {number} has {len(row)} of {len(header)} columns", "Correct the row.")
        patient_id = row[id_column].strip()
        if not patient_id:
            raise _unreadable(f"row {number} names no patient", "Correct or delete the row.")
        status = row[status_column] if status_column is not None else ""
        if _counts(status, header[status_column] if status_column is not None else "", kind, number):
            entries.append(entry(patient_id, row[issuer_column] if issuer_column is not None else "", pseudonyms, site))
    return Register(kind, tuple(sorted(set(entries), key=lambda e: (e.exact, e.issuer))))


def _rows(text: str) -> list[list[str]]:
    lines = text.lstrip("\ufeff")
    first = lines.split("\n", 1)[0]
    if first.lower().startswith("sep="):
        lines = lines.split("\n", 1)[-1]
        first = lines.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        found = list(csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _unreadable("its quotes do not match", "Save it as CSV again.") from error
    return [row for row in found if any(cell.strip() for cell in row)]


def _columns(header: Sequence[str]) -> tuple[int, int | None, int | None]:
    """Return the places of patient ID, issuer and status."""
    names = [meaning(name) for name in header]
    words = governance.load().register_words
    askable = words["status_columns"] | words["consent_columns"] | words["objection_columns"]
    asked = [i for i, name in enumerate(header) if _bare(name) in askable]
    if len(asked) > 1:
        raise _unreadable("two columns tell a status", "Keep one of them.")
    status = asked[0] if asked else None
    if names.count("PatientID") != 1:
        found = f"{names.count('PatientID')} such columns" if "PatientID" in names else "none"
        raise _unreadable(
            f"a header with one column of patient IDs is expected, found {found}",
            "Name it patient_id in the first line.",
        )
    issuer = names.index("IssuerOfPatientID") if "IssuerOfPatientID" in names else None
    return names.index("PatientID"), issuer, status


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", folded(name))


def _counts(status: str, column: str, kind: str, number: int) -> bool:
    """Tell whether a row belongs to its register: a row without a status does."""
    word = re.sub(r"\s+", " ", folded(status)).strip(" .")
    words = governance.load().register_words
    if not word:
        return True
    objects = word in words["objects"]
    if not objects and word not in words["consents"]:
        about_consent, about_objection = (
            _bare(column) in words[f"{what}_columns"] for what in ("consent", "objection")
        )
        if word not in words["yes"] | words["no"] or not (about_consent or about_objection):
            raise _unreadable(f"row {number} has a status that is not understood", "Write objection or consent.")
        objects = (word in words["no"]) == about_consent
    return objects == (kind == OBJECTIONS)


def _unreadable(what: str, next_step: str) -> UsageError:
    return UsageError(f"the register cannot be used: {what}", next_step=next_step)
