"""What an audit has come to so far, as plain values for every face and for a release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.results import DoneReading
from cxrforge.audit.work import DONE, SKIPPED, Audit
from cxrforge.auditing.findings import label_audit
from cxrforge.auditing.statistics import identifier_json, label_results_json
from cxrforge.catalogue import audits as rows
from cxrforge.catalogue.people import qualifications
from cxrforge.reading_room.desk import Desk
from cxrforge.tables import criteria

SECONDS_BEFORE_ANY_IS_READ = {"label": 120.0, "images-phi": 20.0, "reports-phi": 40.0, "quality": 20.0}
"""What a reading is taken to last while none has been timed."""


def statistics(desk: Desk, audit: Audit) -> dict[str, Any]:
    """Return what an audit says: progress, hours left, and its results where it is the newest of its kind."""
    with desk.catalogue.read() as connection:
        readings = rows.done_readings(connection, audit.id)
        newest = rows.newest_audit(connection, audit.kind)
        found = progress(connection, audit, readings)
        if newest is not None and newest.id == audit.id:
            found["results"] = _results(connection, desk, audit.kind)
    return found


def progress(connection: sa.Connection, audit: Audit, readings: Sequence[DoneReading]) -> dict[str, Any]:
    """Return how far an audit is, and how many hours of reading are left."""
    work = rows.work_rows(connection, name=audit.id)
    left = sum(row.state not in (DONE, SKIPPED) for row in work)
    timed = [r.seconds for r in readings if r.seconds > 0]
    each = sum(timed) / len(timed) if timed else SECONDS_BEFORE_ANY_IS_READ[audit.kind]
    known = qualifications(connection)
    people = sorted({row.person for row in work if row.person})
    return {
        "audit": audit.id,
        "kind": audit.kind,
        "population": audit.population,
        "sampled": audit.sampled,
        "blinded": audit.blinded,
        "simulated": any(r.simulated for r in readings),
        "assignments": dict(sorted(audit.states.items())),
        "left": left,
        "seconds_per_reading": round(each, 1),
        "hours_left": round(left * each / 3600, 2),
        "readers": [
            {
                "reader": person,
                "qualification": known.get(person, ""),
                "done": sum(r.person == person and r.state == DONE for r in work),
                "left": sum(r.person == person and r.state not in (DONE, SKIPPED) for r in work),
            }
            for person in people
        ],
    }


def _results(connection: sa.Connection, desk: Desk, kind: str) -> dict[str, Any] | None:
    thresholds = criteria.resolve_thresholds(desk.settings.criteria)
    if kind == "label":
        found = label_audit(connection)
        return label_results_json(found, thresholds["label-audit.floor"]) if found else None
    if kind.endswith("-phi"):
        return identifier_json(connection, kind, thresholds[f"phi-audit.{kind.removesuffix('-phi')}"])
    return None
