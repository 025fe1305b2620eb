"""Everything that a request can reach, made once when the server starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cxrforge.reading_room.room import ReadingRoom
from cxrforge.web.pixels import PixelCache
from cxrforge.web.sessions import Sessions
from cxrforge.web.snapshots import Snapshots
from cxrforge.web.throttle import Throttle
from cxrforge.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Room:
    """The workspace behind the pages, and what the server keeps beside it; `clock` returns seconds since 1970."""

    workspace: Workspace
    reading: ReadingRoom
    sessions: Sessions
    throttle: Throttle
    pixels: PixelCache
    snapshots: Snapshots
    clock: Callable[[], float]
