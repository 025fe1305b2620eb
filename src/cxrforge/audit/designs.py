"""How samples are spread over a population: strata, sizes, and the chance that each item had."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxrforge.audit.sampling import draw

POWER = 0.5
"""Sizes grow with the square root of a stratum (Bankier 1988): rare labels are read more often than frequent ones."""
LEAST = 2
"""Items of each stratum that has them, so that its variance can be estimated."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn from one stratum, and out of how many."""

    stratum: str
    site: str
    population: int
    items: tuple[str, ...]

    @property
    def probability(self) -> float:
        """Return each item's chance of being drawn."""
        return len(self.items) / self.population if self.population else 0.0


@dataclass(frozen=True, slots=True)
class LabelledStudy:
    """A study with what the program says of it (observation to present, absent, uncertain or None)."""

    study: str
    site: str
    labels: Mapping[str, str | None]


def label_strata(studies: Sequence[LabelledStudy], most: int) -> dict[str, list[str]]:
    """Return the studies of one site by their rarest label that is present or uncertain, in at most `most` strata.

    A study stands where the label is that fewest others share; so rare and uncertain labels get strata of their own.
    The smallest strata are joined while there are too many.
    """
    marks = {s.study: [(o, a) for o, a in s.labels.items() if a in ("present", "uncertain")] for s in studies}
    frequency = Counter(mark for found in marks.values() for mark in found)
    strata: dict[str, list[str]] = {}
    for study, found in sorted(marks.items()):
        rarest = min(found, key=lambda mark: (frequency[mark], mark), default=None)
        strata.setdefault(f"{rarest[0]}, {rarest[1]}" if rarest else "nothing mentioned", []).append(study)
    while len(strata) > max(1, most):
        one, other = sorted(strata, key=lambda name: (len(strata[name]), name))[:2]
        joined = sorted(strata.pop(one) + strata.pop(other))
        strata["other"] = sorted(strata.get("other", []) + joined)
    return strata


def allocate(sizes: Mapping[str, int], total: int, power: float = POWER, least: int = LEAST) -> dict[str, int]:
    """Return how many to draw of each stratum, `total` altogether: `least` of each, the rest by size to a power."""
    taken = {name: min(size, least) for name, size in sizes.items()}
    heap = [(-(size**power) / (taken[name] + 1), name) for name, size in sizes.items() if taken[name] < size]
    heapq.heapify(heap)
    left = min(total, sum(sizes.values())) - sum(taken.values())
    while left > 0 and heap:
        _, name = heapq.heappop(heap)
        taken[name] += 1
        left -= 1
        if taken[name] < sizes[name]:
            heapq.heappush(heap, (-(sizes[name] ** power) / (taken[name] + 1), name))
    return taken


def draw_labelled(studies: Sequence[LabelledStudy], share: float, key: bytes, purpose: str) -> list[Drawn]:
    """Return a sample of at least the share `share` of each site's studies, rare and uncertain labels oversampled."""
    by_site: dict[str, list[LabelledStudy]] = {}
    for study in studies:
        by_site.setdefault(study.site, []).append(study)
    drawn = []
    for site, of_site in sorted(by_site.items()):
        wanted = min(len(of_site), math.ceil(share * len(of_site) - 1e-9))
        strata = label_strata(of_site, wanted // LEAST)
        sizes = allocate({name: len(items) for name, items in strata.items()}, wanted)
        drawn += [
            Drawn(f"{site}: {name}", site, len(items), draw(items, sizes[name], key, f"{purpose}/{site}/{name}"))
            for name, items in sorted(strata.items())
        ]
    return drawn


def draw_by_site(sites: Mapping[str, str], sizes: Mapping[str, int], key: bytes, purpose: str) -> list[Drawn]:
    """Return a plain sample of each site's items; `sites` maps item to site, `sizes` site to number."""
    by_site: dict[str, list[str]] = {}
    for item, site in sites.items():
        by_site.setdefault(site, []).append(item)
    return [
        Drawn(site, site, len(items), draw(items, sizes.get(site, 0), key, f"{purpose}/{site}"))
        for site, items in sorted(by_site.items())
    ]
