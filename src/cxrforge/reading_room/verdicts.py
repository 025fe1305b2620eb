"""Flags that take an item out at once, queues of what waits, and what people decide on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.people import Person
from cxrforge.audit.verdicts import ACCEPT, FLAG, FLAGGED, TURN_AWAY, Decision, QueueCount, Waiting
from cxrforge.audit.work import Audit, AuditItem
from cxrforge.catalogue.audits import canary_of, shown
from cxrforge.catalogue.decisions import (
    DERIVED,
    MADE_BY,
    decisions_on,
    insert_decisions,
    item_place,
    output_hash,
    queue_counts,
    queued,
    waiting_at,
)
from cxrforge.errors import UsageError
from cxrforge.reading_room.desk import Change, Desk, require, require_site
from cxrforge.stages.select import reselect

_ELSEWHERE = ("select", "find-repeats")
"""Stages whose issues repeat, or gather, what is decided elsewhere."""


def flag_identifier(
    desk: Desk,
    person: Person | None,
    kind: str,
    entity: str,
    *,
    bbox: Sequence[float] | None = None,
    span: tuple[str, int, int] | None = None,
    note: str = "",
) -> bool:
    """Say that an image, a report or a study shows an identifier: it leaves at once. False for a planted canary.

    `kind` is image, report (named by its study) or study. `span` is (section, start, end). Undone only by a decision
    of who may clear flags, or when the item is de-identified anew.
    """
    require(person, "flag")
    if kind not in MADE_BY:
        raise UsageError("kind of item", expected=" or ".join(MADE_BY), found=repr(kind))
    place: dict[str, Any] = {"bbox": [float(v) for v in bbox]} if bbox else {}
    if span:
        place |= dict(zip(("section", "start", "end"), span, strict=True))
    with desk.change(person) as change:
        if canary_of(change.connection, entity) is not None:
            _insert_flag(change, kind, entity, ("", ""), place, note, "")
            return False
        _flag(change, kind, entity, place, note)
        reselect(change.connection, [_place(change.connection, kind, entity)[0]], desk.tools)
    return True


def _flag(change: Change, kind: str, entity: str, mark: Mapping[str, Any], note: str) -> None:
    place = _place(change.connection, kind, entity)
    require_site(change.by, place[1])
    made = "" if kind == "study" else output_hash(change.connection, MADE_BY[kind], entity) or ""
    _insert_flag(change, kind, entity, place, mark, note, made)


def _insert_flag(
    change: Change, kind: str, entity: str, place: tuple[str, str], mark: Mapping[str, Any], note: str, made: str
) -> None:
    row = _decision(change, kind, entity, place, MADE_BY[kind], FLAGGED, FLAG, note, made, mark)
    insert_decisions(change.connection, [row])
    change.log("flag-identifier", kind, entity, {"place": dict(mark)})


def flag_from_reading(
    change: Change, item: AuditItem, audit: Audit, before: Mapping[str, Any], reading: Mapping[str, Any]
) -> None:
    """Take out what a reading newly marks as holding an identifier; marks on canaries only count."""
    if item.canary is not None:
        return
    new = [mark for mark in reading["identifiers"] if mark not in before["identifiers"]]
    known = shown(change.connection, item.entity, item.kind) if new else None
    if known is None:
        return
    images = {row["id"] for row in known.images}
    for mark in new:
        if "image" not in mark:
            _flag(change, "report", known.study, mark, "")
        elif mark["image"] in images:
            _flag(change, "image", mark["image"], {"bbox": mark["bbox"]}, "")
    reselect(change.connection, [known.study], change.desk.tools)


def judge_quality(change: Change, desk: Desk, item: AuditItem, reading: Mapping[str, Any]) -> None:
    """Turn a finished quality reading into decisions: kept unless a measure fails."""
    verdicts = {v for name, v in reading["quality"].get(item.entity, {}).items() if name != "reason"}
    if not verdicts or verdicts == {"review"}:
        return
    verdict = TURN_AWAY if "fail" in verdicts else ACCEPT
    studies = set()
    for code in ("image-quality-review", "image-quality-fail"):
        found = waiting_at(change.connection, item.entity, code)
        if found:
            place = _place(change.connection, "image", item.entity)
            _decide(change, "image", item.entity, place, code, verdict, "quality review", found)
            studies.add(place[0])
    reselect(change.connection, sorted(studies), desk.tools)


def queues(desk: Desk, site: str | None = None, *, by: Person | None) -> list[QueueCount]:
    """Return how many items wait for a person, by issue code, at one site or at those the person sees."""
    require(by, "see-queues")
    with desk.catalogue.read() as connection:
        return queue_counts(connection, _sites(by, site))


def queue(
    desk: Desk, name: str, *, site: str | None = None, limit: int = 100, after: str = "", by: Person | None
) -> list[Waiting]:
    """Return items that wait with the issue code `name`, ordered by pseudonym; `after` is the last one seen."""
    require(by, "see-queues")
    with desk.catalogue.read() as connection:
        return queued(connection, name, _sites(by, site), limit, after)


def decide(
    desk: Desk, entity_kind: str, entity: str, issue_code: str, verdict: str, reason: str, *, by: Person | None
) -> None:
    """Accept an issue, so that it holds the item no longer while its input stays, or turn the item away for it.

    A flagged identifier is cleared by accepting `person-flagged-identifier`.
    """
    require(by, "clear-flag" if issue_code == FLAGGED else "decide")
    if verdict not in (ACCEPT, TURN_AWAY):
        raise UsageError("verdict", expected=f"{ACCEPT} or {TURN_AWAY}", found=repr(verdict))
    if not reason.strip():
        raise UsageError("a decision needs its reason")
    with desk.change(by) as change:
        place = _place(change.connection, entity_kind, entity)
        require_site(by, place[1])
        stages = _decided_stages(change.connection, entity_kind, entity, issue_code, verdict)
        _decide(change, entity_kind, entity, place, issue_code, verdict, reason, stages)
        reselect(change.connection, [place[0]], desk.tools)


def _decided_stages(
    connection: sa.Connection, kind: str, entity: str, code: str, verdict: str
) -> list[tuple[str, str]]:
    """Return the (stage, input hash) pairs that a decision speaks to; refused where nothing waits with this code."""
    earlier = [d for d in decisions_on(connection, entity, code) if d.current and d.kind == kind]
    if code == FLAGGED:
        if not earlier:
            raise UsageError("no flag stands on this item")
        return [(MADE_BY[kind], "")]
    found = waiting_at(connection, entity, code)
    if code in DERIVED or (verdict == ACCEPT and any(stage in _ELSEWHERE for stage, _ in found)):
        raise UsageError(
            f"{code} cannot be accepted: it only repeats what stands elsewhere, or leaves nothing to go in",
            next_step="Decide on the issues of the study's images and report; on pairs with `cxrforge repeats decide`.",
        )
    if not found and not earlier:
        raise UsageError(f"nothing waits with {code} on this item", next_step="See `cxrforge status`.")
    return found or [(d.stage, d.made_from) for d in earlier]


def _decide(
    change: Change,
    kind: str,
    entity: str,
    place: tuple[str, str],
    code: str,
    verdict: str,
    reason: str,
    stages: Sequence[tuple[str, str]],
) -> None:
    made = [_decision(change, kind, entity, place, stage, code, verdict, reason, digest) for stage, digest in stages]
    insert_decisions(change.connection, made)
    change.log("decide", kind, entity, {"code": code, "verdict": verdict})


def _decision(
    change: Change,
    kind: str,
    entity: str,
    place: tuple[str, str],
    stage: str,
    code: str,
    verdict: str,
    reason: str,
    made_from: str,
    where: Mapping[str, Any] | None = None,
) -> Decision:
    at, (study, site) = change.desk.now(), place
    return Decision(
        at, change.person, kind, entity, study, site, stage, code, verdict, reason, where or None, made_from
    )


def _place(connection: sa.Connection, kind: str, entity: str) -> tuple[str, str]:
    found = item_place(connection, kind, entity) if kind in MADE_BY else None
    if found is None:
        raise UsageError("this item is not held here")
    return found.study, found.site


def _sites(by: Person | None, site: str | None) -> tuple[str, ...]:
    if site is not None:
        require_site(by, site)
        return (site,)
    return by.sites if by else ()
