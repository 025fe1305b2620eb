"""Logging in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxrforge.web.access import Visitor, find_visitor, form_writer, room_of
from cxrforge.web.pages.rendering import render, shell
from cxrforge.web.sessions import COOKIE, LOGIN_COOKIE, LONGEST_S, new_token, same_token

router = APIRouter()
_WRONG = "Name or password is wrong."
_STALE = "The form was too old or came from elsewhere. Try once more."


@dataclass(frozen=True, slots=True)
class LoginPage:
    """The form: what went wrong last time, its token, where to go afterwards, whether nobody has an account yet."""

    trouble: str
    csrf: str
    next: str
    empty: bool
    federated: str = ""


@router.get("/", response_class=RedirectResponse)
def start(request: Request) -> Response:
    """Lead readers to their audits and everyone else to the state."""
    who = find_visitor(request)
    if who is None:
        return RedirectResponse("/login", 303)
    return RedirectResponse("/audits" if who.person.role == "radiologist" else "/state", 303)


@router.get("/login", response_class=HTMLResponse)
def login_form(request: Request, next: str = "/") -> HTMLResponse:
    """Show the form."""
    return _form(request, next)


@router.post("/login", response_class=HTMLResponse)
def login(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    csrf: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Begin a session; a wrong name and a wrong password are told alike, and guessing is slowed down."""
    room = room_of(request)
    address = request.client.host if request.client else ""
    expected = request.cookies.get(LOGIN_COOKIE)
    if not expected or not same_token(csrf, expected):
        return _form(request, next, _STALE, 403)
    wait = room.throttle.wait_s(name, address)
    if wait:
        slowed = _form(request, next, f"Too many wrong attempts. Try again in {_told(wait)}.", 429)
        slowed.headers["retry-after"] = str(wait)
        return slowed
    person = room.reading.authenticate(name, password)
    if person is None:
        room.throttle.failed(name, address)
        return _form(request, next, _WRONG, 403)
    room.throttle.succeeded(name, address)
    token, _ = room.sessions.begin(person.id)
    answer = RedirectResponse(local_path(next), 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, max_age=LONGEST_S, httponly=True, samesite="strict", secure=secure, path="/")
    answer.delete_cookie(LOGIN_COOKIE, path="/login")
    return answer


@router.post("/logout", response_class=RedirectResponse)
def logout(who: Annotated[Visitor, Depends(form_writer())]) -> Response:
    """End the session."""
    who.room.sessions.end(who.session)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def local_path(wanted: str) -> str:
    """Return `wanted` when it is a path of this server, the start page otherwise."""
    plain = (
        wanted.startswith("/") and not wanted.startswith("//") and all(" " < c < "\x7f" and c != "\\" for c in wanted)
    )
    return wanted if plain else "/"


def _form(request: Request, next: str, trouble: str = "", status: int = 200) -> HTMLResponse:
    token = request.cookies.get(LOGIN_COOKIE) or new_token()  # kept, so that two tabs do not spoil each other
    page = LoginPage(trouble, token, local_path(next), empty=not trouble and not room_of(request).reading.people())
    answer = render("login.html", shell("Log in", None), page, status)
    secure = request.url.scheme == "https"
    answer.set_cookie(LOGIN_COOKIE, token, max_age=3600, httponly=True, samesite="strict", secure=secure, path="/login")
    return answer


def _told(seconds: int) -> str:
    return f"{seconds} s" if seconds < 90 else f"{-(-seconds // 60)} minutes"
