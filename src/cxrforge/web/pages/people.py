"""The people page: who may enter, as what, and who no longer may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxrforge.audit.people import Person
from cxrforge.errors import UsageError
from cxrforge.tables import roles
from cxrforge.web.access import SITE_MANAGER, Visitor, form_writer, reader
from cxrforge.web.pages.rendering import render, shell

router = APIRouter()
Writer = Annotated[Visitor, Depends(form_writer("manage-people"))]
Name = Annotated[str, Path(max_length=64)]
_NOTICES = {
    "added": "The person was added.",
    "disabled": "The person is kept out; what they read and decided stays.",
    "enabled": "The person may enter again.",
    "password": "The password was set; the person was logged out everywhere.",
}


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role and what it is for."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Everyone, and what the form to add someone offers."""

    people: tuple[Person, ...]
    roles: tuple[RoleRow, ...]
    sites: tuple[str, ...]
    me: str


@router.get("/people", response_class=HTMLResponse)
def people(who: Annotated[Visitor, Depends(reader("manage-people"))], done: str = "") -> HTMLResponse:
    """Show everyone."""
    page = PeoplePage(
        people=tuple(who.room.reading.people()),
        roles=tuple(RoleRow(name, role.meaning) for name, role in roles.load().items()),
        sites=tuple(site.id for site in who.room.workspace.sites()),
        me=who.person.name,
    )
    return render("people.html", shell("People", who, "/people", _NOTICES.get(done, "")), page)


@router.post("/people", response_class=RedirectResponse)
def add(
    who: Writer,
    name: Annotated[str, Form(max_length=64)],
    role: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=1000)],
    sites: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    qualification: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Add a person."""
    if role == SITE_MANAGER and not sites:
        raise UsageError("a site manager needs a site", next_step="Choose at least one.")
    who.room.reading.add_person(name, role, password, sites=sites, qualification=qualification, by=who.person)
    return RedirectResponse("/people?done=added", 303)


@router.post("/people/{name}/disabled", response_class=RedirectResponse)
def disable(who: Writer, name: Name, disabled: Annotated[bool, Form()]) -> Response:
    """Keep a person out at once, or let them in again."""
    if name == who.person.name:
        raise UsageError("nobody keeps themselves out", next_step="Ask another curator.")
    changed = who.room.reading.disable(name, by=who.person, disabled=disabled)
    who.room.sessions.end_others(changed.id)
    return RedirectResponse(f"/people?done={'disabled' if disabled else 'enabled'}", 303)


@router.post("/people/{name}/password", response_class=RedirectResponse)
def set_password(who: Writer, name: Name, password: Annotated[str, Form(max_length=1000)]) -> Response:
    """Give a person another password; their sessions end."""
    who.room.reading.set_password(name, password, by=who.person)
    changed = next((p for p in who.room.reading.people() if p.name == name), None)
    if changed is not None and changed.id != who.person.id:
        who.room.sessions.end_others(changed.id)
    return RedirectResponse("/people?done=password", 303)
