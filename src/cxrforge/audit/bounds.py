"""What a sample proves about the whole: one-sided bounds on shares and counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

_ROUNDING = 1e-12  # sums of logarithms are off by less


@dataclass(frozen=True, slots=True)
class Stratum:
    """One part of a population: its size, how many were read, and how many of those had a hit."""

    population: int
    sampled: int
    hits: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.sampled <= self.population:
            raise ValueError(
                f"a stratum needs 0 ≤ hits ≤ sampled ≤ population, found {self.hits}, {self.sampled}, {self.population}"
            )


def _at_most(hits: int, population: int, marked: int, sampled: int) -> float:
    """Return the hypergeometric probability of `hits` or fewer marked items in a sample without replacement."""
    whole = _log_choose(population, sampled)
    least, most = max(0, sampled - (population - marked)), min(hits, marked, sampled)
    ways = (_log_choose(marked, k) + _log_choose(population - marked, sampled - k) for k in range(least, most + 1))
    return math.fsum(math.exp(way - whole) for way in ways)


def _log_choose(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)


def wilson_lower(successes: int, trials: int, confidence: float = 0.95) -> float:
    """Return the one-sided lower bound of a proportion by Wilson's score method (Wilson 1927); 0 without trials."""
    if trials == 0:
        return 0.0
    z = NormalDist().inv_cdf(confidence)
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, (centre - spread) / (1 + z * z / trials))


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided Wilson interval; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    one_sided = (1 + confidence) / 2
    return (
        wilson_lower(successes, trials, one_sided),
        1 - wilson_lower(trials - successes, trials, one_sided),
    )


def hypergeometric_upper(population: int, sampled: int, hits: int, confidence: float = 0.95) -> int:
    """Return the largest number of faulty items that a sample without replacement does not rule out.

    The exact one-sided bound: the largest D with P(at most `hits` in the sample | D) > 1 - confidence
    (Buonaccorsi 1987, The American Statistician 41:215).
    """
    Stratum(population, sampled, hits)
    alpha = 1 - confidence
    low, high = hits, population - (sampled - hits)
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most(hits, population, middle, sampled) > alpha:
            low = middle
        else:
            high = middle - 1
    return low


def stratified_upper(strata: Sequence[Stratum], confidence: float = 0.95) -> int:
    """Return an upper bound on the faulty items over strata that were sampled at different rates.

    Without a hit it is exact: the largest number of faulty items that some distribution over the strata hides from
    every sample with a probability above 1 - confidence. With hits, each stratum is bounded at its share of the
    error probability (Bonferroni), which is never too low.
    """
    if sum(s.hits for s in strata):
        shared = 1 - (1 - confidence) / len(strata)
        return sum(hypergeometric_upper(s.population, s.sampled, s.hits, shared) for s in strata)
    return _hidden_at_most(strata, math.log(1 - confidence))


def _hidden_at_most(strata: Sequence[Stratum], log_alpha: float) -> int:
    """Return how many faulty items fit before no placement stays hidden with log probability above `log_alpha`.

    Hiding one more in a stratum of N with n read and d placed costs the factor (N - d - n) / (N - d), which falls
    with d: taking the cheapest place each time is therefore the best distribution.
    """
    placed = [0] * len(strata)
    log_hidden, total = 0.0, 0
    while True:
        costs = [_hiding_cost(s, d) for s, d in zip(strata, placed, strict=True)]
        best = max(range(len(strata)), key=costs.__getitem__, default=None)
        if best is None or log_hidden + costs[best] <= log_alpha + _ROUNDING:
            return total
        log_hidden += costs[best]
        placed[best] += 1
        total += 1


def _hiding_cost(stratum: Stratum, placed: int) -> float:
    left = stratum.population - placed
    unread = left - stratum.sampled
    return math.log(unread / left) if unread > 0 else -math.inf


def sample_size_without_hits(population: int, share: float, confidence: float = 0.95) -> int:
    """Return the smallest sample that, without a hit, bounds the faulty share at or under `share`."""
    low, high = 0, population
    while low < high:
        middle = (low + high) // 2
        if hypergeometric_upper(population, middle, 0, confidence) <= share * population:
            high = middle
        else:
            low = middle + 1
    return low
