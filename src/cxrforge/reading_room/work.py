"""Reading: what is next, what it shows, and everything saved as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.people import Person
from cxrforge.audit.readings import clean_reading, label_value
from cxrforge.audit.work import (
    ADJUDICATION,
    DONE,
    POSTPONED,
    SECOND,
    SKIPPED,
    Assignment,
    Audit,
    AuditItem,
    ReadImage,
    ReportPart,
    Saved,
    WorkRow,
)
from cxrforge.catalogue import audits as rows
from cxrforge.errors import ConflictError, ForbiddenError, UsageError
from cxrforge.reading_room.desk import Change, Desk, require
from cxrforge.reading_room.draws import READ_ACTION, add_adjudication
from cxrforge.reading_room.verdicts import flag_from_reading, judge_quality
from cxrforge.records import OBSERVATIONS
from cxrforge.stages.label import compose

_SECONDS_AT_MOST = 3600.0


def worklist(desk: Desk, person: Person, audit: str) -> list[WorkRow]:
    """Return what a person has to read in an audit: theirs, then what nobody has taken and they may take."""
    with desk.catalogue.read() as connection:
        found = _audit(connection, audit)
        require(person, READ_ACTION[found.kind])
        every = rows.work_rows(connection, name=audit)
        items = {i.entity: i for i in rows.audit_items(connection, audit)}
    mine = [row for row in every if row.person == person.id]
    read = {row.entity for row in mine}
    free = [
        row
        for row in every
        if row.person is None
        and row.entity not in read
        and (row.slot != ADJUDICATION or person.may("adjudicate"))
        and person.sees(items[row.entity].site)
    ]
    return [*mine, *{row.entity: row for row in reversed(free)}.values()][: len(every)]


def adjudications(desk: Desk, person: Person) -> list[WorkRow]:
    """Return the disagreements that a person may decide, of every audit."""
    require(person, "adjudicate")
    with desk.catalogue.read() as connection:
        open_rows = [r for r in rows.work_rows(connection, slot=ADJUDICATION) if r.state != DONE]
        found = []
        for row in open_rows:
            beside = rows.work_rows(connection, name=row.audit, entity=row.entity)
            own = {r.person for r in beside if r.slot != ADJUDICATION}
            if row.person == person.id or (row.person is None and person.id not in own):
                found.append(row)
    return [row for row in found if person.may(READ_ACTION[row.kind])]


def assignment(desk: Desk, id: str, person: Person) -> Assignment:
    """Return what one assignment shows to the person who reads it."""
    with desk.catalogue.read() as connection:
        row, audit, item = _mine(connection, id, person)
        reading = rows.reading_of(connection, id)
        others: tuple[Mapping[str, Any], ...] = ()
        if row.slot == ADJUDICATION:
            beside = rows.work_rows(connection, name=row.audit, entity=row.entity)
            others = tuple(
                {"slot": r.slot, "reading": rows.reading_of(connection, r.id)} for r in beside if r.slot <= SECOND
            )
        source = item.canary["copy_of"] if item.canary else item.entity
        shown = rows.shown(connection, source, item.kind)
    if shown is None:
        raise UsageError("the item of this assignment is no longer held", next_step="Skip it.")
    content = _content(audit, item, shown)
    return Assignment(
        id=id,
        audit=audit.id,
        kind=audit.kind,
        blinded=audit.blinded,
        slot=row.slot,
        state=row.state,
        entity_kind=item.kind,
        entity=item.entity,
        study="" if audit.kind.endswith("-phi") else shown.study,
        site=item.site,
        position=row.position,
        revision=row.revision,
        reading=clean_reading(reading),
        simulated=row.simulated,
        others=others,
        issues=tuple(shown.issues) if _helped(audit) else (),
        **content,
    )


def _helped(audit: Audit) -> bool:
    """Say whether readers see what the program found: never where they look for identifiers, where canaries stand."""
    return not audit.blinded and not audit.kind.endswith("-phi")


def _content(audit: Audit, item: AuditItem, shown: rows.Shown) -> dict[str, Any]:
    """Return the parts of an assignment that show something; a report only where the audit is about reports."""
    helped = _helped(audit)
    images = tuple(_image(row, item, helped) for row in shown.images) if audit.kind != "reports-phi" else ()
    if audit.kind not in ("label", "reports-phi") or shown.report is None:
        return {"images": images}
    text, sections = compose((item.canary or shown.report)["sections"])
    content: dict[str, Any] = {
        "images": images,
        "text": text,
        "language": shown.report["language"],
        "sections": tuple(ReportPart(s.name, s.start, s.end, s.rule) for s in sections),
    }
    if helped and audit.kind == "label" and shown.labelled:
        content["labels"] = {name: label_value(a) for name, a in shown.labelled["labels"].items()}
        content["mentions"] = tuple(shown.labelled["mentions"])
    return content


def _image(row: Mapping[str, Any], item: AuditItem, helped: bool) -> ReadImage:
    facts, inspection = row["facts"], row["inspection"] or {}
    return ReadImage(
        id=item.entity if item.canary else row["id"],
        role=row["role"] or "left-out",
        view=facts["view"],
        rows=facts["rows"],
        columns=facts["columns"],
        bits_stored=facts["bits_stored"],
        photometric_interpretation=facts["photometric_interpretation"],
        proposals=tuple(inspection.get("boxes", ())) if helped else (),
        quality=inspection.get("quality", {}) if helped else {},
    )


def save(
    desk: Desk,
    id: str,
    person: Person,
    reading: Mapping[str, Any],
    revision: int,
    *,
    simulated: bool = False,
    seconds: float | None = None,
) -> Saved:
    """Keep a reading that was begun at `revision`; the same content again changes nothing.

    Raises `ConflictError` with the newer reading when somebody, or another tab, saved in between. An identifier in
    it takes the item out at once. `seconds` is how long it has taken so far, pauses left out.
    """
    cleaned = clean_reading(reading)
    with desk.change(person) as change:
        row, audit, item = _mine(change.connection, id, person)
        before = clean_reading(rows.reading_of(change.connection, id))
        if row.revision and before == cleaned and revision in (row.revision, row.revision - 1):
            return Saved(row.revision, desk.now())
        if revision != row.revision:
            raise ConflictError(
                "the reading was saved in between",
                expected=f"revision {row.revision}",
                found=str(revision),
                next_step="Take over what stands now, then go on.",
                current=before,
                revision=row.revision,
            )
        saved = Saved(row.revision + 1, desk.now())
        values = {"revision": saved.revision, "reading": cleaned, "saved_at": saved.saved_at, "person": person.id}
        if seconds is not None:
            values["seconds"] = min(max(0.0, float(seconds)), _SECONDS_AT_MOST)
        rows.update_assignment(change.connection, id, **values, simulated=row.simulated or simulated)
        change.log("save-reading", "assignment", id, {"revision": saved.revision, "simulated": simulated})
        if not simulated:
            flag_from_reading(change, item, audit, before, cleaned)
    return saved


def complete(desk: Desk, id: str, person: Person, *, simulated: bool = False) -> WorkRow:
    """End a reading. In a label audit, labels that were not answered are not mentioned.

    Where it is the second of two that disagree, a third reader is asked. A quality review decides on its images.
    """
    with desk.change(person) as change:
        row, audit, item = _mine(change.connection, id, person)
        reading = clean_reading(rows.reading_of(change.connection, id))
        if audit.kind == "label":
            reading = answered(reading)
        values: dict[str, Any] = {"state": DONE, "done_at": desk.now(), "reading": reading, "person": person.id}
        rows.update_assignment(change.connection, id, **values, simulated=row.simulated or simulated)
        change.log("complete-reading", "assignment", id, {"revision": row.revision, "simulated": simulated})
        if item.canary is None:
            _after_completion(change, desk, audit, item, reading, simulated or row.simulated)
        return rows.work_rows(change.connection, id=id)[0]


def answered(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reading whose labels are all answered: what was left out is not mentioned."""
    labels = reading["report_labels"]
    return {**reading, "report_labels": {name: labels.get(name) for name in OBSERVATIONS}}


def _after_completion(
    change: Change, desk: Desk, audit: Audit, item: AuditItem, reading: Mapping[str, Any], simulated: bool
) -> None:
    beside = rows.work_rows(change.connection, name=audit.id, entity=item.entity)
    two = [r for r in beside if r.slot <= SECOND]
    third = any(r.slot == ADJUDICATION for r in beside)
    if len(two) == 2 and all(r.state == DONE for r in two) and not third:
        one, other = (clean_reading(rows.reading_of(change.connection, r.id)) for r in two)
        if disagree(audit.kind, one, other):
            add_adjudication(change, desk, audit, item, [r.person or "" for r in two])
            return
    if audit.kind == "quality" and not simulated and all(r.state == DONE for r in beside):
        judge_quality(change, desk, item, reading)


def disagree(kind: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two readings of an item differ in what its audit asks."""
    if kind == "label":
        return bool(answered(one)["report_labels"] != answered(other)["report_labels"])
    if kind == "quality":
        return _verdicts(one) != _verdicts(other)
    return False  # one reader who sees an identifier is enough


def _verdicts(reading: Mapping[str, Any]) -> dict[str, bool]:
    return {image: "fail" in {v for n, v in row.items() if n != "reason"} for image, row in reading["quality"].items()}


def put_off(desk: Desk, id: str, person: Person, state: str) -> WorkRow:
    """Postpone or skip an assignment; what was saved of it stays."""
    if state not in (POSTPONED, SKIPPED):
        raise UsageError("state of an assignment", expected=f"{POSTPONED} or {SKIPPED}")
    with desk.change(person) as change:
        row, _, _ = _mine(change.connection, id, person)
        if row.state == DONE:
            raise UsageError("a finished reading stays finished", next_step="Save the reading: that still works.")
        rows.update_assignment(change.connection, id, state=state, person=person.id)
        change.log(f"{state}-reading", "assignment", id)
        return rows.work_rows(change.connection, id=id)[0]


def _mine(connection: sa.Connection, id: str, person: Person) -> tuple[WorkRow, Audit, AuditItem]:
    """Return an assignment with its audit and item; refused unless it is the person's, or free for them to take."""
    found = rows.work_rows(connection, id=id)
    if not found:
        raise UsageError("this assignment is unknown")
    row = found[0]
    require(person, "adjudicate" if row.slot == ADJUDICATION else READ_ACTION[row.kind])
    item = rows.audit_item_of(connection, row.audit, row.entity)
    assert item is not None
    beside = rows.work_rows(connection, name=row.audit, entity=row.entity, person=person.id)
    taken = row.person is None and not any(r.id != id for r in beside)
    if not person.sees(item.site) or not (row.person == person.id or taken):
        raise ForbiddenError("this assignment is another reader's")
    return row, _audit(connection, row.audit), item


def _audit(connection: sa.Connection, name: str) -> Audit:
    found = rows.audits(connection, name)
    if not found:
        raise UsageError("this audit is unknown", next_step="See `cxrforge audit status`.")
    return found[0]
