"""Where work runs: in this process, or in worker processes. One interface; results come in any order.

A worker never sees the database. Work is a picklable top-level function `(item, tools) -> result`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that numeric libraries take their number of threads from."""
_AHEAD = 3  # items waiting for each worker: enough to keep it busy, few enough to keep memory flat


class Lost:
    """Stands for the result of an item whose worker died."""

    __slots__ = ("item",)

    def __init__(self, item: Any) -> None:
        self.item = item


class Executor(Protocol):
    """Runs `work` over items and yields a result, or `Lost`, for each."""

    def run(self, work: Callable[..., Result], items: Iterable[Item], tools: Any) -> Iterator[Result | Lost]:
        """Yield one result for each item, in any order."""

    def close(self) -> None:
        """Let go of the workers."""


class SerialExecutor:
    """Runs everything here, one after the other."""

    def run(self, work: Callable[..., Result], items: Iterable[Item], tools: Any) -> Iterator[Result | Lost]:
        """Yield results in the order of the items."""
        for item in items:
            yield work(item, tools)

    def close(self) -> None:
        """Nothing to let go of."""


class ProcessExecutor:
    """Runs work in `workers` processes; a dead worker costs a second try alone, never another item."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def run(self, work: Callable[..., Result], items: Iterable[Item], tools: Any) -> Iterator[Result | Lost]:
        """Yield results as they come; items of a broken pool are tried again one by one."""
        waiting: dict[Future[Any], Any] = {}
        source = iter(items)
        while True:
            broken = self._fill(waiting, source, work, tools)
            if not waiting and not broken:
                return  # nothing in flight after filling: the source is drained
            done = wait(waiting, return_when=FIRST_COMPLETED).done if waiting else set()
            for future in done:
                item = waiting.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    broken.append(item)
            if broken:
                broken.extend(waiting.values())
                waiting.clear()
                yield from self._alone(work, broken, tools)

    def _fill(
        self, waiting: dict[Future[Any], Any], source: Iterator[Item], work: Callable[..., Result], tools: Any
    ) -> list[Any]:
        """Submit items until enough are in flight; return those that a broken pool refused."""
        for item in islice(source, self._workers * _AHEAD - len(waiting)):
            try:
                waiting[self._started().submit(work, item, tools)] = item
            except BrokenProcessPool:
                return [item]
        return []

    def close(self) -> None:
        """Stop the workers."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _alone(self, work: Callable[..., Result], items: list[Any], tools: Any) -> Iterator[Result | Lost]:
        """Try each item in a pool of its own time, so that the one that kills workers is told from its neighbours."""
        self.close()
        for item in items:
            try:
                yield self._started().submit(work, item, tools).result()
            except BrokenProcessPool:
                self.close()
                yield Lost(item)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._workers, mp_context=_context(), initializer=_prepare_worker)
        return self._pool


def make_executor(name: str, workers: int) -> Executor:
    """Return the executor called `name`: serial or processes."""
    return SerialExecutor() if name == "serial" else ProcessExecutor(workers)


def _context() -> multiprocessing.context.BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cxrforge.preloaded"])
    return context


def _prepare_worker() -> None:
    """Leave interrupts to the parent, go when it goes, and use one thread for each worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: Any) -> None:
    parent.join()
    os._exit(1)
