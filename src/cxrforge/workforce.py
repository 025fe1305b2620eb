"""From a name, a number of workers and a ceiling of memory to an executor."""

from __future__ import annotations

from cxrforge.errors import UsageError
from cxrforge.executors import Executor, ProcessExecutor, SerialExecutor
from cxrforge.memory import resident_bytes

WORKER_BYTES = 1_200_000_000
"""What one worker is reckoned to need at most: networks, tables and one large radiograph at work."""


def make_executor(name: str, workers: int, *, scheduler: str = "", memory_limit: int | None = None) -> Executor:
    """Return the executor called `name`: serial, processes or dask.

    `memory_limit` in bytes is for the whole run: what this process takes already is subtracted, and no more workers
    are started than find room in the rest. `scheduler` is the address of a Dask scheduler.
    """
    if name == "serial":
        return SerialExecutor()
    room = None
    if memory_limit is not None and not scheduler:
        room = memory_limit - resident_bytes()
        workers = min(workers, room // WORKER_BYTES)
        if workers < 1:
            least = (WORKER_BYTES + resident_bytes()) / 1e9
            raise UsageError("memory limit", expected=f"{least:.1f}GB or more", found=f"{memory_limit / 1e9:.1f}GB")
    if name == "dask":
        from cxrforge.dask_executor import DaskExecutor  # an extra: loaded where it is asked for

        return DaskExecutor(workers, scheduler=scheduler, memory_bytes=room)
    return ProcessExecutor(workers, room)
