"""Executors: every item gets a result, whatever happens to the workers."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from cxrforge.executors import Lost, ProcessExecutor, SerialExecutor, make_executor


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
