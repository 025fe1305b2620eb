"""One object over the reading room's functions, reached as `workspace.reading_room`.

Everything taken and returned is a frozen value; everything changed is written together with its row in the log.
`by` and `person` say who acts, and are held to what their role allows; `by=None` is the command line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cxrforge.audit.chain import LogEntry, broken_links
from cxrforge.audit.people import Person
from cxrforge.audit.verdicts import QueueCount, Waiting
from cxrforge.audit.work import POSTPONED, SKIPPED, Assignment, Audit, Saved, WorkRow
from cxrforge.catalogue import audits as audit_rows
from cxrforge.catalogue.action_log import LogHead, log_head, log_rows, whole_log
from cxrforge.catalogue.database import Catalogue
from cxrforge.config import Settings
from cxrforge.errors import UsageError
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.reading_room import draws, staff, transfer, verdicts, work
from cxrforge.reading_room import statistics as results
from cxrforge.reading_room.canaries import canary_key
from cxrforge.reading_room.desk import Desk, require
from cxrforge.stages.deidentify_image import image_key
from cxrforge.store import Store

_ID = re.compile(r"[A-Za-z0-9]{1,64}")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ReadingRoom:
    """The reading room of one workspace."""

    def __init__(
        self,
        catalogue: Catalogue,
        settings: Settings,
        store: Store,
        pseudonyms: Pseudonymizer,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.desk = Desk(catalogue, settings, store, pseudonyms, clock)

    # ------------------------------------------------------------------ people

    def add_person(
        self,
        name: str,
        role: str,
        password: str,
        *,
        sites: Sequence[str] = (),
        qualification: str = "",
        by: Person | None = None,
    ) -> Person:
        """Add a person, whose name is what they log in with."""
        return staff.add_person(self.desk, name, role, password, sites=sites, qualification=qualification, by=by)

    def people(self) -> list[Person]:
        """Return everyone, by name."""
        return staff.people(self.desk)

    def person(self, id: str) -> Person | None:
        """Return the person with this id."""
        return staff.person(self.desk, id)

    def authenticate(self, name: str, password: str) -> Person | None:
        """Return the person whose name and password these are, unless disabled."""
        return staff.authenticate(self.desk, name, password)

    def set_password(self, name: str, password: str, *, by: Person | None = None) -> None:
        """Give a person another password; everyone may set their own."""
        staff.set_password(self.desk, name, password, by=by)

    def disable(self, name: str, *, by: Person | None = None, disabled: bool = True) -> Person:
        """Keep a person out, or let them in again."""
        return staff.disable(self.desk, name, by=by, disabled=disabled)

    # ------------------------------------------------------------------ audits

    def draw(
        self,
        kind: str,
        *,
        size: int | None = None,
        share: float | None = None,
        seed: int | None = None,
        double_share: float = 0.0,
        blinded: bool = True,
        readers: Sequence[str] = (),
        canaries: int | None = None,
        by: Person | None = None,
    ) -> Audit:
        """Draw an audit of a kind (`label`, `images-phi`, `reports-phi`, `quality`) for readers, given by name."""
        return draws.draw(
            self.desk,
            kind,
            size=size,
            share=share,
            seed=seed,
            double_share=double_share,
            blinded=blinded,
            readers=readers,
            canaries=canaries,
            by=by,
        )

    def audits(self) -> list[Audit]:
        """Return every draw, the oldest first."""
        with self.desk.catalogue.read() as connection:
            return audit_rows.audits(connection)

    def audit(self, id: str) -> Audit:
        """Return one draw."""
        with self.desk.catalogue.read() as connection:
            found = audit_rows.audits(connection, id)
        if not found:
            raise UsageError("this audit is unknown", next_step="See `cxrforge audit status`.")
        return found[0]

    # ------------------------------------------------------------------ work

    def worklist(self, person: Person, audit: str) -> list[WorkRow]:
        """Return what a person has to read in an audit, in order; then what nobody has taken."""
        return work.worklist(self.desk, person, audit)

    def adjudications(self, person: Person) -> list[WorkRow]:
        """Return the disagreements that a person may decide."""
        return work.adjudications(self.desk, person)

    def assignment(self, id: str, person: Person) -> Assignment:
        """Return what one assignment shows to the person who reads it."""
        return work.assignment(self.desk, id, person)

    def save(
        self,
        assignment: str,
        person: Person,
        reading: Mapping[str, Any],
        revision: int,
        *,
        simulated: bool = False,
        seconds: float | None = None,
    ) -> Saved:
        """Keep a reading begun at `revision`; raises `ConflictError` when another save came in between."""
        return work.save(self.desk, assignment, person, reading, revision, simulated=simulated, seconds=seconds)

    def complete(self, assignment: str, person: Person, *, simulated: bool = False) -> WorkRow:
        """End a reading; what was not answered is not mentioned."""
        return work.complete(self.desk, assignment, person, simulated=simulated)

    def postpone(self, assignment: str, person: Person) -> WorkRow:
        """Put an assignment off; it stays in the worklist."""
        return work.put_off(self.desk, assignment, person, POSTPONED)

    def skip(self, assignment: str, person: Person) -> WorkRow:
        """Leave an assignment out."""
        return work.put_off(self.desk, assignment, person, SKIPPED)

    def image_path(self, image: str) -> Path:
        """Return the de-identified file of an image, or of a canary, by its id."""
        if not _ID.fullmatch(image):
            raise UsageError("this image is not held here")
        with self.desk.catalogue.read() as connection:
            canary = audit_rows.canary_of(connection, image)
        path = self.desk.store.path(canary_key(image) if canary is not None else image_key(image))
        if not path.is_file():
            raise UsageError("this image is not held here")
        return path

    # ------------------------------------------------------------------ flags, queues, decisions

    def flag_identifier(
        self,
        person: Person | None,
        kind: str,
        entity: str,
        *,
        bbox: Sequence[float] | None = None,
        span: tuple[str, int, int] | None = None,
        note: str = "",
    ) -> bool:
        """Take an image, report or study out at once because it shows an identifier."""
        return verdicts.flag_identifier(self.desk, person, kind, entity, bbox=bbox, span=span, note=note)

    def queues(self, site: str | None = None, *, by: Person | None = None) -> list[QueueCount]:
        """Return how many items wait for a person, by issue code."""
        return verdicts.queues(self.desk, site, by=by)

    def queue(
        self, name: str, *, site: str | None = None, limit: int = 100, after: str = "", by: Person | None = None
    ) -> list[Waiting]:
        """Return items that wait with the issue code `name`."""
        return verdicts.queue(self.desk, name, site=site, limit=limit, after=after, by=by)

    def decide(
        self, entity_kind: str, entity: str, issue_code: str, verdict: str, reason: str, *, by: Person | None = None
    ) -> None:
        """Accept an issue, or turn its item away."""
        verdicts.decide(self.desk, entity_kind, entity, issue_code, verdict, reason, by=by)

    # ------------------------------------------------------------------ results, files

    def statistics(self, audit: str) -> dict[str, Any]:
        """Return an audit's progress, hours left and results, as plain values."""
        return results.statistics(self.desk, self.audit(audit))

    def import_readings(
        self, audit: str, data: bytes, suffix: str, reader: str, *, simulated: bool = False, by: Person | None = None
    ) -> transfer.Imported:
        """Take in one reader's readings made elsewhere: our CSV (`.csv`) or JSON, or COCO boxes."""
        return transfer.import_readings(self.desk, audit, data, suffix, reader, simulated=simulated, by=by)

    def export_readings(self, audit: str, *, by: Person | None = None) -> list[dict[str, Any]]:
        """Return an audit's finished readings, without what anyone typed."""
        return transfer.exported(self.desk, audit, by=by)

    def export_csv(self, audit: str, *, by: Person | None = None) -> str:
        """Return an audit's labels as CSV."""
        return transfer.export_csv(self.desk, audit, by=by)

    def export_coco(self, audit: str, *, by: Person | None = None) -> dict[str, Any]:
        """Return an audit's boxes as COCO."""
        return transfer.export_coco(self.desk, audit, by=by)

    # ------------------------------------------------------------------ log

    def log(
        self,
        limit: int = 100,
        before: int | None = None,
        entity: str | None = None,
        *,
        by: Person | None = None,
    ) -> list[LogEntry]:
        """Return rows of the log, newest first, before number `before`."""
        require(by, "see-log")
        with self.desk.catalogue.read() as connection:
            return log_rows(connection, limit, before, entity)

    def log_head(self) -> LogHead:
        """Return where the log ends: note it elsewhere, and a log cut short is noticed too."""
        with self.desk.catalogue.read() as connection:
            return log_head(connection)

    def verify_log(self) -> list[str]:
        """Return what is wrong with the log; nothing when every row stands as it was written."""
        with self.desk.catalogue.read() as connection:
            entries, head = whole_log(connection), log_head(connection)
        return list(broken_links(entries, self.desk.digest, head.number, head.hash))
