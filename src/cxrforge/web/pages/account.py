"""One's own account: another password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxrforge.tables import roles
from cxrforge.web.access import Visitor, form_writer, reader
from cxrforge.web.pages.rendering import render, shell

router = APIRouter()
_NOTICES = {"password": "The password was changed; you were logged out everywhere else."}


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Who one is here, what the role means, and what went wrong with the form."""

    name: str
    role: str
    meaning: str
    sites: tuple[str, ...]
    qualification: str
    trouble: str


@router.get("/account", response_class=HTMLResponse)
def account(who: Annotated[Visitor, Depends(reader())], done: str = "") -> HTMLResponse:
    """Show one's own account."""
    return render("account.html", shell("Account", who, notice=_NOTICES.get(done, "")), _page(who))


@router.post("/account/password", response_class=HTMLResponse)
def change_password(
    request: Request,
    who: Annotated[Visitor, Depends(form_writer())],
    current: Annotated[str, Form(max_length=1000)],
    new: Annotated[str, Form(max_length=1000)],
    again: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Change one's own password; every other session of the person ends."""
    room, person = who.room, who.person
    address = request.client.host if request.client else ""
    trouble = ""
    if wait := room.throttle.wait_s(person.name, address):
        trouble = f"Too many wrong attempts. Try again in {wait} s."
    elif room.reading.authenticate(person.name, current) is None:
        room.throttle.failed(person.name, address)
        trouble = "The current password is wrong."
    elif new != again:
        trouble = "The new password was not repeated as it was typed first."
    if trouble:
        return render("account.html", shell("Account", who), _page(who, trouble), 422)
    room.reading.set_password(person.name, new, by=person)
    room.sessions.end_others(person.id, keep=who.session)
    return RedirectResponse("/account?done=password", 303)


def _page(who: Visitor, trouble: str = "") -> AccountPage:
    person = who.person
    meaning = roles.load()[person.role].meaning
    return AccountPage(person.name, person.role, meaning, person.sites, person.qualification, trouble)
