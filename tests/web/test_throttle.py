"""Guessing passwords is slowed down, and nobody can lock a colleague out or fill the memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cxrforge.web.throttle import LIMITS, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_few_mistakes_cost_nothing_and_then_waits_double() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(8):
        throttle.failed("anna", "10.0.0.1")
        waits.append(throttle.wait_s("anna", "10.0.0.1"))
    assert waits == [0, 0, 0, 0, 15, 30, 60, 120]


def test_a_wait_passes_with_time() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(5):
        throttle.failed("anna", "10.0.0.1")
    clock.now += 15
    assert throttle.wait_s("anna", "10.0.0.1") == 0


def test_a_success_forgets_the_name_but_not_the_address() -> None:
    throttle = Throttle(Clock())
    for n in range(60):
        throttle.failed(f"guess{n}", "10.0.0.1")
    throttle.succeeded("anna", "10.0.0.1")
    assert throttle.wait_s("anna", "10.0.0.1") > 0


def test_guessing_a_name_elsewhere_slows_its_owner_a_little_at_most() -> None:
    throttle = Throttle(Clock())
    for n in range(5000):
        throttle.failed("anna", f"10.0.{n // 250}.{n % 250}")
    assert throttle.wait_s("anna", "192.168.1.5") <= LIMITS["name"].longest_s


def test_spelling_a_name_otherwise_does_not_begin_anew() -> None:
    throttle = Throttle(Clock())
    for name in ("Anna", "anna ", "ANNA", "anna", "aNNa"):
        throttle.failed(name, "10.0.0.1")
    assert throttle.wait_s("anna", "10.0.0.1") > 0


def test_made_up_names_do_not_fill_the_memory() -> None:
    throttle = Throttle(Clock())
    for n in range(30_000):
        throttle.failed(f"name{n}", f"address{n}")
    assert len(throttle._counts) <= 20_000


@given(st.integers(min_value=0, max_value=10**9))
def test_a_wait_never_exceeds_its_limit(failures: int) -> None:
    for limit in LIMITS.values():
        assert 0 <= limit.wait_s(failures) <= limit.longest_s
