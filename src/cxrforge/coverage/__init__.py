"""The acceptance criteria evaluated: what was measured against its thresholds, site by site, in plain words.

Pure over a `Measures`; the catalogue fills it. What was not measured is not met, and says so.
"""

from __future__ import annotations

from cxrforge.coverage.measures import LabelCounts, Measures, ReadingAudit, ReleaseClass, SiteMeasures
from cxrforge.coverage.rules import evaluate
from cxrforge.records import CriterionState, SiteState

__all__ = [
    "CriterionState",
    "LabelCounts",
    "Measures",
    "ReadingAudit",
    "ReleaseClass",
    "SiteMeasures",
    "SiteState",
    "evaluate",
]
