"""What the audits say of the workspace now: read from the catalogue, reckoned by `cxrforge.audit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cxrforge.audit.bounds import Stratum
from cxrforge.audit.readings import label_value
from cxrforge.audit.results import DoneReading, LabelResult, by_entity, label_results, saw_canary
from cxrforge.audit.work import Audit, AuditItem
from cxrforge.catalogue import audits as rows
from cxrforge.catalogue.decisions import cleared, flags_in_audit
from cxrforge.coverage.measures import LabelCounts, ReadingAudit


@dataclass(frozen=True, slots=True)
class LabelAudit:
    """The newest label audit: its results by observation, and what stands behind them."""

    audit: Audit
    read: int  # studies with a finished reading
    twice: int
    waiting_for_third: int
    labels: Mapping[str, LabelResult]
    simulated: bool


def identifier_audit(connection: sa.Connection, kind: str, without: Sequence[str] = ()) -> ReadingAudit | None:
    """Return what the newest identifier audit of a kind proves of what is held now; None before anything was read.

    Sites of `without` count for nothing.

    What came in, or was made anew, after the draw stands in a stratum of its own that nobody has read. Hits stay
    hits when their items are mended or taken out: that asks for another draw.
    """
    audit = rows.newest_audit(connection, kind)
    if audit is None:
        return None
    items = rows.audit_items(connection, audit.id)
    readings = by_entity(rows.done_readings(connection, audit.id))
    if not readings:
        return None
    strata = _strata(connection, audit, items, readings, without)
    planted = {i.entity: i.canary for i in items if i.canary is not None and i.entity in readings}
    marks = {entity: [m for r in readings[entity] for m in r.reading["identifiers"]] for entity in planted}
    for flag in flags_in_audit(connection, audit.id, audit.made_at):
        if flag.entity in marks and flag.place:
            marks[flag.entity].append(flag.place)
    return ReadingAudit(
        strata=tuple(strata),
        canaries_planted=len(planted),
        canaries_found=sum(saw_canary(canary, marks[entity]) for entity, canary in planted.items()),
        simulated=any(r.simulated for seen in readings.values() for r in seen),
    )


def _strata(
    connection: sa.Connection,
    audit: Audit,
    items: Sequence[AuditItem],
    readings: Mapping[str, Sequence[DoneReading]],
    without: Sequence[str],
) -> list[Stratum]:
    now = rows.held_now(connection, audit.kind)
    drawn_from = rows.held_now(connection, audit.kind, audit.id)
    same = rows.unchanged_items(connection, audit.kind, audit.id)
    kind = "image" if audit.kind == "images-phi" else "report"
    none_left = {entity for of_kind, entity in cleared(connection) if of_kind == kind}
    flagged = {f.entity for f in flags_in_audit(connection, audit.id, audit.made_at) if f.kind == kind}
    strata = []
    for site in sorted({*now, *(s.site for s in audit.strata)} - set(without)):
        looked_at = [i for i in items if i.site == site and i.canary is None]
        read = [i for i in looked_at if i.entity in readings or i.entity in flagged]
        hits = {i.entity for i in read if i.entity not in none_left}
        hits = {entity for entity in hits if entity in flagged or _marked(readings.get(entity, ()))}
        counted = {i.entity for i in read if i.entity in same} | hits
        gone = len(hits - same)
        held = drawn_from.get(site, 0)
        if held + gone:
            strata.append(Stratum(held + gone, min(len(counted), held + gone), len(hits)))
        if now.get(site, 0) > held:
            strata.append(Stratum(now[site] - held, 0, 0))
    return strata


def _marked(readings: Sequence[DoneReading]) -> bool:
    return any(r.reading["identifiers"] for r in readings)


def label_audit(connection: sa.Connection) -> LabelAudit | None:
    """Return the newest label audit's results; None before a draw."""
    audit = rows.newest_audit(connection, "label")
    if audit is None:
        return None
    readings = rows.done_readings(connection, audit.id)
    program = {
        entity: {name: label_value(a) for name, a in labels.items()}
        for entity, labels in rows.program_labels(connection, audit.id).items()
    }
    populations = {s.name: s.population for s in audit.strata}
    of = by_entity(readings)
    third = rows.work_rows(connection, name=audit.id, slot=3)
    return LabelAudit(
        audit=audit,
        read=len(of),
        twice=sum(len({r.slot for r in seen} & {1, 2}) == 2 for seen in of.values()),
        waiting_for_third=sum(row.state != "done" for row in third),
        labels=label_results(rows.audit_items(connection, audit.id), populations, readings, program),
        simulated=any(r.simulated for r in readings),
    )


def label_counts(found: LabelAudit | None) -> Mapping[str, LabelCounts] | None:
    """Return what the criterion looks at: each label's positives, with the lower bounds that the design gives."""
    if found is None or not found.labels:
        return None
    counts = {}
    for name, result in found.labels.items():
        positive = result.classes["positive"]
        counts[name] = LabelCounts(
            true_positive=positive.true_positive,
            false_positive=positive.false_positive,
            false_negative=positive.false_negative,
            precision_lower=positive.precision.lower,
            recall_lower=positive.recall.lower,
        )
    return counts
