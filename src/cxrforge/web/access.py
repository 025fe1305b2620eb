"""Who may do what: the roles table, asked on every route, and the sites that a person's view is narrowed to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Header, Request

from cxrforge.audit.people import Person
from cxrforge.catalogue.web_sessions import WebSession
from cxrforge.errors import ForbiddenError
from cxrforge.web.errors import CsrfError, NotLoggedInError
from cxrforge.web.room import Room
from cxrforge.web.sessions import COOKIE, same_token


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, in which session, of which room."""

    person: Person
    session: WebSession
    room: Room

    def may(self, *actions: str) -> bool:
        """Say whether the visitor's role allows any of some actions of `tables/roles.toml`; none asks for nothing."""
        return not actions or any(self.person.may(action) for action in actions)

    @property
    def sites(self) -> tuple[str, ...] | None:
        """Return the sites that the visitor's view is narrowed to, None for all of them."""
        narrowed = self.person.sites or self.person.role == SITE_MANAGER  # one without a site sees none
        return tuple(self.person.sites) if narrowed else None


READING = ("read-labels", "read-identifiers", "review-quality")
"""Whoever may do one of these may have assignments; that an assignment is theirs is checked besides."""
SITE_MANAGER = "site-manager"


def room_of(request: Request) -> Room:
    """Return the room that the application serves."""
    room: Room = request.app.state.room
    return room


def find_visitor(request: Request) -> Visitor | None:
    """Return who asks, None when nobody is logged in or the person may no longer be."""
    room = room_of(request)
    session = room.sessions.find(request.cookies.get(COOKIE))
    person = room.reading.person(session.person) if session else None
    if session is None or person is None or person.disabled:
        return None
    return Visitor(person, session, room)


def visitor(request: Request) -> Visitor:
    """Return who asks; refuse when nobody is logged in."""
    found = find_visitor(request)
    if found is None:
        raise NotLoggedInError("nobody is logged in", next_step="Log in and repeat.")
    return found


def reader(*actions: str) -> Callable[..., Visitor]:
    """Return a dependency for routes that show something: logged in, and the role allows one of `actions`."""

    def check(who: Annotated[Visitor, Depends(visitor)]) -> Visitor:
        _must(who, actions)
        return who

    return check


def api_writer(*actions: str) -> Callable[..., Visitor]:
    """Return a dependency for routes of the JSON interface that change something: the token comes in a header."""

    def check(
        who: Annotated[Visitor, Depends(visitor)], x_csrf_token: Annotated[str | None, Header(max_length=200)] = None
    ) -> Visitor:
        _must(who, actions)
        _must_be_ours(who, x_csrf_token)
        return who

    return check


def form_writer(*actions: str) -> Callable[..., Visitor]:
    """Return a dependency for forms that change something: the token comes as the field `csrf`."""

    def check(
        who: Annotated[Visitor, Depends(visitor)], csrf: Annotated[str | None, Form(max_length=200)] = None
    ) -> Visitor:
        _must(who, actions)
        _must_be_ours(who, csrf)
        return who

    return check


def _must(who: Visitor, actions: tuple[str, ...]) -> None:
    if not who.may(*actions):
        raise ForbiddenError("your role does not allow this", found=who.person.role)


def _must_be_ours(who: Visitor, token: str | None) -> None:
    if not same_token(token, who.session.csrf):
        raise CsrfError("the request did not come from a page of this server", next_step="Reload the page and repeat.")
