"""The application: one workspace, its routes, and what surrounds them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from cxrforge import __version__
from cxrforge.catalogue.version import VersionWatch
from cxrforge.web import api
from cxrforge.web.access import find_visitor
from cxrforge.web.errors import Failure, FaultGuard, install
from cxrforge.web.pages import account, audits, log, login, people, queues, read, state
from cxrforge.web.pages.rendering import render, shell
from cxrforge.web.pixels import PixelCache
from cxrforge.web.room import Room
from cxrforge.web.sessions import Sessions
from cxrforge.web.shield import Shield
from cxrforge.web.snapshots import Snapshots
from cxrforge.web.throttle import Throttle
from cxrforge.workspace import Workspace

MOST_BODY_BYTES = 1 << 20
STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class FailurePage:
    """What a person is told when something did not work."""

    title: str
    message: str


def create_app(workspace: Workspace, *, hosts: Iterable[str] = (), clock: Callable[[], float] = time.time) -> FastAPI:
    """Return the application over an open workspace; it answers under the names in `hosts`, or under any.

    `clock` returns seconds since 1970. The caller keeps the workspace open while the application runs.
    """
    watch = VersionWatch(workspace.catalogue)
    room = Room(
        workspace=workspace,
        reading=workspace.reading_room,
        sessions=Sessions(workspace.catalogue, clock),
        throttle=Throttle(clock),
        pixels=PixelCache(),
        snapshots=Snapshots(workspace.overview, lambda: (watch.version(), date.fromtimestamp(clock())), clock),
        clock=clock,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        room.snapshots.refresh()
        yield
        room.pixels.close()
        room.snapshots.close()
        watch.close()

    app = FastAPI(
        title="cxrforge reading room",
        version=__version__,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},  # nothing leaves
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(Shield, hosts=frozenset(h.lower() for h in hosts), most_bytes=MOST_BODY_BYTES),
            Middleware(FaultGuard, log=workspace.folder / "logs" / "serve.jsonl"),
        ],
    )
    app.state.room = room
    install(app, _failure_page)
    app.include_router(api.router)
    for page in (login, state, audits, queues, people, log, account, read):
        app.include_router(page.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _failure_page(request: Request, failure: Failure) -> Response:
    page = FailurePage(HTTPStatus(failure.status).phrase, failure.message)
    return render("failure.html", shell(page.title, find_visitor(request)), page, failure.status)
