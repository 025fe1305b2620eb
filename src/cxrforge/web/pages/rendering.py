"""Templates to responses: everything escaped, undefined names refused, one shell around every page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from cxrforge import __version__
from cxrforge.formats.words import number, percent
from cxrforge.web.access import READING, Visitor


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the menu."""

    path: str
    title: str
    here: bool


_MENU: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("/state", "State", ("see-state",)),
    ("/audits", "Audits", (*READING, "draw")),
    ("/queues", "Queues", ("see-queues",)),
    ("/people", "People", ("manage-people",)),
    ("/log", "Log", ("see-log",)),
)


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds every page: its title, who looks, the menu, the token for forms, a notice from the last change."""

    title: str
    name: str
    role: str
    csrf: str
    menu: tuple[Link, ...]
    notice: str
    version: str
    reads: bool


@cache
def templates() -> Environment:
    """Return the environment of the package's templates."""
    made = Environment(
        loader=PackageLoader("cxrforge.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = number
    made.filters["percent"] = percent
    return made


def shell(title: str, who: Visitor | None, path: str = "", notice: str = "") -> Shell:
    """Return the surroundings of a page for a visitor, or for nobody yet."""
    if who is None:
        return Shell(title, "", "", "", (), notice, __version__, False)
    menu = tuple(Link(place, text, place == path) for place, text, actions in _MENU if who.may(*actions))
    person = who.person
    reads = who.may(*READING)
    return Shell(title, person.name, person.role, who.session.csrf, menu, notice, __version__, reads)


def render(template: str, around: Shell | None, page: Any, status: int = 200) -> HTMLResponse:
    """Return a page; `page` is its context, `around` None for a part of a page."""
    return HTMLResponse(templates().get_template(template).render(shell=around, page=page), status)
