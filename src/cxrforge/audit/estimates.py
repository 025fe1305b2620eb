"""Shares estimated from a stratified sample, with intervals that hold where few or no faults were seen.

A share such as recall is right / (right + wrong), both totals over the population, each read item weighted by the
inverse of its chance of being drawn. What makes it hard is that the wrong ones of a rare label stand, unseen, in the
large strata whose items weigh most; Wilson's interval of the counts then misses the truth one time in five
(`benchmarks/audit_intervals.py`). Each total is therefore bounded as a weighted sum of Poisson counts (Fay and Feuer
1997, Statistics in Medicine 16:791: never too narrow, and a total of which nothing was seen is bounded by its largest
weight), and the bounds of both are joined into those of their ratio (Donner and Zou 2012, Statistical Methods in
Medical Research 21).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Design:
    """How the read items were drawn: the stratum of each (an index) and the population of each stratum."""

    stratum: NDArray[np.intp]  # (items,)
    population: Array  # (strata,)

    @property
    def sampled(self) -> Array:
        """Return how many items were read of each stratum."""
        return np.bincount(self.stratum, minlength=len(self.population)).astype(float)

    @property
    def weights(self) -> Array:
        """Return how many items of the population each read item speaks for, `(items,)`."""
        found: Array = (self.population / np.maximum(self.sampled, 1))[self.stratum]
        return found


def make_design(strata: Sequence[str], populations: Mapping[str, int]) -> Design:
    """Return the design of read items, given each one's stratum and the size of every stratum."""
    names = sorted(populations)
    index = {name: i for i, name in enumerate(names)}
    sizes = np.array([populations[n] for n in names], dtype=float)
    return Design(np.array([index[s] for s in strata], dtype=np.intp), sizes)


@dataclass(frozen=True, slots=True)
class Total:
    """A weighted sum of counted items.

    `known` stands in strata of which all was read; `guessed` is reckoned from the others, with the variance `spread`,
    and `weight` is the most that one item which was not seen could add to it.
    """

    known: float
    guessed: float
    spread: float
    weight: float

    @property
    def value(self) -> float:
        """Return the sum."""
        return self.known + self.guessed

    def lower(self, confidence: float) -> float:
        """Return the one-sided lower bound."""
        if self.guessed <= 0:
            return self.known
        scale = self.spread / self.guessed
        return self.known + scale / 2 * float(chi2.ppf(1 - confidence, 2 * self.guessed / scale))

    def upper(self, confidence: float) -> float:
        """Return the one-sided upper bound: as if one more item of the largest weight had been seen."""
        total, spread = self.guessed + self.weight, self.spread + self.weight**2
        if total <= 0:
            return self.known
        scale = spread / total
        return self.known + scale / 2 * float(chi2.ppf(confidence, 2 * total / scale))

    def read_more(self, times: float) -> Total:
        """Return what the total would be if `times` as many items had been read to the same effect."""
        return Total(self.known, self.guessed, self.spread / times, self.weight / times)


def make_total(design: Design, counted: Array, possible: NDArray[np.bool_]) -> Total:
    """Return the total of what was `counted` on each read item, `(items,)`, where it is `possible` at all."""
    weights = design.weights
    whole = np.isclose(weights, 1.0)
    share_unread = 1 - 1 / np.maximum(weights, 1.0)
    summed = weights * counted
    open_weights = weights[possible & ~whole]
    return Total(
        known=float(summed[whole].sum()),
        guessed=float(summed[~whole].sum()),
        spread=float((weights * summed * share_unread)[~whole].sum()),
        weight=float(open_weights.max()) if len(open_weights) else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share: its value, two-sided interval and one-sided lower bound, all at the stated confidence.

    `value` is None where nothing was there to count. `items` is how many read items the share is of.
    """

    value: float | None
    low: float
    high: float
    lower: float
    items: int
    right: Total
    wrong: Total


def share(design: Design, right: Array, wrong: Array, possible: Array, confidence: float = 0.95) -> Estimate:
    """Return right / (right + wrong) in the population, from what was counted on each read item, `(items,)` each.

    `possible` is 1 for items that can be wrong: for precision what the program found, for recall what it did not.
    """
    good = make_total(design, right, right >= 0)
    bad = make_total(design, wrong, possible > 0)
    count = int(((right > 0) | (wrong > 0)).sum())
    if not count:
        return Estimate(None, 0.0, 1.0, 0.0, 0, good, bad)
    good = _weighing_like_the_seen(design, good, right)
    low, high = _interval(good, bad, (1 + confidence) / 2)
    lower = _interval(good, bad, confidence)[0]
    return Estimate(good.value / (good.value + bad.value), low, high, lower, count, good, bad)


def _weighing_like_the_seen(design: Design, total: Total, counted: Array) -> Total:
    """Return a total whose unseen items weigh what the seen ones do: the upper end of a share may rest on that."""
    seen = design.weights[(counted > 0) & ~np.isclose(design.weights, 1.0)]
    return Total(total.known, total.guessed, total.spread, float(seen.max()) if len(seen) else 0.0)


def _interval(right: Total, wrong: Total, confidence: float) -> tuple[float, float]:
    """Return one-sided bounds of right / (right + wrong) through those of wrong / right."""
    t, m = right.value, wrong.value
    t_low, t_high = right.lower(confidence), right.upper(confidence)
    m_low, m_high = wrong.lower(confidence), wrong.upper(confidence)
    if t <= 0:
        return 0.0, 1 - _interval(wrong, right, confidence)[0] if m > 0 else 1.0
    under = t_low * (2 * t - t_low)
    root = max(0.0, (m * t) ** 2 - m_high * t_low * (2 * m - m_high) * (2 * t - t_low))
    most = (m * t + math.sqrt(root)) / under if under > 0 else math.inf
    over = t_high * (2 * t - t_high)
    root = max(0.0, (m * t) ** 2 - m_low * t_high * (2 * m - m_low) * (2 * t - t_high))
    least = (m * t - math.sqrt(root)) / over if abs(over) > 1e-12 else 0.0
    return 1 / (1 + most), 1 / (1 + max(0.0, least))


def more_to_reach(estimate: Estimate, floor: float, confidence: float = 0.95) -> int | None:
    """Return how many more items a share is to be of until its lower bound reaches `floor`, all else the same.

    None where it never will: the share itself is not above the floor.
    """
    if estimate.lower >= floor:
        return 0
    if estimate.value is None or estimate.value <= floor:
        return None

    def reached(times: float) -> bool:
        right, wrong = estimate.right.read_more(times), estimate.wrong.read_more(times)
        return _interval(right, wrong, confidence)[0] >= floor

    high = 2.0
    while not reached(high):
        high *= 2
        if high > 2**30:
            return None
    low = high / 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return math.ceil((high - 1) * estimate.items)
