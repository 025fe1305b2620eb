"""What the server refuses, and how every failure is told: a status, a code, one sentence."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxrforge.errors import CatalogueError, ConflictError, CxrforgeError, ForbiddenError, UsageError

API = "/api/"


class WebError(CxrforgeError):
    """A request that is refused; `status` and `code` are what a program looks at."""

    status = 400
    code = "refused"


class NotLoggedInError(WebError):
    """Nobody is logged in."""

    status = 401
    code = "not-logged-in"


class CsrfError(WebError):
    """A change came without the token that only our own pages know."""

    status = 403
    code = "csrf"


class MissingError(WebError):
    """There is no such thing, or none that this person may know of."""

    status = 404
    code = "not-found"


_OTHERS: tuple[tuple[type[CxrforgeError], int, str], ...] = (
    (UsageError, 422, "unusable"),
    (ForbiddenError, 403, "forbidden"),
    (ConflictError, 409, "stale"),
    (CatalogueError, 503, "catalogue"),
    (CxrforgeError, 409, "refused"),
)
"""Errors of other rooms, the most special first."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure as it is told: HTTP status, code, one sentence without identifiers."""

    status: int
    code: str
    message: str


def failure_of(error: Exception) -> Failure:
    """Return how an error is told; what it quotes of a request or of data is left out."""
    if isinstance(error, WebError):
        return Failure(error.status, error.code, error.line())
    if isinstance(error, RequestValidationError):
        places = {".".join(str(part) for part in found["loc"][:2]) for found in error.errors()}
        known = sorted(place for place in places if place.replace(".", "").replace("_", "").isalnum())[:5]
        told = f"The request cannot be used: {', '.join(known)}." if known else "The request cannot be used."
        return Failure(422, "malformed", told)
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        return Failure(error.status_code, phrase.lower().replace(" ", "-"), f"{phrase}.")
    if isinstance(error, CxrforgeError):
        for kind, status, code in _OTHERS:
            if isinstance(error, kind):
                return Failure(status, code, error.line())
    return Failure(500, "internal-fault", "A fault of cxrforge. It was noted; what was acknowledged is kept.")


def install(app: FastAPI, page: Callable[[Request, Failure], Response]) -> None:
    """Tell every failure as JSON under `/api/` and as a page elsewhere."""

    def handle(request: Request, error: Exception) -> Response:
        failure = failure_of(error)
        if request.url.path.startswith(API):
            return JSONResponse({"code": failure.code, "message": failure.message}, failure.status)
        if isinstance(error, NotLoggedInError) and request.method == "GET":
            return RedirectResponse(f"/login?next={request.url.path}", 303)
        return page(request, failure)

    for kind in (CxrforgeError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)


@dataclass(frozen=True, slots=True)
class FaultGuard:
    """ASGI middleware: a fault of ours becomes one answer and one line that names the place, never the data."""

    app: ASGIApp
    log: Path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and answer 500 when that fails before an answer began."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            self._note(error, scope)
            if not started:
                failure = failure_of(RuntimeError())
                answer = JSONResponse({"code": failure.code, "message": failure.message}, failure.status)
                await answer(scope, receive, send)

    def _note(self, error: Exception, scope: Scope) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        route = getattr(scope.get("route"), "path", "")
        line = {"fault": type(error).__name__, "place": f"{Path(frame.filename).name}:{frame.lineno}", "route": route}
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
