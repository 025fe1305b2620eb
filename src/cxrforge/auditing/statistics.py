"""Audit results as plain values: for `audit status`, and for the files under `statistics/` in a release."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.bounds import stratified_upper, wilson_interval
from cxrforge.audit.estimates import Estimate, more_to_reach
from cxrforge.audit.results import ClassResult, LabelResult
from cxrforge.audit.sampling import identifier_audit_sizes
from cxrforge.auditing.findings import LabelAudit, identifier_audit


def identifier_json(
    connection: sa.Connection, kind: str, wanted: float, without: Sequence[str] = ()
) -> dict[str, Any] | None:
    """Return an identifier audit's bound, what it takes to prove it, and how well the readers saw canaries."""
    found = identifier_audit(connection, kind, without)
    if found is None:
        return None
    bound = stratified_upper(found.strata) if found.population else 0
    sizes = identifier_audit_sizes({str(n): s.population for n, s in enumerate(found.strata)}, wanted)
    more = sum(max(0, sizes[str(n)] - s.sampled) for n, s in enumerate(found.strata))
    low, high = wilson_interval(found.canaries_found, found.canaries_planted)
    share = found.canaries_found / found.canaries_planted if found.canaries_planted else None
    return {
        "population": found.population,
        "read": found.sampled,
        "hits": found.hits,
        "upper_bound": bound / found.population if found.population else None,
        "wanted": wanted,
        "confidence": 0.95,
        "more_to_read": None if found.hits else more,
        "next": "mend the cause of the hits and draw again" if found.hits else "",
        "strata": [asdict(s) for s in found.strata],
        "sensitivity": {
            "planted": found.canaries_planted,
            "found": found.canaries_found,
            "share": share,
            "low": low,
            "high": high,
        },
        "simulated": found.simulated,
    }


def label_results_json(found: LabelAudit, floor: float) -> dict[str, Any]:
    """Return a label audit's results, label by label."""
    return {
        "audit": found.audit.id,
        "population": found.audit.population,
        "read": found.read,
        "read_twice": found.twice,
        "waiting_for_third_reader": found.waiting_for_third,
        "blinded": found.audit.blinded,
        "simulated": found.simulated,
        "confidence": 0.95,
        "floor": floor,
        "labels": {name: _label_json(result, floor) for name, result in found.labels.items()},
    }


def _label_json(result: LabelResult, floor: float) -> dict[str, Any]:
    row: dict[str, Any] = {name: _class_json(of_class) for name, of_class in result.classes.items()}
    positive = result.classes["positive"]
    needed = [more_to_reach(e, floor) for e in (positive.precision, positive.recall)]
    row["more_positives_to_reach_floor"] = None if None in needed else max(n or 0 for n in needed)
    row["readers"] = _plain(asdict(result.readers)) if result.readers else None
    return row


def _class_json(result: ClassResult) -> dict[str, Any]:
    return {
        "true_positive": result.true_positive,
        "false_positive": result.false_positive,
        "false_negative": result.false_negative,
        **{name: _estimate_json(getattr(result, name)) for name in ("precision", "recall", "f1")},
    }


def _estimate_json(found: Estimate) -> dict[str, Any]:
    return _plain({name: getattr(found, name) for name in ("value", "low", "high", "lower", "items")})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return numbers rounded to six digits, and none that JSON cannot hold."""

    def one(value: Any) -> Any:
        if isinstance(value, dict):
            return _plain(value)
        return (round(value, 6) if math.isfinite(value) else None) if isinstance(value, float) else value

    return {name: one(value) for name, value in values.items()}
