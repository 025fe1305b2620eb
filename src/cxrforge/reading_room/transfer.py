"""Readings out, and readings made elsewhere in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.people import Person
from cxrforge.audit.work import ADJUDICATION, DONE, WorkRow
from cxrforge.catalogue import audits as rows
from cxrforge.catalogue.people import find_person
from cxrforge.errors import ForbiddenError, UsageError
from cxrforge.formats.reading_files import FoundReading, boxes_coco, read_readings, readings_csv
from cxrforge.reading_room import work
from cxrforge.reading_room.desk import Desk, require


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file of readings: taken, and how many were of items that this reader was not to read."""

    taken: int
    not_assigned: int


def import_readings(
    desk: Desk, audit: str, data: bytes, suffix: str, reader: str, *, simulated: bool, by: Person | None
) -> Imported:
    """Take in a file of one reader's readings, save and complete each; a file taken in twice changes nothing.

    COCO files hold boxes alone: they join what was read before, and nothing is completed.
    """
    require(by, "import-readings")
    found = read_readings(data, suffix)
    with desk.catalogue.read() as connection:
        person = find_person(connection, name=reader)
        if person is None or not rows.audits(connection, audit):
            raise UsageError("the audit or the reader is unknown", next_step="See `cxrforge audit status`.")
        of_image = rows.images_of_audit(connection, audit)
        every = rows.work_rows(connection, name=audit)
    taken = 0
    for row in found:
        target = _target(every, person, of_image.get(row.entity, row.entity), row)
        if target is None:
            continue
        try:
            _take(desk, target, person, row, simulated)
        except ForbiddenError:
            continue
        taken += 1
    return Imported(taken, len(found) - taken)


def _target(every: list[WorkRow], person: Person, entity: str, row: FoundReading) -> WorkRow | None:
    open_to = [r for r in every if r.entity == entity and r.person in (person.id, None)]
    if row.slot is not None:
        open_to = [r for r in open_to if r.slot == row.slot]
    else:
        open_to = [r for r in open_to if r.slot != ADJUDICATION] or open_to
    return next(iter(sorted(open_to, key=lambda r: (r.person is None, r.slot))), None)


def _take(desk: Desk, target: WorkRow, person: Person, row: FoundReading, simulated: bool) -> None:
    with desk.catalogue.read() as connection:
        now = rows.work_rows(connection, id=target.id)[0]
        before = rows.reading_of(connection, target.id)
    boxes_alone = set(row.reading) == {"boxes"}
    reading = {**before, **row.reading}
    if boxes_alone:
        mine = {b["image"] for b in row.reading["boxes"]}
        kept = [b for b in before.get("boxes", ()) if b["image"] not in mine]
        reading["boxes"] = [*kept, *row.reading["boxes"]]
    work.save(desk, target.id, person, reading, now.revision, simulated=simulated, seconds=row.seconds)
    if not boxes_alone and now.state != DONE:
        work.complete(desk, target.id, person, simulated=simulated)


def exported(desk: Desk, audit: str, *, by: Person | None) -> list[dict[str, Any]]:
    """Return every finished reading of an audit, canaries left out, without what anyone typed."""
    require(by, "export-readings")
    with desk.catalogue.read() as connection:
        if not rows.audits(connection, audit):
            raise UsageError("this audit is unknown", next_step="See `cxrforge audit status`.")
        return reading_rows(connection, audit)


def reading_rows(connection: sa.Connection, audit: str) -> list[dict[str, Any]]:
    """Return the finished readings of an audit as rows; readers by pseudonym, comments and reasons left out."""
    items = {i.entity: i for i in rows.audit_items(connection, audit) if i.canary is None}
    found = []
    for r in rows.done_readings(connection, audit):
        if r.entity in items:
            item = items[r.entity]
            found.append(
                {
                    "audit": audit,
                    "entity": r.entity,
                    "site": item.site,
                    "stratum": item.stratum,
                    "probability": item.probability,
                    "slot": r.slot,
                    "reader": r.person,
                    "simulated": r.simulated,
                    "seconds": r.seconds,
                    "reading": untyped(r.reading),
                }
            )
    return sorted(found, key=lambda row: (row["entity"], row["slot"]))


def untyped(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reading without free text: nobody can promise that a comment names no one."""
    quality = {
        image: {name: v for name, v in verdicts.items() if name != "reason"}
        for image, verdicts in reading.get("quality", {}).items()
    }
    return {**{k: v for k, v in reading.items() if k != "comment"}, "quality": quality}


def export_csv(desk: Desk, audit: str, *, by: Person | None) -> str:
    """Return an audit's labels as CSV."""
    return readings_csv(exported(desk, audit, by=by))


def export_coco(desk: Desk, audit: str, *, by: Person | None) -> dict[str, Any]:
    """Return an audit's boxes as COCO."""
    found = exported(desk, audit, by=by)
    images = {box["image"] for row in found for box in row["reading"].get("boxes", ())}
    with desk.catalogue.read() as connection:
        sizes = rows.image_sizes(connection, sorted(images))
    return boxes_coco(found, sizes)
