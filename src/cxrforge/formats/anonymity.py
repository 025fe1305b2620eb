"""How many patients share what the rows of a release say of them (k-anonymity, Sweeney 2002)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from cxrforge.formats.release_tables import StudyRow

QUASI_IDENTIFIERS: tuple[str, ...] = ("site", "language", "paediatric", "sex", "age_band")
"""The columns of the study table that say something of a person."""


def k_anonymity(studies: Iterable[StudyRow], smallest_cell: int) -> dict[str, Any]:
    """Return the size of the smallest group of patients who look alike, and how many patients are in small groups.

    A patient whose studies differ in one of the columns is counted in each group.
    """
    groups: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for row in studies:
        groups[tuple(getattr(row, name) for name in QUASI_IDENTIFIERS)].add(row.patient)
    carried = [name for n, name in enumerate(QUASI_IDENTIFIERS) if any(group[n] is not None for group in groups)]
    small = [patients for patients in groups.values() if len(patients) < smallest_cell]
    return {
        "columns": carried,
        "groups": len(groups),
        "k": min(map(len, groups.values()), default=0),
        "smallest_cell": smallest_cell,
        "groups_under_smallest_cell": len(small),
        "patients_in_groups_under_smallest_cell": len(set().union(*small)),
    }
