"""What the state page shows: where the workspace stands, and what its studies are made of, site by site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from cxrforge.catalogue.histograms import image_histogram, study_histogram
from cxrforge.config import Settings
from cxrforge.formats.statistics import Suppressed, suppress
from cxrforge.standing import Standing, standing

BY_STUDY = ("year", "manufacturer", "age_decade", "sex", "indication")
BY_IMAGE = ("view", "quality")
SMALLEST_CELL = 10
"""Counts of studies under this are withheld from everyone who looks at the page."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The standing, and candidate studies and images by site and property.

    `studies` has its small cells withheld; `images` counts images by view and by quality verdict.
    """

    standing: Standing
    studies: Mapping[str, Suppressed]
    images: Mapping[str, Mapping[str, Mapping[str, int]]]


def overview(connection: sa.Connection, settings: Settings, day: str) -> Overview:
    """Return what the state page shows; papers and registers are judged by `day` (YYYY-MM-DD)."""
    return Overview(
        standing=standing(connection, settings, day),
        studies={n: suppress(study_histogram(connection, n), SMALLEST_CELL) for n in BY_STUDY},
        images={name: image_histogram(connection, name) for name in BY_IMAGE},
    )
