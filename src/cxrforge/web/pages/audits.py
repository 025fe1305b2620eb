"""The audits page: what was drawn, how far it is read, and what the readings say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxrforge.audit.work import DONE, KINDS, OPEN, Audit
from cxrforge.errors import UsageError
from cxrforge.reading_room.draws import READ_ACTION
from cxrforge.web.access import READING, Visitor, form_writer, reader
from cxrforge.web.audit_titles import TITLES
from cxrforge.web.pages.rendering import render, shell

router = APIRouter()


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An audit, how far it is, and whether the visitor reads in it; `mine` counts their own assignments."""

    audit: Audit
    title: str
    done: int
    assignments: int
    readers: tuple[str, ...]
    reads: bool
    mine_open: int
    mine_done: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who may be given assignments, and the kinds of audits they may read."""

    name: str
    role: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditsPage:
    """Every audit, the newest first; `adjudications` wait for the visitor; `draws` offers the form to draw one."""

    audits: tuple[AuditLine, ...]
    adjudications: int
    draws: bool
    kinds: tuple[tuple[str, str], ...]
    people: tuple[Reader, ...]


@router.get("/audits", response_class=HTMLResponse)
def audits(who: Annotated[Visitor, Depends(reader("see-state"))], done: str = "") -> HTMLResponse:
    """Show every audit."""
    room, person = who.room.reading, who.person
    draws = who.may("draw")
    everyone = {p.id: p for p in room.people()}
    lines = tuple(
        _line(who, audit, {i: p.name for i, p in everyone.items()} if draws else {}) for audit in room.audits()
    )
    readers = [
        Reader(p.name, p.role, tuple(kind for kind in KINDS if p.may(READ_ACTION[kind]))) for p in everyone.values()
    ]
    page = AuditsPage(
        audits=lines[::-1],
        adjudications=len(room.adjudications(person)) if person.may("adjudicate") else 0,
        draws=draws,
        kinds=tuple(TITLES.items()),
        people=tuple(r for r in readers if r.kinds) if draws else (),
    )
    notice = "The audit was drawn." if done == "drawn" else ""
    return render("audits.html", shell("Audits", who, "/audits", notice), page)


@router.post("/audits", response_class=RedirectResponse)
def draw(
    who: Annotated[Visitor, Depends(form_writer("draw"))],
    kind: Annotated[str, Form(max_length=20)],
    size: Annotated[str, Form(max_length=10)] = "",
    double_percent: Annotated[float, Form(ge=0, le=100, allow_inf_nan=False)] = 0.0,
    blinded: Annotated[bool, Form()] = False,
    readers: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Draw an audit."""
    if size and not size.isdecimal():
        raise UsageError("size of the draw", expected="a whole number, or nothing for what the criterion asks for")
    who.room.reading.draw(
        kind,
        size=int(size) if size else None,
        double_share=double_percent / 100,
        blinded=blinded,
        readers=readers,
        by=who.person,
    )
    return RedirectResponse("/audits?done=drawn", 303)


def _line(who: Visitor, audit: Audit, names: dict[str, str]) -> AuditLine:
    reads = who.may(*READING) and who.person.may(READ_ACTION[audit.kind])
    states = [row.state for row in who.room.reading.worklist(who.person, audit.id)] if reads else []
    return AuditLine(
        audit=audit,
        title=TITLES[audit.kind],
        done=audit.states.get(DONE, 0),
        assignments=sum(audit.states.values()),
        readers=tuple(names.get(r, r) for r in audit.readers) if names else (),
        reads=bool(states),
        mine_open=states.count(OPEN),
        mine_done=states.count(DONE),
    )
