"""The desk where papers are filed and registers are looked up: what is signed stays sealed, what is decided is counted.

Bytes of documents lie in the vault, since they name signatories; the catalogue keeps their hash, kind and days.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cxrforge.catalogue import governance as rows
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.governance import Consultation, Document, Waiver
from cxrforge.catalogue.holdings import Site, sites
from cxrforge.config import Settings
from cxrforge.errors import UsageError
from cxrforge.formats.processing_record import ProcessingRecord
from cxrforge.governance.record import SiteFacts, controller_record, processor_record, read_declarations
from cxrforge.governance.requirements import CONSORTIUM, RequirementState, release_requirements, site_requirements
from cxrforge.ingest.consent import REGISTER_KINDS, Register, read_register
from cxrforge.tables import criteria, governance
from cxrforge.vault import Vault

MAX_DOCUMENT_BYTES = 50 * 1024 * 1024
_SEALED_DOCUMENT, _SEALED_REGISTER, _SEALED_DECLARATIONS = "governance document", "register", "declarations"
_REFERENCE = re.compile(r"[\w .,:/()§+-]{0,80}")
_REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Papers:
    """What is filed for a site (or the consortium), and what its requirements come to on a day."""

    site: str
    day: str
    documents: tuple[Document, ...]
    requirements: tuple[RequirementState, ...]


class GovernanceDesk:
    """Files and finds; every day and time is given by the caller."""

    def __init__(self, catalogue: Catalogue, vault: Vault, settings: Settings) -> None:
        self._catalogue, self._vault, self._settings = catalogue, vault, settings

    # ------------------------------------------------------------------ documents

    def file_document(
        self,
        site: str,
        kind: str,
        content: bytes,
        *,
        valid_from: str,
        valid_until: str = "",
        reference: str = "",
        signed_by: Sequence[str] = (),
        bases: Sequence[str] = (),
    ) -> Document:
        """Seal a document and remember its hash, kind and days; filed again, the same file gets the new days."""
        document = Document(
            site=self._known(site),
            kind=_choice("kind of document", kind, governance.load().kinds),
            sha256=hashlib.sha256(content).hexdigest(),
            valid_from=iso_day("--valid-from", valid_from),
            valid_until=iso_day("--valid-until", valid_until) if valid_until else "",
            reference=_line("reference", reference),
            signed_by=tuple(_choice("role", role, governance.load().roles) for role in signed_by),
            bases=tuple(_choice("legal basis", basis, governance.load().bases) for basis in bases),
        )
        if document.valid_until and document.valid_until < document.valid_from:
            raise UsageError("the document's days", expected="--valid-until not before --valid-from")
        if (kind == "legal-basis") != bool(bases):
            raise UsageError(
                "legal bases",
                expected="--basis with kind legal-basis, and with no other",
                next_step="Name one under Art. 6, one under Art. 9(2) and a national one: --basis art-6-1-e …",
            )
        if not content or len(content) > MAX_DOCUMENT_BYTES:
            raise UsageError("the document's file", expected=f"1 byte to {MAX_DOCUMENT_BYTES // 1024**2} MiB")
        record = {"content": base64.b64encode(content).decode("ascii")}
        self._vault.seal(_SEALED_DOCUMENT, site, {document.sha256: record})
        with self._catalogue.write() as connection:
            rows.file_document(connection, document)
        return document

    def document_content(self, sha256: str) -> bytes:
        """Return the bytes of a filed document."""
        found = self._vault.unseal(_SEALED_DOCUMENT, [sha256])
        if sha256 not in found:
            raise UsageError("no document with this SHA-256 is filed", next_step="See `cxrforge site documents`.")
        return base64.b64decode(found[sha256]["content"])

    def papers(self, site: str, day: str) -> Papers:
        """Return what is filed for a site, and what its requirements come to on a day."""
        self._known(site)
        with self._catalogue.read() as connection:
            every = rows.documents(connection)
            found = {row.id: row for row in sites(connection)}
        warn = self._settings.governance_warn_days
        if site == CONSORTIUM:
            states = release_requirements(self._settings.release_class, every, day, warn)
        else:
            states = site_requirements(site, found[site].country, every, day, warn)
        return Papers(site, day, tuple(d for d in every if d.site == site), states)

    # ------------------------------------------------------------------ registers

    def consult_register(self, site: str, content: bytes, kind: str, now: datetime) -> Consultation:
        """Read a site's register, keep keyed hashes of it alone, and remember that and when it was looked up."""
        if self._known(site) == CONSORTIUM:
            raise UsageError("a register is a site's", next_step="Name the site.")
        register = read_register(content, kind, self._vault.pseudonyms, site)
        digest = self._vault.pseudonyms.digest("register", repr(register.to_record())).hex()[:32]
        consultation = Consultation(site, utc(now), kind, len(register.entries), digest)
        self._vault.seal(_SEALED_REGISTER, site, {f"{site}:{kind}": register.to_record()})
        with self._catalogue.write() as connection:
            rows.record_consultation(connection, consultation)
        return consultation

    def registers(self, site: str) -> list[Register]:
        """Return the registers of a site as they were last looked up."""
        found = self._vault.unseal(_SEALED_REGISTER, [f"{site}:{kind}" for kind in REGISTER_KINDS])
        return [Register.from_record(record) for record in found.values()]

    def consultations(self, site: str) -> list[Consultation]:
        """Return when the registers of a site were looked up."""
        self._known(site)
        with self._catalogue.read() as connection:
            return [c for c in rows.consultations(connection) if c.site == site]

    # ------------------------------------------------------------------ record of processing

    def declare(self, site: str, text: str) -> None:
        """Seal what a person declares for a site's record of processing, or for the coordinating centre's."""
        declared = read_declarations(text)
        self._vault.seal(_SEALED_DECLARATIONS, self._known(site), {site: declared})

    def processing_record(self, site: str, day: str) -> ProcessingRecord:
        """Return the record of processing of a site (Art. 30(1)) or of the coordinating centre (Art. 30(2))."""
        self._known(site)
        with self._catalogue.read() as connection:
            every = sites(connection)
        if site != CONSORTIUM:
            return controller_record(self._facts(next(s for s in every if s.id == site), day), self._settings, day)
        declared = self._vault.unseal(_SEALED_DECLARATIONS, [CONSORTIUM]).get(CONSORTIUM, {})
        facts = [self._facts(s, day) for s in every]
        return processor_record(facts, declared, self.papers(CONSORTIUM, day).documents, self._settings, day)

    def _facts(self, site: Site, day: str) -> SiteFacts:
        papers = self.papers(site.id, day)
        with self._catalogue.read() as connection:
            numbers = rows.site_numbers(connection, site.id)
            asked = tuple(c for c in rows.consultations(connection) if c.site == site.id)
        declared = self._vault.unseal(_SEALED_DECLARATIONS, [site.id]).get(site.id, {})
        return SiteFacts(site, numbers, papers.documents, papers.requirements, asked, declared)

    # ------------------------------------------------------------------ waivers

    def grant_waiver(self, criterion: str, granted_by: str, reason: str, until: str) -> Waiver:
        """Let an advisory criterion go until a day; blocking ones are never let go."""
        row = criteria.load().get(criterion)
        if row is None or not row.waivable:
            named = ", ".join(c.id for c in criteria.load().values() if c.waivable)
            raise UsageError(f"criterion {criterion} cannot be waived", expected=named)
        if not reason.strip():
            raise UsageError("a waiver needs a reason", expected="one line")
        waiver = Waiver(
            criterion,
            _choice("role", granted_by, governance.load().roles),
            _line("reason", " ".join(reason.split()), _REASON_LENGTH),
            iso_day("--until", until),
        )
        with self._catalogue.write() as connection:
            rows.grant_waiver(connection, waiver)
        return waiver

    def revoke_waiver(self, criterion: str) -> None:
        """Take a waiver back."""
        with self._catalogue.write() as connection:
            if not rows.revoke_waiver(connection, criterion):
                raise UsageError(f"criterion {criterion} is not waived")

    def waivers(self) -> list[Waiver]:
        """Return every waiver."""
        with self._catalogue.read() as connection:
            return rows.waivers(connection)

    def _known(self, site: str) -> str:
        with self._catalogue.read() as connection:
            found: list[Site] = sites(connection)
        if site != CONSORTIUM and site not in {row.id for row in found}:
            raise UsageError(
                f"site {site} is unknown", next_step=f"Add it with `cxrforge site add`, or name `{CONSORTIUM}`."
            )
        return site


def utc(moment: datetime) -> str:
    """Return a moment with a time zone as text in UTC, to the second."""
    return datetime.fromtimestamp(int(moment.timestamp()), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_day(what: str, text: str) -> str:
    """Return a day as YYYY-MM-DD; raise `UsageError` for what is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(what, expected="a day, YYYY-MM-DD", found=repr(text[:20])) from error


def _choice(what: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise UsageError(what, expected=" or ".join(known), found=repr(value[:40]))
    return value


def _line(what: str, text: str, most: int = 80) -> str:
    if len(text) > most or (most == 80 and not _REFERENCE.fullmatch(text)) or not text.isprintable():
        raise UsageError(what, expected=f"a line of at most {most} characters, a file number or the like, no name")
    return text
