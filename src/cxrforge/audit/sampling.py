"""Which items people read: drawn by a keyed hash, so that a draw can be repeated and nobody can choose."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping, Sequence

from cxrforge.audit.bounds import Stratum, sample_size_without_hits, stratified_upper


def draw(items: Iterable[str], number: int, key: bytes, purpose: str) -> tuple[str, ...]:
    """Return `number` of `items` (pseudonyms), every item with the same chance, in the order in which they are read.

    The order is a keyed hash of purpose and item: the same draw under the same key, another one for another purpose
    (name the round in it, so that a second draw is a new one), and a larger draw begins with the smaller.
    """
    message = purpose.encode() + b"\0"
    ranked = sorted(set(items), key=lambda item: hmac.new(key, message + item.encode(), hashlib.sha256).digest())
    if not 0 <= number <= len(ranked):
        raise ValueError(f"a draw of {number} from {len(ranked)} items")
    return tuple(ranked[:number])


def draw_by_stratum(
    strata: Mapping[str, Sequence[str]], share: float, key: bytes, purpose: str
) -> Mapping[str, tuple[str, ...]]:
    """Return at least the share `share` of each stratum's items, rounded up, one at least of any that has some."""
    return {
        name: draw(items, min(len(items), max(1, math.ceil(share * len(items) - 1e-9))), key, f"{purpose}/{name}")
        if items
        else ()
        for name, items in sorted(strata.items())
    }


def identifier_audit_sizes(populations: Mapping[str, int], share: float, confidence: float = 0.95) -> Mapping[str, int]:
    """Return how many items of each stratum to read so that, without a hit, the bound is at or under `share`.

    One sampling rate for all strata, so that no placement of faulty items hides much better than another.
    """
    total = sum(populations.values())
    if not total:
        return dict.fromkeys(populations, 0)
    size = sample_size_without_hits(total, share, confidence)
    while True:
        sizes = {name: min(n, math.ceil(size * n / total)) for name, n in populations.items()}
        strata = [Stratum(n, sizes[name]) for name, n in populations.items()]
        if stratified_upper(strata, confidence) <= share * total:
            return sizes
        size += 1  # whole items per stratum leave rates uneven: a few more make up for it
