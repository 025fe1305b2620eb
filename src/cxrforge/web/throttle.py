"""Slowing down who guesses passwords: by name and address, by address, by name."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_FORGET_S = 3600.0
_KEPT = 20_000
"""Keys remembered at most; the longest unused goes first, so that made-up names cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` failures cost nothing; each further one doubles the wait, from `first_s` to `longest_s`."""

    free: int
    first_s: float
    longest_s: float

    def wait_s(self, failures: int) -> float:
        """Return the wait after so many failures in a row."""
        over = failures - self.free
        return 0.0 if over < 0 else min(self.longest_s, self.first_s * 2.0 ** min(over, 30))


LIMITS = {
    "pair": Limit(free=5, first_s=15, longest_s=900),
    "address": Limit(free=40, first_s=5, longest_s=300),
    "name": Limit(free=100, first_s=5, longest_s=60),
}
"""A name from many addresses is slowed only a little: nobody may lock a colleague out by guessing."""


@dataclass(slots=True)
class _Count:
    failures: int
    last: float


class Throttle:
    """Counts failed logins in memory and says how long the next one must wait.

    A password is looked at only when nothing has to wait: guesses that come too early cost no hashing.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[str, str, str], _Count] = OrderedDict()

    def wait_s(self, name: str, address: str) -> int:
        """Return how many whole seconds a login with this name from this address has to wait; 0 for none."""
        now = self._clock()
        with self._lock:
            longest = 0.0
            for key in _keys(name, address):
                count = self._counts.get(key)
                if count is not None and now - count.last < _FORGET_S:
                    longest = max(longest, count.last + LIMITS[key[0]].wait_s(count.failures) - now)
        return math.ceil(longest)

    def failed(self, name: str, address: str) -> None:
        """Count a failure."""
        now = self._clock()
        with self._lock:
            for key in _keys(name, address):
                count = self._counts.pop(key, None)
                before = count.failures if count is not None and now - count.last < _FORGET_S else 0
                self._counts[key] = _Count(before + 1, now)
            while len(self._counts) > _KEPT:
                self._counts.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of this name from this address; those of the address alone stay counted."""
        with self._lock:
            self._counts.pop(_keys(name, address)[0], None)


def _keys(name: str, address: str) -> tuple[tuple[str, str, str], ...]:
    short = name.strip().casefold()[:64]
    return ("pair", short, address), ("address", "", address), ("name", short, "")
