"""Shares estimated from a stratified sample, with the intervals that its design gives them.

A share is a ratio of two totals (precision: right among found), each weighted by the inverse of the chance of being
drawn. Its variance is linearised (Särndal, Swensson and Wretman 1992, 5.5); its interval is Wilson's at the effective
sample size that this variance comes to (Korn and Graubard 1998), which holds near 0 and 1 where the normal one fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share: its value, two-sided interval and one-sided lower bound; None where nothing was there to count.

    `items` is how many sampled items the share is of, `effective` how many of a plain sample would prove as much.
    """

    value: float | None
    low: float
    high: float
    lower: float
    items: int
    effective: float


NOTHING = Estimate(None, 0.0, 1.0, 0.0, 0, 0.0)


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
        """Return how many items of the population each read item speaks for."""
        found: Array = (self.population / np.maximum(self.sampled, 1))[self.stratum]
        return found

    @property
    def strata_read(self) -> int:
        """Return of how many strata something was read."""
        return int((self.sampled > 0).sum())


def make_design(strata: Sequence[str], populations: dict[str, int]) -> Design:
    """Return the design of read items, given each one's stratum and the size of every stratum."""
    names = sorted(populations)
    index = {name: i for i, name in enumerate(names)}
    return Design(
        np.array([index[s] for s in strata], dtype=np.intp), np.array([populations[n] for n in names], dtype=float)
    )


def ratio(design: Design, over: Array, under: Array, confidence: float = 0.95) -> Estimate:
    """Return the share Σ over / Σ under in the population, from their values on the read items, `(items,)` each."""
    count = int((under > 0).sum())
    if not count:
        return NOTHING
    weights = design.weights
    total = float(weights @ under)
    value = float(weights @ over) / total
    residual = weights * (over - value * under) / total
    effective = _effective(design, value, variance(design, residual), under)
    freedom = len(design.stratum) - design.strata_read
    return Estimate(
        value,
        *_wilson(value, effective, (1 + confidence) / 2, count, freedom),
        _wilson(value, effective, confidence, count, freedom)[0],
        count,
        effective,
    )


def variance(design: Design, weighted: Array) -> float:
    """Return the variance of the sum of `weighted` values under stratified sampling without replacement.

    A stratum of which one item alone was read is measured against the mean of all.
    """
    sampled = design.sampled
    sums = np.bincount(design.stratum, weighted, len(sampled))
    means = np.where(sampled > 1, sums / np.maximum(sampled, 1), weighted.mean() if len(weighted) else 0.0)
    squares = np.bincount(design.stratum, (weighted - means[design.stratum]) ** 2, len(sampled))
    unread = np.where(design.population > 0, 1 - sampled / np.maximum(design.population, 1), 0.0)
    return float((unread * np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 1.0) * squares).sum())


def _effective(design: Design, value: float, spread: float, under: Array) -> float:
    """Return the size of a plain sample that would have this variance; infinite where all was read.

    Where the sample shows no variance (all right, or none), it is Kish's: what unequal weights leave of the items.
    """
    weights = design.weights
    counted = under > 0
    total = float((weights * under).sum())
    read = float(under.sum()) / total
    if read >= 1 - 1e-12:
        return math.inf
    kish = total**2 / float((weights[counted] ** 2 * under[counted] ** 2).sum())
    inside = value * (1 - value)
    if spread <= 0 or inside <= 0:
        return kish / (1 - read)
    return min(inside / spread, float(counted.sum()) / (1 - read))


def _wilson(value: float, effective: float, confidence: float, count: int, freedom: int) -> tuple[float, float]:
    """Return Wilson's interval at an effective size, narrowed for the degrees of freedom that strata cost."""
    if math.isinf(effective):
        return value, value
    z = float(norm.ppf(confidence))
    if freedom > 0 and count > 1:
        effective *= (z / float(t.ppf(confidence, freedom))) ** 2
    centre = value + z * z / (2 * effective)
    reach = z * math.sqrt(value * (1 - value) / effective + z * z / (4 * effective**2))
    scale = 1 + z * z / effective
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


def bootstrap(
    design: Design, over: Array, under: Array, rounds: int = 2000, confidence: float = 0.95, seed: int = 1
) -> tuple[float, float]:
    """Return the percentile interval of a ratio by the rescaling bootstrap (Rao, Wu and Yue 1992), with the
    correction for finite populations; (0, 1) where there is nothing to count."""
    if not (under > 0).any():
        return 0.0, 1.0
    random = np.random.default_rng(seed)
    sampled, weights = design.sampled, design.weights
    factors = np.ones((rounds, len(over)))
    for h in np.flatnonzero(sampled > 1):
        members = np.flatnonzero(design.stratum == h)
        n = len(members)
        keep = math.sqrt(max(0.0, 1 - n / design.population[h]))
        drawn = random.multinomial(n - 1, np.full(n, 1 / n), size=rounds)
        factors[:, members] = 1 - keep + keep * drawn * n / (n - 1)
    tops, bottoms = factors @ (weights * over), factors @ (weights * under)
    values = np.divide(tops, bottoms, out=np.full(rounds, np.nan), where=bottoms > 0)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(max(0.0, low)), float(min(1.0, high))


def more_to_reach(estimate: Estimate, floor: float, confidence: float = 0.95) -> int | None:
    """Return how many more items a share is to be of until its lower bound reaches `floor`, all else the same.

    None where it never will: the share itself is not above the floor.
    """
    if estimate.lower >= floor:
        return 0
    if estimate.value is None or estimate.value <= floor:
        return None
    per_item = estimate.effective / estimate.items if estimate.items else 1.0
    low, high = estimate.items, max(2, estimate.items)
    while _wilson(estimate.value, high * per_item, confidence, high, high)[0] < floor:
        low, high = high, high * 2
    while low + 1 < high:
        middle = (low + high) // 2
        if _wilson(estimate.value, middle * per_item, confidence, middle, middle)[0] < floor:
            low = middle
        else:
            high = middle
    return high - estimate.items
