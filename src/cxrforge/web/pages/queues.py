"""The queues: what waits for a person, and deciding on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxrforge.audit.verdicts import FLAGGED, QueueCount, Waiting
from cxrforge.errors import ForbiddenError
from cxrforge.tables import issue_codes
from cxrforge.web.access import Visitor, form_writer, reader
from cxrforge.web.errors import MissingError
from cxrforge.web.pages.rendering import render, shell
from cxrforge.web.previews import preview_png
from cxrforge.web.readable import readable_image

router = APIRouter()
_ITEMS = 20
_NOTICES = {"accept": "Accepted: this no longer holds the item.", "turn-away": "Turned away: the item stays out."}
Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]
Seeing = Annotated[Visitor, Depends(reader("see-queues"))]


@dataclass(frozen=True, slots=True)
class QueuesPage:
    """How many items wait with each code at the sites that the visitor sees."""

    queues: tuple[QueueCount, ...]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Items that wait with one code; `after` leads on, `decides` says whether the visitor may decide on them."""

    code: str
    meaning: str
    next_step: str
    items: tuple[Waiting, ...]
    after: str | None
    site: str
    sites: tuple[str, ...]
    decides: bool


@router.get("/queues", response_class=HTMLResponse)
def queues(who: Seeing) -> HTMLResponse:
    """Show what waits."""
    _must_have_site(who)
    page = QueuesPage(tuple(who.room.reading.queues(by=who.person)))
    return render("queues.html", shell("Queues", who, "/queues"), page)


@router.get("/queues/{code}", response_class=HTMLResponse)
def queue(
    who: Seeing,
    code: Code,
    site: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
    done: str = "",
) -> HTMLResponse:
    """Show the items that wait with one code."""
    _must_have_site(who)
    row = issue_codes.load().get(code)
    if row is None:
        raise MissingError("there is no such queue")
    sites = tuple(s.id for s in who.room.workspace.sites() if who.sites is None or s.id in who.sites)
    if site and site not in sites:
        raise ForbiddenError("this is not of your site")
    items = who.room.reading.queue(code, site=site or None, limit=_ITEMS, after=after, by=who.person)
    page = QueuePage(
        code=code,
        meaning=row.meaning,
        next_step=row.next_step,
        items=tuple(items),
        after=items[-1].entity if len(items) == _ITEMS else None,
        site=site,
        sites=sites,
        decides=who.may("clear-flag" if code == FLAGGED else "decide"),
    )
    return render("queue.html", shell("Queue", who, "/queues", _NOTICES.get(done, "")), page)


@router.post("/queues/{code}/decide", response_class=RedirectResponse)
def decide(
    who: Annotated[Visitor, Depends(form_writer("decide", "clear-flag"))],
    code: Code,
    kind: Annotated[str, Form(max_length=20)],
    entity: Annotated[str, Form(max_length=100)],
    verdict: Annotated[str, Form(max_length=20)],
    reason: Annotated[str, Form(max_length=1000)],
    site: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Accept an item's issue, or turn the item away."""
    _must_have_site(who)
    who.room.reading.decide(kind, entity, code, verdict, reason, by=who.person)
    known = site if site in {s.id for s in who.room.workspace.sites()} else ""
    return RedirectResponse(f"/queues/{code}?done={verdict}" + (f"&site={known}" if known else ""), 303)


@router.get("/images/{image}/preview.png", response_class=Response)
def preview(who: Seeing, image: Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]) -> Response:
    """Return a small picture of an image that waits for a decision."""
    png = preview_png(readable_image(who, image))
    return Response(png, media_type="image/png", headers={"cache-control": "private, no-cache"})


def _must_have_site(who: Visitor) -> None:
    """Refuse a site manager without a site: to the reading room, no sites means all of them."""
    if who.sites == ():
        raise ForbiddenError("you have no site here", next_step="Ask a curator to give you one.")
