"""Splits by patient: train, valid and test within each site, and one leave-one-site-out set per site.

The same patients under the same key get the same splits, in any order and on any machine.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from cxrforge.formats.release_tables import SplitRow

DEFAULT_SET = "default"
DEFAULT_SHARES: Mapping[str, float] = {"train": 0.8, "valid": 0.1, "test": 0.1}
_FILLED_FIRST = ("test", "valid", "train")


@dataclass(frozen=True, slots=True)
class SplitPatient:
    """What splitting looks at: a pseudonym, its site, the labels positive in any study, and whether people read one."""

    patient: str
    site: str
    positives: frozenset[str] = field(default_factory=frozenset)
    audited: bool = False


def assign_splits(
    patients: Iterable[SplitPatient],
    key: bytes,
    *,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    previous: Mapping[str, str] | None = None,
) -> tuple[SplitRow, ...]:
    """Return the default split of every patient.

    Each site is split by itself, each group of patients with the same rarest positive label in turn, so that both
    site and label are spread as evenly as whole patients allow. Within a group audited patients go to test and valid
    first; the rest is decided by a keyed hash. `previous` (pseudonym to split) keeps what an earlier release said.
    """
    everyone = sorted(patients, key=lambda p: (p.site, p.patient))
    rarity = Counter(label for p in everyone for label in p.positives)
    rows: list[SplitRow] = []
    overall: Counter[str] = Counter()
    for site, group in groupby(everyone, key=lambda p: p.site):
        chosen = _split_site(tuple(group), key, shares, previous or {}, rarity, overall)
        overall.update(chosen.values())
        rows += [SplitRow(set=DEFAULT_SET, patient=p, site=site, split=split) for p, split in chosen.items()]
    return tuple(sorted(rows))


def leave_one_site_out(default: Iterable[SplitRow]) -> tuple[SplitRow, ...]:
    """Return one set per site whose test split is that site alone; nothing for a single site.

    The other sites keep their valid patients; their train and test patients train.
    """
    rows = sorted(default)
    sites = sorted({row.site for row in rows})
    if len(sites) < 2:
        return ()
    return tuple(
        SplitRow(set=left_out_set(left_out), patient=row.patient, site=row.site, split=_left_out(row, left_out))
        for left_out in sites
        for row in rows
    )


def left_out_set(site: str) -> str:
    """Return the name of the set that leaves one site out."""
    return f"leave-out-{site}"


def patients_in_two_splits(rows: Iterable[SplitRow]) -> int:
    """Return how many patients stand in two splits of one set."""
    places: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        places.setdefault((row.set, row.patient), set()).add(row.split)
    return len({patient for (_, patient), splits in places.items() if len(splits) > 1})


def _left_out(row: SplitRow, site: str) -> str:
    if row.site == site:
        return "test"
    return "valid" if row.split == "valid" else "train"


def _split_site(
    patients: Sequence[SplitPatient],
    key: bytes,
    shares: Mapping[str, float],
    previous: Mapping[str, str],
    rarity: Mapping[str, int],
    overall: Mapping[str, int],
) -> dict[str, str]:
    """Return the split of each of one site's patients; `overall` counts the splits of the sites before it."""
    kept = {p.patient: previous[p.patient] for p in patients if previous.get(p.patient) in shares}
    counts = Counter(kept.values())
    fresh = sorted((p for p in patients if p.patient not in kept), key=lambda p: _stratum(p, rarity))
    chosen = dict(kept)
    for _, group in groupby(fresh, key=lambda p: _stratum(p, rarity)):
        members = sorted(group, key=lambda p: (not p.audited, _draw(key, p.patient)))
        seats = _seats(len(members), shares, counts, overall)
        chosen.update(zip((p.patient for p in members), seats, strict=True))
        counts.update(seats)
    return chosen


def _seats(number: int, shares: Mapping[str, float], taken: Mapping[str, int], overall: Mapping[str, int]) -> list[str]:
    """Return `number` seats, each given to the split that lags its share most, those of test and valid first.

    Ties within the site go to the split that lags most over all sites, so that small sites fill every split together.
    """
    counts = Counter(taken)
    seats: Counter[str] = Counter()

    def lag(split: str) -> tuple[float, float, str]:
        total = sum(counts.values()) + 1
        everywhere = sum(overall.values()) + total
        here = round(shares[split] * total - counts[split], 9)
        return here, round(shares[split] * everywhere - counts[split] - overall.get(split, 0), 9), split

    for _ in range(number):
        lagging = max(shares, key=lag)
        counts[lagging] += 1
        seats[lagging] += 1
    return [split for split in _FILLED_FIRST for _ in range(seats[split])]


def _stratum(patient: SplitPatient, rarity: Mapping[str, int]) -> tuple[int, str]:
    """Return the patient's rarest positive label, rarest first; those without one come last."""
    return min(((rarity[label], label) for label in patient.positives), default=(1 << 60, ""))


def _draw(key: bytes, patient: str) -> bytes:
    return hmac.new(key, b"split" + patient.encode(), hashlib.sha256).digest()
