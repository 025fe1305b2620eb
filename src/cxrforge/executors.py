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

from cxrforge.config import MAX_TRIES
from cxrforge.memory import end_largest_worker, worker_bytes

Item = TypeVar("Item")
Result = TypeVar("Result")

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that numeric libraries take their number of threads from."""
AHEAD = 3  # items waiting for each worker: enough to keep it busy, few enough to keep memory flat
_NEARLY, _LOOK_SECONDS = 0.85, 0.5


class Lost:
    """Stands for the result of an item that cost a worker its life each time it was tried."""

    __slots__ = ("item", "tries")

    def __init__(self, item: Any, tries: int = MAX_TRIES) -> None:
        self.item, self.tries = item, tries


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
    """Runs work in `workers` processes; a dead worker costs another try alone, never another item.

    With `memory_bytes`, workers that have grown near to that much together are replaced by fresh ones between items;
    where one item takes them beyond it, the largest worker is ended, and its item tried again alone.
    """

    def __init__(self, workers: int, memory_bytes: int | None = None) -> None:
        self._workers = workers
        self._memory_bytes = memory_bytes
        self._pool: ProcessPoolExecutor | None = None

    def run(self, work: Callable[..., Result], items: Iterable[Item], tools: Any) -> Iterator[Result | Lost]:
        """Yield results as they come; items of a broken pool are tried again one by one."""
        waiting: dict[Future[Any], Any] = {}
        source = iter(items)
        while True:
            full = self._is_full(_NEARLY)
            broken = [] if full else self._fill(waiting, source, work, tools)
            if not waiting and not broken:
                if not full:
                    return  # nothing in flight after filling: the source is drained
                self.close(wait=True)
                continue
            for future in self._done(waiting):
                item = waiting.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    broken.append(item)
            if broken:
                broken.extend(waiting.values())
                waiting.clear()
                yield from self._alone(work, broken, tools)

    def _is_full(self, share: float = 1.0) -> bool:
        return bool(self._memory_bytes and self._pool and worker_bytes() > share * self._memory_bytes)

    def _done(self, waiting: Iterable[Future[Any]]) -> set[Future[Any]]:
        """Return what is done as soon as something is; end the largest worker where memory does not last until then."""
        if not self._memory_bytes:
            return wait(waiting, return_when=FIRST_COMPLETED).done if waiting else set()
        while waiting:
            done = wait(waiting, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED).done
            if done:
                return done
            if self._is_full():
                end_largest_worker()
        return set()

    def _fill(
        self, waiting: dict[Future[Any], Any], source: Iterator[Item], work: Callable[..., Result], tools: Any
    ) -> list[Any]:
        """Submit items until enough are in flight; return those that a broken pool refused."""
        for item in islice(source, max(0, self._workers * AHEAD - len(waiting))):
            try:
                waiting[self._started().submit(work, item, tools)] = item
            except BrokenProcessPool:
                return [item]
        return []

    def close(self, wait: bool = False) -> None:
        """Stop the workers."""
        if self._pool:
            self._pool.shutdown(wait=wait, cancel_futures=True)
            self._pool = None

    def _alone(self, work: Callable[..., Result], items: list[Any], tools: Any) -> Iterator[Result | Lost]:
        """Try each item while no other is at work, so that the one that kills workers is told from its neighbours."""
        self.close()
        for item in items:
            for tried in range(1, MAX_TRIES + 1):
                try:
                    [done] = self._done([self._started().submit(work, item, tools)])
                    yield done.result()
                    break
                except BrokenProcessPool:
                    self.close()
                    if tried == MAX_TRIES:
                        yield Lost(item)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._workers, mp_context=_context(), initializer=_prepare_worker)
        return self._pool


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
