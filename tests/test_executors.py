"""Executors: every item gets a result, whatever happens to the workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest

from cxrforge import executors
from cxrforge.config import MAX_TRIES
from cxrforge.errors import CxrforgeError, UsageError
from cxrforge.executors import Lost, ProcessExecutor, SerialExecutor
from cxrforge.memory import resident_bytes, worker_bytes
from cxrforge.workforce import WORKER_BYTES, make_executor


def double(item: int, tools: int) -> int:
    return item * tools


def die_on_three(item: int, tools: Any) -> int:
    if item == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


@pytest.mark.parametrize("name", ["serial", "processes"])
def test_every_item_gets_its_result(name: str) -> None:
    executor = make_executor(name, 2)
    try:
        assert sorted(executor.run(double, range(50), 2)) == [2 * n for n in range(50)]
    finally:
        executor.close()


def test_work_that_ends_all_at_once_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items still to be drawn are not forgotten when nothing is in flight for a moment."""
    monkeypatch.setattr(executors, "wait", lambda futures, return_when: wait(futures))
    executor = ProcessExecutor(2)
    try:
        assert sorted(executor.run(double, range(40), 1)) == list(range(40))
    finally:
        executor.close()


def test_items_are_drawn_only_as_they_are_needed() -> None:
    drawn = []

    def items() -> Any:
        for n in range(1000):
            drawn.append(n)
            yield n

    executor = ProcessExecutor(2)
    try:
        results = executor.run(double, items(), 1)
        next(results)
        assert len(drawn) < 20
    finally:
        executor.close()


def test_a_dead_worker_costs_its_own_item_alone() -> None:
    executor = ProcessExecutor(2)
    try:
        results = list(executor.run(die_on_three, range(12), None))
    finally:
        executor.close()
    lost = [r.item for r in results if isinstance(r, Lost)]
    assert lost == [3]
    assert sorted(r for r in results if not isinstance(r, Lost)) == [n for n in range(12) if n != 3]


def test_serial_keeps_the_order() -> None:
    assert list(SerialExecutor().run(double, [3, 1, 2], 1)) == [3, 1, 2]


HEAVY = {"pydicom", "cv2", "scipy.ndimage", "cxrforge.dicom.deidentify"}


def heavy_modules(item: int, tools: Any) -> set[str]:
    return HEAVY & set(sys.modules)


def test_workers_begin_with_the_heavy_modules_in_place() -> None:
    """Run in a process of its own, whose fork server is not started yet and whose work imports nothing heavy."""
    code = (
        "import tests.test_executors as t; e = t.ProcessExecutor(1);"
        "print(*sorted(*e.run(t.heavy_modules, [1], None))); e.close()"
    )
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == HEAVY


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_what_the_fork_server_loads_starts_no_thread() -> None:
    """Not even where nobody has set a number of threads: a fork would copy a thread's locks and not the thread."""
    code = "import os, cxrforge.preloaded; print(len(os.listdir('/proc/self/task')), os.environ['OMP_NUM_THREADS'])"
    clean = {name: value for name, value in os.environ.items() if name not in executors.ONE_THREAD}
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]


def die_always(item: int, tools: Any) -> int:
    if item == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def die_once(item: int, tools: Any) -> int:
    """Cost a worker its life the first time item 3 is tried."""
    mark = Path(tools) / "died"
    if item == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def local_dask() -> Any:
    pytest.importorskip("distributed", reason="Dask absent")
    return make_executor("dask", 2)


@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda: ProcessExecutor(2), local_dask], ids=["processes", "dask"])
def test_a_worker_that_dies_costs_a_retry_and_a_poisoned_item_is_set_aside(
    make: Callable[[], Any], tmp_path: Path
) -> None:
    executor = make()
    try:
        assert sorted(executor.run(die_once, range(8), str(tmp_path))) == list(range(8))
        results = list(executor.run(die_always, range(8), None))
    finally:
        executor.close()
    [lost] = [r for r in results if isinstance(r, Lost)]
    assert (lost.item, lost.tries) == (3, MAX_TRIES)
    assert sorted(r for r in results if not isinstance(r, Lost)) == [n for n in range(8) if n != 3]


def grow(item: int, tools: Any) -> int:
    """Keep 30 MB more with every item, as a library that leaks would; tell which process it was."""
    kept = getattr(grow, "kept", [])
    grow.kept = [*kept, bytearray(b"x" * 30_000_000)]  # type: ignore[attr-defined]
    return os.getpid()


@pytest.mark.slow
def test_workers_that_have_grown_are_replaced_and_no_item_is_lost() -> None:
    executor = ProcessExecutor(1)
    try:
        list(executor.run(double, range(1), 1))
        ceiling = worker_bytes() + 600_000_000
    finally:
        executor.close()
    executor, most = ProcessExecutor(1, ceiling), 0
    try:
        pids = []
        for pid in executor.run(grow, range(60), None):
            pids.append(pid)
            most = max(most, worker_bytes())
    finally:
        executor.close()
    assert len(pids) == 60
    assert len(set(pids)) > 2
    assert most <= ceiling


def test_a_ceiling_below_one_worker_is_refused_and_a_low_one_means_fewer_workers() -> None:
    with pytest.raises(UsageError, match="memory limit"):
        make_executor("processes", 4, memory_limit=500_000_000)
    executor = make_executor("processes", 400, memory_limit=resident_bytes() + 3 * WORKER_BYTES)
    assert isinstance(executor, ProcessExecutor)
    assert executor._workers <= 3


def test_a_scheduler_that_is_not_there_is_told_in_one_line() -> None:
    pytest.importorskip("distributed", reason="Dask absent")
    executor = make_executor("dask", 1, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(CxrforgeError, match="cannot be reached"):
        list(executor.run(double, range(2), 1))
