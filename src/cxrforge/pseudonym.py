"""Keyed pseudonyms: the same original gives the same pseudonym wherever the site's key is held, and nowhere else.

HMAC-SHA-256 (RFC 2104) over a purpose and length-prefixed parts, so that no two questions share an answer.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

KEY_BYTES = 32
SHIFT_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Pseudonymizer:
    """Gives pseudonyms under one secret key; `repr` and messages never show it."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, found {len(self.key)}")

    def digest(self, purpose: str, *parts: str) -> bytes:
        """Return 32 bytes for `parts` asked for `purpose`."""
        message = b"".join(len(p).to_bytes(8, "big") + p for p in _encoded((purpose, *parts)))
        return hmac.digest(self.key, message, "sha256")

    def patient(self, patient_id: str, issuer: str = "", site: str = "") -> str:
        """Return `P` and 16 hexadecimal digits. PatientID (0010,0020) is unique only within issuer and site."""
        return "P" + self.digest("patient", site, issuer_name(issuer), patient_id.strip()).hex()[:16]

    def study(self, study_instance_uid: str) -> str:
        """Return `S` and 16 hexadecimal digits for a Study Instance UID (0020,000D)."""
        return "S" + self.digest("study", study_instance_uid.strip()).hex()[:16]

    def image(self, sop_instance_uid: str) -> str:
        """Return `I` and 16 hexadecimal digits for a SOP Instance UID (0008,0018)."""
        return "I" + self.digest("image", sop_instance_uid.strip()).hex()[:16]

    def report(self, *parts: str) -> str:
        """Return `R` and 16 hexadecimal digits for what tells one report document from another."""
        return "R" + self.digest("report", *parts).hex()[:16]

    def file(self, site: str, locator: str) -> str:
        """Return `F` and 16 hexadecimal digits for a source file's place at a site."""
        return "F" + self.digest("file", site, locator).hex()[:16]

    def content(self, content_sha256: str) -> str:
        """Return 32 hexadecimal digits for the content of a source file."""
        return self.digest("content", content_sha256).hex()[:32]

    def uid(self, original: str) -> str:
        """Return a UID under 2.25 (PS3.5 B.2: an integer of up to 128 bits, no leading zero) for an original UID."""
        number = int.from_bytes(self.digest("uid", original.strip())[:16], "big")
        return f"2.25.{number or 1}"

    def identifier(self, purpose: str, original: str, length: int = 16) -> str:
        """Return `length` hexadecimal digits for any other identifier (serial number, station …)."""
        return self.digest("identifier", purpose, original.strip()).hex()[:length]

    def date_shift(self, patient: str) -> timedelta:
        """Return the shift of a patient (given by pseudonym): 1 to `SHIFT_DAYS` days back, the same for every date."""
        return -timedelta(days=1 + int.from_bytes(self.digest("shift", patient)[:8], "big") % SHIFT_DAYS)

    def shift_date(self, patient: str, day: date) -> date:
        """Return `day` moved by the patient's shift; intervals within a patient are kept."""
        return day + self.date_shift(patient)


def issuer_name(issuer: str) -> str:
    """Return an issuer of patient IDs by its first component without regard to case.

    HL7 v2 writes `NAME&1.2.3&ISO` (HD data type) where DICOM (0010,0021) writes `NAME`.
    """
    return re.split(r"[&^]", issuer, maxsplit=1)[0].strip().upper()


def _encoded(parts: Iterable[str]) -> Iterable[bytes]:
    return (p.encode("utf-8", "surrogatepass") for p in parts)
