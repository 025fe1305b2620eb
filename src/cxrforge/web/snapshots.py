"""The state as it was a moment ago, so that the page never waits for a million studies to be counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cxrforge.errors import CxrforgeError
from cxrforge.overview import Overview

_LEAST_PAUSE_S = 2.0
_SHARE = 4
"""Counting is repeated after this many times its cost at the earliest: watching must not slow a run down."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An overview, the catalogue version it was counted from, when (seconds since 1970) and how long that took."""

    overview: Overview
    version: object
    at: float
    cost_s: float


class Snapshots:
    """Keeps the newest overview; counts again in the background when the catalogue has changed."""

    def __init__(
        self, count: Callable[[], Overview], version: Callable[[], object], clock: Callable[[], float]
    ) -> None:
        self._count, self._version, self._clock = count, version, clock
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._latest: Snapshot | None = None
        self._worker: threading.Thread | None = None

    def latest(self, wait_s: float) -> Snapshot | None:
        """Return the newest overview, which may be some seconds old; None when the first is not counted in time."""
        self.refresh()
        self._ready.wait(wait_s)
        return self._latest

    def is_current(self, snapshot: Snapshot) -> bool:
        """Say whether nothing was committed since a snapshot was counted."""
        return self._version() == snapshot.version

    def refresh(self) -> None:
        """Begin to count again unless nothing changed, it is being done, or it was done a moment ago."""
        with self._lock:
            latest = self._latest
            if self._worker is not None and self._worker.is_alive():
                return
            if latest is not None:
                rested = self._clock() - latest.at
                if rested < max(_LEAST_PAUSE_S, _SHARE * latest.cost_s) or self._version() == latest.version:
                    return
            self._worker = threading.Thread(target=self._work, name="overview", daemon=True)
            self._worker.start()

    def close(self) -> None:
        """Wait until nothing is being counted."""
        worker = self._worker
        if worker is not None:
            worker.join()

    def _work(self) -> None:
        version, began = self._version(), self._clock()  # asked first: what comes in meanwhile is counted next time
        try:
            found = self._count()
        except CxrforgeError:
            return  # the next look tries again
        ended = self._clock()
        self._latest = Snapshot(found, version, ended, ended - began)
        self._ready.set()
