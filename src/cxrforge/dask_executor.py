"""Work on Dask: worker processes of this machine, or those of a scheduler elsewhere (`pip install cxrforge[dask]`).

What travels to a worker holds what the vault knows of its item, and the key: docs/scaling.md says how to seal the way.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from cxrforge import __version__
from cxrforge.config import MAX_TRIES
from cxrforge.errors import CxrforgeError, UsageError
from cxrforge.executors import AHEAD, Lost

try:
    import dask
    import distributed as untyped
except ImportError as error:
    raise UsageError("Dask is not installed", next_step="Install it with `pip install cxrforge[dask]`.") from error

distributed: Any = untyped
Item = TypeVar("Item")
Result = TypeVar("Result")

_CONNECT_SECONDS = 15
_LOCAL = {
    "distributed.scheduler.allowed-failures": 0,  # tries are counted here
    "distributed.worker.memory.target": False,  # results may hold what only the vault may keep: never onto a disk
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.admin.log-format": "%(name)s - %(levelname)s",  # a task's arguments stand in its messages
}


class DaskExecutor:
    """Runs work on Dask workers; a dead worker costs another try, an item that kills each of them is lost."""

    def __init__(self, workers: int, *, scheduler: str = "", memory_bytes: int | None = None) -> None:
        self._workers = workers
        self._scheduler = scheduler
        self._memory_bytes = memory_bytes
        self._client: Any = None
        self._cluster: Any = None

    def run(self, work: Callable[..., Result], items: Iterable[Item], tools: Any) -> Iterator[Result | Lost]:
        """Yield results as they come; what was with a worker that died is tried again alone, after the rest."""
        try:
            yield from self._run(work, iter(items), tools)
        except (OSError, TimeoutError, asyncio.CancelledError) as error:
            raise CxrforgeError(
                "the Dask scheduler cannot be reached",
                found=type(error).__name__,
                next_step="See that it runs and that the address is right, then repeat; nothing recorded is lost.",
            ) from None

    def _run(self, work: Callable[..., Result], source: Iterator[Item], tools: Any) -> Iterator[Result | Lost]:
        waiting: dict[Any, Any] = {}
        suspects: list[Any] = []
        while True:
            for item in islice(source, max(0, self._in_flight() - len(waiting))):
                waiting[self._submitted(work, item, tools)] = item
            if not waiting:
                break
            with self._started().as_current():
                done = distributed.wait(list(waiting), return_when="FIRST_COMPLETED").done
            for future in done:
                item = waiting.pop(future)
                try:
                    yield future.result()
                except distributed.KilledWorker:
                    suspects.append(item)
                finally:
                    future.release()
        for item in suspects:
            yield self._alone(work, item, tools)

    def _alone(self, work: Callable[..., Result], item: Any, tools: Any) -> Result | Lost:
        for _ in range(MAX_TRIES):
            future = self._submitted(work, item, tools)
            try:
                result: Result = future.result()
                return result
            except distributed.KilledWorker:
                continue
            finally:
                future.release()
        return Lost(item)

    def _submitted(self, work: Callable[..., Result], item: Any, tools: Any) -> Any:
        return self._started().submit(work, item, tools, pure=False, key=None)

    def _in_flight(self) -> int:
        threads = sum(self._started().nthreads().values()) if self._scheduler else self._workers
        return max(1, threads) * AHEAD

    def _started(self) -> Any:
        if self._client is None:
            self._client = self._connected() if self._scheduler else self._local()
        return self._client

    def _connected(self) -> Any:
        client = distributed.Client(self._scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
        versions = set(client.run(_version).values())
        if not versions:
            client.close()
            raise UsageError(
                "the Dask scheduler has no worker", next_step="Start workers (docs/scaling.md), then repeat."
            )
        if versions != {__version__}:
            client.close()
            raise UsageError("Dask workers of another version", expected=__version__, found=", ".join(sorted(versions)))
        return client

    def _local(self) -> Any:
        with dask.config.set(_LOCAL):
            self._cluster = distributed.LocalCluster(
                n_workers=self._workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                protocol="tcp",
                host="127.0.0.1",
                memory_limit=self._memory_bytes // self._workers if self._memory_bytes else 0,
                silence_logs=50,
            )
        return distributed.Client(self._cluster, set_as_default=False)

    def close(self) -> None:
        """Let go of the workers; those of a scheduler elsewhere stay."""
        client, cluster, self._client, self._cluster = self._client, self._cluster, None, None
        with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
            if client is not None:
                client.close()
            if cluster is not None:
                cluster.close()


def _version() -> str:
    return __version__
