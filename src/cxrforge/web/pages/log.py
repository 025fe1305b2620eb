"""The log page: everything anyone changed, and whether the log stands as it was written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from cxrforge.audit.chain import LogEntry
from cxrforge.web.access import Visitor, form_writer, reader
from cxrforge.web.pages.rendering import render, shell

router = APIRouter()
_ROWS = 100


@dataclass(frozen=True, slots=True)
class LogRow:
    """One change: when, who by name, what, on which item."""

    number: int
    at: str
    person: str
    action: str
    kind: str
    entity: str
    detail: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """The newest rows before `before`; `problems` is None until the log was verified."""

    rows: tuple[LogRow, ...]
    older: int | None
    entity: str
    problems: tuple[str, ...] | None
    last: int


@router.get("/log", response_class=HTMLResponse)
def log(
    who: Annotated[Visitor, Depends(reader("see-log"))],
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    entity: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """Show the log, the newest first."""
    return render("log.html", shell("Log", who, "/log"), _page(who, before, entity))


@router.post("/log/verify", response_class=HTMLResponse)
def verify(who: Annotated[Visitor, Depends(form_writer("see-log"))]) -> HTMLResponse:
    """Check every link of the chain, and show what is wrong."""
    page = _page(who, None, "", tuple(who.room.reading.verify_log()))
    return render("log.html", shell("Log", who, "/log"), page)


def _page(who: Visitor, before: int | None, entity: str, problems: tuple[str, ...] | None = None) -> LogPage:
    reading = who.room.reading
    entries = reading.log(_ROWS, before, entity or None, by=who.person)
    names = {person.id: person.name for person in reading.people()}
    older = entries[-1].number if len(entries) == _ROWS else None
    return LogPage(tuple(_rows(entries, names)), older, entity, problems, reading.log_head().number)


def _rows(entries: Iterable[LogEntry], names: dict[str, str]) -> Iterable[LogRow]:
    for e in entries:
        detail = ", ".join(f"{key} {json.dumps(value)}" for key, value in e.detail.items() if value not in ("", [], {}))
        named = names.get(e.entity, e.entity) if e.kind == "person" else e.entity
        yield LogRow(e.number, e.at, names.get(e.person, e.person), e.action, e.kind, named, detail)
