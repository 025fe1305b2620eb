"""The JSON interface that the reader in the browser talks to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path
from fastapi.responses import JSONResponse, Response

from cxrforge.audit.work import DONE, OPEN, POSTPONED, SKIPPED, Assignment
from cxrforge.errors import ConflictError, ForbiddenError, UsageError
from cxrforge.reading_room.draws import READ_ACTION
from cxrforge.web.access import READING, Visitor, api_writer, reader
from cxrforge.web.api_shapes import (
    AssignmentToRead,
    AuditRow,
    Flagged,
    ImageFlag,
    Me,
    ReadingToSave,
    Refusal,
    Revision,
    Stale,
    StateSet,
    StateToSet,
    TextFlag,
    WorkEntry,
)
from cxrforge.web.audit_titles import TITLES
from cxrforge.web.errors import MissingError
from cxrforge.web.readable import image_path, readable_image
from cxrforge.web.shown_assignment import in_whole_text, parts_of, shown, span_in_text, within_sections

_REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"model": Refusal} for code in (400, 401, 403, 404, 405, 409, 413, 422, 503)
}
router = APIRouter(prefix="/api", responses=_REFUSALS)
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Reads = Annotated[Visitor, Depends(reader(*READING))]
Writes = Annotated[Visitor, Depends(api_writer(*READING))]


@router.get("/me", response_model=Me)
def me(who: Annotated[Visitor, Depends(reader())]) -> dict[str, Any]:
    """Say who is logged in."""
    return {"name": who.person.name, "role": who.person.role, "csrf": who.session.csrf}


@router.get("/audits", response_model=list[AuditRow])
def audits(who: Reads) -> list[dict[str, Any]]:
    """List the audits that one may read in, with one's own assignments."""
    found = []
    for audit in who.room.reading.audits():
        if who.person.may(READ_ACTION[audit.kind]):
            states = [row.state for row in who.room.reading.worklist(who.person, audit.id)]
            mine = {state: states.count(state) for state in (OPEN, DONE, POSTPONED)}
            found.append({"id": audit.id, "kind": audit.kind, "blinded": audit.blinded, "mine": mine})
            found[-1]["title"] = f"{TITLES[audit.kind]} {audit.id.rpartition('-')[2]}"
    return found


@router.get("/audits/{audit}/worklist", response_model=list[WorkEntry])
def worklist(audit: Id, who: Reads) -> list[dict[str, str]]:
    """List one's assignments of an audit, in reading order."""
    _known_audit(who, audit)
    return [{"assignment": row.id, "state": row.state} for row in who.room.reading.worklist(who.person, audit)]


@router.get("/assignments/{assignment}", response_model=AssignmentToRead)
def assignment(assignment: Id, who: Reads) -> dict[str, Any]:
    """Return everything that one assignment shows; its images begin to be decoded."""
    found = _assignment(who, assignment)
    paths = {}
    for image in found.images:
        path = image_path(who, image.id)
        if path is not None:
            paths[image.id] = path
            who.room.pixels.warm(image.id, path)
    return shown(found, who.room.reading.worklist(who.person, found.audit), paths)


@router.put("/assignments/{assignment}/reading", response_model=Revision, responses={409: {"model": Stale}})
def save(assignment: Id, body: ReadingToSave, who: Writes) -> Any:
    """Keep a reading; what was answered with a revision is on the disk."""
    reading = body.reading
    if reading.get("identifiers"):  # looked up only then: saves come often, marks in the text seldom
        reading = in_whole_text(reading, parts_of(_assignment(who, assignment)))
    try:
        saved = who.room.reading.save(assignment, who.person, reading, body.revision, seconds=body.seconds)
    except ConflictError:
        now = _assignment(who, assignment)
        told = {"code": "stale", "message": "The reading was saved in between; this is what stands now."}
        reading = within_sections(now.reading, parts_of(now))
        return JSONResponse({**told, "revision": now.revision, "reading": reading}, 409)
    return {"revision": saved.revision}


@router.post("/assignments/{assignment}/state", response_model=StateSet)
def set_state(assignment: Id, body: StateToSet, who: Writes) -> dict[str, Any]:
    """Finish an assignment, put it off, or leave it out."""
    found = _assignment(who, assignment)
    if body.revision != found.revision:
        raise ConflictError("the reading was saved in between", next_step="Take over what stands now, then go on.")
    room, person = who.room.reading, who.person
    change = {DONE: room.complete, POSTPONED: room.postpone, SKIPPED: room.skip}.get(body.state)
    if change is not None:
        change(assignment, person)
    elif found.state != OPEN:
        raise UsageError("an assignment that was ended stays so", next_step="Save the reading: that still works.")
    rows = room.worklist(person, found.audit)
    return {"state": body.state, "next": next((r.id for r in rows if r.state == OPEN and r.id != assignment), None)}


@router.post("/assignments/{assignment}/flag", response_model=Flagged)
def flag(assignment: Id, body: ImageFlag | TextFlag, who: Writes) -> dict[str, bool]:
    """Take an item out at once because it shows an identifier."""
    found = _assignment(who, assignment)
    room, person = who.room.reading, who.person
    if isinstance(body, ImageFlag):
        if body.image not in {image.id for image in found.images}:
            raise UsageError("this image is not part of the assignment")
        room.flag_identifier(person, "image", body.image, bbox=body.bbox, note=body.note)
    else:
        start, end = span_in_text(parts_of(found), body.section, body.start, body.end)
        room.flag_identifier(person, "report", found.entity, span=(body.section, start, end), note=body.note)
    return {"flagged": True}


_PIXELS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}},
    304: {"description": "Not changed."},
}


@router.get("/images/{image}/pixels", response_class=Response, responses={**_PIXELS})
def pixels(
    image: Id,
    who: Annotated[Visitor, Depends(reader(*READING, "see-queues"))],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return stored values: rows × columns of 16 bits, little endian, row by row."""
    path = readable_image(who, image)
    values = who.room.pixels.get(image, path)
    headers = {"etag": f'"{values.digest}"', "cache-control": "private, no-cache"}
    if if_none_match and values.digest in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(values.data, media_type="application/octet-stream", headers=headers)


def _assignment(who: Visitor, assignment: str) -> Assignment:
    """Return an assignment; one that is not theirs is told like one that does not exist."""
    try:
        return who.room.reading.assignment(assignment, who.person)
    except (UsageError, ForbiddenError) as error:
        raise MissingError("there is no such assignment, or it is not yours") from error


def _known_audit(who: Visitor, audit: str) -> None:
    try:
        who.room.reading.audit(audit)
    except UsageError as error:
        raise MissingError("there is no such audit") from error
