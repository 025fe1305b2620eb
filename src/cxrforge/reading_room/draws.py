"""Drawing an audit: which items, read by whom, in which order."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.designs import Drawn, LabelledStudy, draw_by_site, draw_labelled
from cxrforge.audit.people import Person
from cxrforge.audit.sampling import draw as draw_items
from cxrforge.audit.sampling import identifier_audit_sizes
from cxrforge.audit.work import FIRST, KINDS, OPEN, SECOND, Audit, AuditItem, DrawnStratum
from cxrforge.catalogue import audits as rows
from cxrforge.catalogue.people import find_person
from cxrforge.errors import ConflictError, UsageError
from cxrforge.reading_room.canaries import Planter, usual_number, with_canaries
from cxrforge.reading_room.desk import Change, Desk, require
from cxrforge.tables import criteria

READ_ACTION = {
    "label": "read-labels",
    "images-phi": "read-identifiers",
    "reports-phi": "read-identifiers",
    "quality": "review-quality",
}
"""What a person must be allowed to do to read an audit of each kind."""


_POPULATIONS: Mapping[str, Callable[[sa.Connection], list[rows.Drawable]]] = {
    "label": rows.drawable_reports,
    "reports-phi": rows.drawable_reports,
    "images-phi": rows.drawable_images,
    "quality": rows.drawable_quality,
}


def draw(
    desk: Desk,
    kind: str,
    *,
    size: int | None = None,
    share: float | None = None,
    seed: int | None = None,
    double_share: float = 0.0,
    blinded: bool = True,
    readers: Sequence[str] = (),
    canaries: int | None = None,
    by: Person | None,
) -> Audit:
    """Draw an audit and hand it out to readers (names); without readers, whoever may read takes what is next.

    Without size and share, a label audit takes the share that its criterion asks for, an identifier audit as many as
    prove its bound when no identifier is found, a quality review all that waits. The same seed draws the same.
    `canaries` copies with a planted identifier are mixed into an identifier audit; None for as many as is usual.
    """
    require(by, "draw")
    _check(kind, size, share, double_share, canaries)
    seed = secrets.randbelow(1 << 31) if seed is None else seed
    key = desk.pseudonyms.digest("audit", kind, str(seed))
    with desk.catalogue.read() as connection:  # planting takes a while: nobody waits for it
        number = rows.next_number(connection, kind)
        name = f"{kind}-{number}"
        population = _POPULATIONS[kind](connection)
        drawn = _drawn(desk, connection, kind, population, size, share, key)
        items = _items(kind, population, drawn, key)
        if kind.endswith("-phi"):
            planted = usual_number(len(items)) if canaries is None else canaries
            planter = Planter(desk.store, desk.pseudonyms, name, key)
            items = with_canaries(connection, planter, kind, items, population, planted)
    twice = _twice(items, double_share, key)
    with desk.change(by) as change:
        if rows.next_number(change.connection, kind) != number:
            raise ConflictError("another audit of this kind was drawn meanwhile", next_step="Draw again.")
        people = [_reader(change.connection, reader, kind) for reader in dict.fromkeys(readers)]
        if double_share and len(people) == 1:
            raise UsageError("a share is to be read twice", expected="two readers or more", found="1")
        design = {
            "seed": seed,
            "double_share": double_share,
            "readers": [p.id for p in people],
            "strata": [asdict(DrawnStratum(d.stratum, d.site, d.population, len(d.items))) for d in drawn],
        }
        row = {"id": name, "kind": kind, "number": number, "made_at": desk.now(), "made_by": change.person}
        frame = {p.entity: p.made for p in population} if kind.endswith("-phi") else {}
        work = _assignments(desk, name, items, twice, [p.id for p in people])
        rows.insert_audit(change.connection, row | {"blinded": blinded, "design": design}, items, frame, work)
        change.log("draw-audit", "audit", name, {"items": len(items), "seed": seed, "readers": len(people)})
        return rows.audits(change.connection, name)[0]


def _check(kind: str, size: int | None, share: float | None, double_share: float, canaries: int | None) -> None:
    if kind not in KINDS:
        raise UsageError("kind of audit", expected=" or ".join(KINDS), found=repr(kind))
    if size is not None and (size < 1 or share is not None):
        raise UsageError("size of the draw", expected="a size of at least 1, or a share, not both")
    if share is not None and not 0 < share <= 1:
        raise UsageError("share of the draw", expected="above 0, at most 1", found=str(share))
    if not 0 <= double_share <= 1:
        raise UsageError("share read twice", expected="0 to 1", found=str(double_share))
    if canaries is not None and (canaries < 0 or (canaries > 0 and not kind.endswith("-phi"))):
        raise UsageError("canaries", expected="0 or more, in an identifier audit", found=str(canaries))


def _reader(connection: sa.Connection, name: str, kind: str) -> Person:
    found = find_person(connection, name=name)
    if found is None or not found.may(READ_ACTION[kind]):
        raise UsageError(
            "a reader is unknown, or may not read this kind of audit", next_step="See `cxrforge user list`."
        )
    return found


def _drawn(
    desk: Desk,
    connection: sa.Connection,
    kind: str,
    population: Sequence[rows.Drawable],
    size: int | None,
    share: float | None,
    key: bytes,
) -> list[Drawn]:
    """Return what was drawn from each stratum."""
    thresholds = criteria.resolve_thresholds(desk.settings.criteria)
    if size is not None:
        share = min(1.0, size / max(1, len(population)))
    if kind == "label":
        labels = rows.study_labels(connection)
        studies = [LabelledStudy(p.entity, p.site, labels[p.entity]) for p in population if p.entity in labels]
        drawn = draw_labelled(studies, share or thresholds["label-audit.share"], key, kind)
    else:
        sizes = Counter(p.site for p in population)
        if share is not None:
            wanted: Mapping[str, int] = {site: min(n, math.ceil(share * n - 1e-9)) for site, n in sizes.items()}
        elif kind == "quality":
            wanted = sizes
        else:
            wanted = identifier_audit_sizes(sizes, thresholds[f"phi-audit.{kind.removesuffix('-phi')}"])
        drawn = draw_by_site({p.entity: p.site for p in population}, wanted, key, kind)
    if not any(d.items for d in drawn):
        raise UsageError("there is nothing to draw from", next_step="Run the stages first; see `cxrforge status`.")
    return drawn


def _items(kind: str, population: Sequence[rows.Drawable], drawn: Sequence[Drawn], key: bytes) -> list[AuditItem]:
    """Return the drawn items in the order in which they are read: mixed over the strata."""
    made = {p.entity: p.made for p in population}
    of = {item: d for d in drawn for item in d.items}
    entity_kind = "study" if kind in ("label", "reports-phi") else "image"
    order = draw_items(of, len(of), key, f"{kind}/order")
    return [
        AuditItem(e, n, entity_kind, of[e].site, of[e].stratum, of[e].probability, made[e])
        for n, e in enumerate(order, 1)
    ]


def _twice(items: Sequence[AuditItem], share: float, key: bytes) -> frozenset[str]:
    real = [i.entity for i in items if i.canary is None]
    return frozenset(draw_items(real, math.ceil(share * len(real) - 1e-9), key, "twice"))


def _assignments(
    desk: Desk, audit: str, items: Sequence[AuditItem], twice: frozenset[str], readers: Sequence[str]
) -> list[dict[str, Any]]:
    work = []
    for item in items:
        for slot in (FIRST, SECOND) if item.entity in twice else (FIRST,):
            reader = readers[(item.position - 1 + slot - FIRST) % len(readers)] if readers else None
            work.append(assignment_row(desk, audit, item, slot, reader))
    return work


def assignment_row(desk: Desk, audit: str, item: AuditItem, slot: int, reader: str | None) -> dict[str, Any]:
    """Return a new assignment as a row."""
    return {
        "id": "W" + desk.pseudonyms.identifier("assignment", f"{audit}/{item.entity}/{slot}"),
        "audit": audit,
        "entity": item.entity,
        "slot": slot,
        "person": reader,
        "position": item.position,
        "state": OPEN,
        "revision": 0,
        "reading": {},
        "simulated": False,
        "seconds": 0.0,
        "saved_at": None,
        "done_at": None,
    }


def add_adjudication(change: Change, desk: Desk, audit: Audit, item: AuditItem, readers: Sequence[str]) -> None:
    """Hand an item on which two readers disagree to a third; to whoever may, where the audit has no third."""
    third = next((r for r in audit.readers if r not in readers), None)
    rows.insert_assignment(change.connection, assignment_row(desk, audit.id, item, 3, third))
    change.log("ask-third-reader", "audit", audit.id, {"item": item.entity})
