"""Candidate studies and their images by site and one property: what charts are drawn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa

from cxrforge.catalogue.schema import image, study

UNKNOWN = "unknown"
_IN = ("accepted", "review")
_KEPT_ROLES = ("primary", "lateral")


def study_histogram(connection: sa.Connection, column: str) -> Mapping[str, Mapping[str, int]]:
    """Return for each site how many candidate studies have each value of a study column; null is `unknown`."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    chosen = study.c[column]
    query = sa.select(study.c.site, chosen, sa.func.count()).where(study.c.state.in_(_IN))
    for site, value, number in connection.execute(query.group_by(study.c.site, chosen)):
        counts[site][UNKNOWN if value is None else str(value)] = number
    return counts


def image_histogram(connection: sa.Connection, column: str) -> Mapping[str, Mapping[str, int]]:
    """Return for each site how many images of candidate studies have each value of an image column."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    chosen = image.c[column]
    query = sa.select(image.c.site, chosen, sa.func.count()).join(study, study.c.id == image.c.study)
    query = query.where(study.c.state.in_(_IN), image.c.role.in_(_KEPT_ROLES)).group_by(image.c.site, chosen)
    for site, value, number in connection.execute(query):
        counts[site][UNKNOWN if value is None else str(value)] = number
    return counts
