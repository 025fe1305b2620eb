"""How much memory a run takes, over this process and everything it started."""

from __future__ import annotations

import contextlib

import psutil


def resident_bytes() -> int:
    """Return the resident memory of this process and its descendants; pages that they share count once for each."""
    here = psutil.Process()
    return _resident(here) + worker_bytes()


def worker_bytes() -> int:
    """Return the resident memory of this process's descendants."""
    return sum(map(_resident, psutil.Process().children(recursive=True)))


def end_largest_worker() -> None:
    """Kill the descendant that takes most."""
    workers = psutil.Process().children(recursive=True)
    if workers:
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            max(workers, key=_resident).kill()


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it ended meanwhile
        return 0
