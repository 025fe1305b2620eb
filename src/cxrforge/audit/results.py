"""What finished readings come to: the program's labels against the readers', readers against each other, canaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxrforge.audit.agreement import Agreement, agreement
from cxrforge.audit.estimates import Design, Estimate, make_design, share
from cxrforge.audit.work import ADJUDICATION, FIRST, SECOND, AuditItem
from cxrforge.records import OBSERVATIONS

CLASSES: Mapping[str, int] = {"positive": 1, "negative": 0, "uncertain": -1}
"""Classes whose precision and recall are told, by their value in a reading; the fourth is "not mentioned"."""

Labels = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class DoneReading:
    """One finished reading."""

    assignment: str
    entity: str
    slot: int
    person: str
    reading: Mapping[str, Any]
    simulated: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class ClassResult:
    """How the program finds one class of one label: counts of the sample, shares of the population."""

    true_positive: int
    false_positive: int
    false_negative: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class LabelResult:
    """One label: each class against the readers, and the readers against each other (None without double reads)."""

    observation: str
    classes: Mapping[str, ClassResult]
    readers: Agreement | None


def reference(readings: Sequence[DoneReading]) -> DoneReading | None:
    """Return the reading that counts of those of one item: the adjudicator's, else the first, else the second."""
    by_slot = {r.slot: r for r in readings}
    return next((by_slot[slot] for slot in (ADJUDICATION, FIRST, SECOND) if slot in by_slot), None)


def by_entity(readings: Sequence[DoneReading]) -> dict[str, list[DoneReading]]:
    """Return readings by item."""
    found: dict[str, list[DoneReading]] = {}
    for reading in readings:
        found.setdefault(reading.entity, []).append(reading)
    return found


def label_results(
    items: Sequence[AuditItem],
    populations: Mapping[str, int],
    readings: Sequence[DoneReading],
    program: Mapping[str, Labels],
) -> dict[str, LabelResult]:
    """Return every label's result over the items that were read and that the program labels; empty without any."""
    of = by_entity(readings)
    read = [(i, r) for i in items if i.entity in program and (r := reference(of.get(i.entity, ())))]
    if not read:
        return {}
    design = make_design([i.stratum for i, _ in read], dict(populations))
    pairs = _pairs(of)
    found = {}
    for name in OBSERVATIONS:
        reader = [r.reading["report_labels"].get(name) for _, r in read]
        told = [program[i.entity][name] for i, _ in read]
        classes = {label: _class(design, told, reader, value) for label, value in CLASSES.items()}
        two = [(a["report_labels"].get(name), b["report_labels"].get(name)) for a, b in pairs]
        found[name] = LabelResult(name, classes, agreement(*zip(*two, strict=True)) if two else None)
    return found


def _pairs(of: Mapping[str, Sequence[DoneReading]]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    pairs = []
    for readings in of.values():
        by_slot = {r.slot: r.reading for r in readings}
        if FIRST in by_slot and SECOND in by_slot:
            pairs.append((by_slot[FIRST], by_slot[SECOND]))
    return pairs


def _class(design: Design, told: Sequence[int | None], reader: Sequence[int | None], value: int) -> ClassResult:
    said = np.array([v == value for v in told], dtype=float)
    seen = np.array([v == value for v in reader], dtype=float)
    both = said * seen
    return ClassResult(
        true_positive=int(both.sum()),
        false_positive=int((said - both).sum()),
        false_negative=int((seen - both).sum()),
        precision=share(design, both, said - both, said),
        recall=share(design, both, seen - both, 1 - said),
        f1=share(design, 2 * both, said + seen - 2 * both, np.ones_like(both)),
    )


def saw_canary(canary: Mapping[str, Any], marks: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether what was planted was marked: by a box that meets the planted one, or by a span that does."""
    for mark in marks:
        if "bbox" in mark and "bbox" in canary:
            x, y, w, h = mark["bbox"]
            left, top, width, height = canary["bbox"]
            if x < left + width and left < x + w and y < top + height and top < y + h:
                return True
        elif "start" in mark and "start" in canary and mark["start"] < canary["end"] and canary["start"] < mark["end"]:
            return True
    return False
