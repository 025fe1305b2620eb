"""How well two readings agree: of a program with a radiologist, or of two radiologists."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from cxrforge.audit.bounds import wilson_interval, wilson_lower


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa with its two-sided confidence interval; None where one reading never varies."""

    value: float | None
    low: float | None
    high: float | None
    pairs: int
    agreement: float  # share of pairs that agree


@dataclass(frozen=True, slots=True)
class Detection:
    """One class of a program against a reader, as counts."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    @property
    def precision(self) -> float | None:
        """Return the share of what the program found that the reader confirms; None where it found nothing."""
        found = self.true_positive + self.false_positive
        return self.true_positive / found if found else None

    @property
    def recall(self) -> float | None:
        """Return the share of what the reader saw that the program found; None where there was nothing to find."""
        there = self.true_positive + self.false_negative
        return self.true_positive / there if there else None

    @property
    def f1(self) -> float | None:
        """Return the harmonic mean of precision and recall; None where neither found anything."""
        weight = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / weight if weight else None

    def precision_lower(self, confidence: float = 0.95) -> float:
        """Return precision's one-sided lower bound (Wilson)."""
        return wilson_lower(self.true_positive, self.true_positive + self.false_positive, confidence)

    def recall_lower(self, confidence: float = 0.95) -> float:
        """Return recall's one-sided lower bound (Wilson)."""
        return wilson_lower(self.true_positive, self.true_positive + self.false_negative, confidence)

    def intervals(self, confidence: float = 0.95) -> Mapping[str, tuple[float, float]]:
        """Return the two-sided Wilson intervals of precision and recall."""
        found, there = self.true_positive + self.false_positive, self.true_positive + self.false_negative
        return {
            "precision": wilson_interval(self.true_positive, found, confidence),
            "recall": wilson_interval(self.true_positive, there, confidence),
        }


def detection(program: Sequence[Hashable], reader: Sequence[Hashable], wanted: Hashable) -> Detection:
    """Return how the program finds the class `wanted`, the reader being right."""
    counts = Counter((p == wanted, r == wanted) for p, r in zip(program, reader, strict=True))
    return Detection(counts[True, True], counts[True, False], counts[False, True])


def cohen_kappa(one: Sequence[Hashable], other: Sequence[Hashable], confidence: float = 0.95) -> Kappa:
    """Return Cohen's kappa (1960) with the large-sample interval of Fleiss, Cohen and Everitt (1969, formula 13)."""
    pairs = len(one)
    table = Counter(zip(one, other, strict=True))
    if not pairs:
        return Kappa(None, None, None, 0, 0.0)
    left, right = Counter(one), Counter(other)
    classes = left.keys() | right.keys()
    row = {c: left[c] / pairs for c in classes}
    column = {c: right[c] / pairs for c in classes}
    agreed = sum(table[c, c] for c in classes) / pairs
    chance = sum(row[c] * column[c] for c in classes)
    if chance >= 1:
        return Kappa(None, None, None, pairs, agreed)
    kappa = (agreed - chance) / (1 - chance)
    diagonal = sum(table[c, c] / pairs * (1 - (row[c] + column[c]) * (1 - kappa)) ** 2 for c in classes)
    beside = (1 - kappa) ** 2 * sum(n / pairs * (column[a] + row[b]) ** 2 for (a, b), n in table.items() if a != b)
    variance = (diagonal + beside - (kappa - chance * (1 - kappa)) ** 2) / (pairs * (1 - chance) ** 2)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(max(variance, 0.0))
    return Kappa(kappa, max(-1.0, kappa - reach), min(1.0, kappa + reach), pairs, agreed)


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A chance-corrected agreement with its two-sided interval; None where chance alone would always agree."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two readers on the same items."""

    cohen: Kappa
    fleiss: float | None
    gwet: Coefficient


def agreement(one: Sequence[Hashable], other: Sequence[Hashable]) -> Agreement:
    """Return how well two readings of the same items agree, by each of the usual coefficients."""
    ratings = list(zip(one, other, strict=True))
    return Agreement(cohen_kappa(one, other), fleiss_kappa(ratings), gwet_ac1(one, other))


def fleiss_kappa(ratings: Sequence[Sequence[Hashable]]) -> float | None:
    """Return Fleiss' kappa (1971) of items that were each rated equally often; None where nothing varies."""
    if not ratings:
        return None
    raters = len(ratings[0])
    if raters < 2 or any(len(row) != raters for row in ratings):
        raise ValueError("every item needs the same number of ratings, two or more")
    counts = [Counter(row) for row in ratings]
    total = sum(counts, Counter())
    agreed = sum(sum(n * (n - 1) for n in row.values()) for row in counts) / (len(ratings) * raters * (raters - 1))
    chance = sum((n / (len(ratings) * raters)) ** 2 for n in total.values())
    return None if chance >= 1 else (agreed - chance) / (1 - chance)


def gwet_ac1(one: Sequence[Hashable], other: Sequence[Hashable], confidence: float = 0.95) -> Coefficient:
    """Return Gwet's AC1 of two readers (2008, British Journal of Mathematical and Statistical Psychology 61:29).

    Variance by its formula for an infinite population of items and these two readers.
    """
    items = len(one)
    pairs = list(zip(one, other, strict=True))
    classes = sorted({repr(c) for pair in pairs for c in pair})
    if items == 0:
        return Coefficient(None, None, None)
    if len(classes) < 2:
        return Coefficient(1.0, None, None)
    shares = {c: sum((repr(a) == c) + (repr(b) == c) for a, b in pairs) / (2 * items) for c in classes}
    agreed = sum(a == b for a, b in pairs) / items
    chance = sum(p * (1 - p) for p in shares.values()) / (len(classes) - 1)
    value = (agreed - chance) / (1 - chance)
    spread = 0.0
    for a, b in pairs:
        of_item = ((a == b) - chance) / (1 - chance)
        own = ((1 - shares[repr(a)]) + (1 - shares[repr(b)])) / (2 * (len(classes) - 1))
        spread += (of_item - 2 * (1 - value) * (own - chance) / (1 - chance) - value) ** 2
    error = math.sqrt(spread / (items * (items - 1))) if items > 1 else math.inf
    from scipy.stats import t  # slow to load; most commands never ask for it

    reach = float(t.ppf((1 + confidence) / 2, items - 1)) * error if items > 1 else math.inf
    return Coefficient(value, max(-1.0, value - reach), min(1.0, value + reach))
