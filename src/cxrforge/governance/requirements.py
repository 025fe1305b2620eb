"""Which papers are in force on a day, which are missing, which run out. Pure: the day is given, no clock is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cxrforge.catalogue.governance import Consultation, Document
from cxrforge.coverage import ReleaseClass
from cxrforge.tables import governance
from cxrforge.tables.governance import Requirement

CONSORTIUM = "consortium"
"""The name under which papers of the coordinating centre and of the release are filed."""
UNTIL_NOTICE = "until further notice"


@dataclass(frozen=True, slots=True)
class RequirementState:
    """One requirement of a site on a day: met, expiring, expired, not yet valid, incomplete or missing."""

    id: str
    title: str
    state: str
    kind: str = ""
    valid_until: str = ""
    note: str = ""

    @property
    def met(self) -> bool:
        """Return whether the requirement is met on the day."""
        return self.state in ("in force", "expiring")


def site_requirements(
    site: str, country: str, documents: Iterable[Document], day: str, warn_days: int
) -> tuple[RequirementState, ...]:
    """Return the state of every requirement of a site on `day` (YYYY-MM-DD)."""
    own = [d for d in documents if d.site == site]
    return tuple(_state(row, own, day, warn_days, country) for row in governance.load().requirements)


def release_requirements(
    release_class: str, documents: Iterable[Document], day: str, warn_days: int
) -> tuple[RequirementState, ...]:
    """Return the state of every paper that a release of a class needs, wherever it is filed."""
    every = list(documents)
    rows = [row for row in governance.load().release if release_class in row.classes]
    return tuple(_state(row, every, day, warn_days, "") for row in rows)


def missing(states: Iterable[RequirementState]) -> tuple[str, ...]:
    """Return in words what is not in force."""
    return tuple(f"{s.title} ({s.note or s.state})" for s in states if not s.met)


def release_class(name: str, key_rule: str, documents: Sequence[Document], day: str) -> ReleaseClass | None:
    """Return what was decided about the release as a whole; None while nothing was declared."""
    known = name in governance.CLASSES
    if not known and key_rule not in governance.load().key_rules and not any(_of_release(d) for d in documents):
        return None
    met = {s.id for s in release_requirements("controlled", documents, day, 0) if s.met}
    return ReleaseClass(
        name=name if known else None,
        reidentification_assessment_signed="assessment" in met,
        key_rule_recorded=key_rule in governance.load().key_rules,
        data_use_agreement="agreement" in met,
        recipient_register="recipients" in met,
    )


def consulted_before_ingest(site: str, consultations: Iterable[Consultation], last_ingest: str) -> bool:
    """Tell whether a site's register had been looked up when its last ingest began (ISO 8601, UTC).

    A consultation after an ingest is made good by ingesting once more: nothing is read twice.
    """
    return any(c.consulted_at <= last_ingest for c in consultations if c.site == site) if last_ingest else False


def consulted_before_release(site: str, consultations: Iterable[Consultation], day: str, within_days: int) -> bool:
    """Tell whether a site's register was looked up within some days up to the release date."""
    earliest = (date.fromisoformat(day) - timedelta(days=within_days)).isoformat()
    return any(earliest <= c.consulted_at[:10] <= day for c in consultations if c.site == site)


def _of_release(document: Document) -> bool:
    return governance.load().kinds[document.kind].scope == "release"


def _state(row: Requirement, documents: Sequence[Document], day: str, warn_days: int, country: str) -> RequirementState:
    """Return the state of the paper that serves the requirement best."""
    pairs = [(d, role) for kind, role in row.any_of for d in documents if d.kind == kind]
    found = [_judged(row, d, role, day, warn_days, country) for d, role in pairs]
    if not found:
        return RequirementState(row.id, row.title, "missing")
    order = ("in force", "expiring", "incomplete", "not signed", "not yet valid", "expired")
    best = min(order.index(s.state) for s in found)
    return max((s for s in found if order.index(s.state) == best), key=lambda s: s.valid_until or "9999-12-31")


def _judged(
    row: Requirement, document: Document, role: str, day: str, warn_days: int, country: str
) -> RequirementState:
    def state(name: str, note: str = "") -> RequirementState:
        return RequirementState(row.id, row.title, name, document.kind, document.valid_until, note)

    if document.valid_from > day:
        return state("not yet valid", f"valid from {document.valid_from}")
    if not document.in_force(day):
        return state("expired", f"expired on {document.valid_until}")
    if role and role not in document.signed_by:
        return state("not signed", f"not signed by {governance.load().roles[role]}")
    if document.kind == "legal-basis" and (gaps := basis_gaps(document, country)):
        return state("incomplete", f"names no {' and no '.join(gaps)}")
    if document.valid_until and _days_left(document.valid_until, day) <= warn_days:
        return state("expiring", f"runs out on {document.valid_until}")
    return state("in force")


def basis_gaps(document: Document, country: str) -> list[str]:
    """Return which parts of a legal basis a statement does not name; a national one is of the site's country."""
    rows = [governance.load().bases[name] for name in document.bases]
    parts = {row.part for row in rows if row.country in ("", country)}
    named = {"article-6": "basis under Art. 6", "article-9": "exception under Art. 9(2)", "national": "national law"}
    return [words for part, words in named.items() if part not in parts]


def _days_left(until: str, day: str) -> int:
    return (date.fromisoformat(until) - date.fromisoformat(day)).days
