"""What a release takes from the audits: statistics, readings beside the program's labels, boxes that people drew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cxrforge.audit.readings import LABEL_VALUES
from cxrforge.audit.results import DoneReading, by_entity, reference
from cxrforge.auditing.findings import label_audit
from cxrforge.auditing.statistics import identifier_json, label_results_json
from cxrforge.catalogue import audits as rows
from cxrforge.formats.coco import CATEGORIES
from cxrforge.formats.release_tables import BoxRow, ReadingRow
from cxrforge.records import OBSERVATIONS, Box


@dataclass(frozen=True, slots=True)
class Published:
    """What the audits give to a release; `simulated` names the audits whose readings are made up."""

    label_audit: Mapping[str, Any] | None
    phi_audit: Mapping[str, Any] | None
    readings: Sequence[ReadingRow]
    boxes: Sequence[BoxRow]
    simulated: tuple[str, ...]


def published(
    connection: sa.Connection,
    thresholds: Mapping[str, float],
    studies: Mapping[str, set[str]],
    without: Sequence[str] = (),
) -> Published:
    """Return what the audits say of the studies of a release; `studies` maps each to its images.

    `without` names sites that are left out. Readers are numbered: no name and no lasting id of theirs leaves.
    """
    found = label_audit(connection)
    label = label_results_json(found, thresholds["label-audit.floor"]) if found and found.read else None
    parts = {
        k: identifier_json(connection, f"{k}-phi", thresholds[f"phi-audit.{k}"], without) for k in ("images", "reports")
    }
    phi = parts if any(parts.values()) else None
    simulated = ["label audit"] if label and label["simulated"] else []
    simulated += [f"identifier audit of {k}" for k, part in parts.items() if part and part["simulated"]]
    readings, boxes = _readings(connection, studies)
    return Published(label, phi, readings, boxes, tuple(f"readings of the {name}" for name in simulated))


def _readings(connection: sa.Connection, studies: Mapping[str, set[str]]) -> tuple[list[ReadingRow], list[BoxRow]]:
    every = []
    for audit in rows.audits(connection):
        if audit.kind == "label":
            items = {i.entity: i for i in rows.audit_items(connection, audit.id)}
            done = by_entity([r for r in rows.done_readings(connection, audit.id) if r.entity in studies])
            every += [(audit, items[entity], readings) for entity, readings in sorted(done.items())]
    numbers = {p: n for n, p in enumerate(sorted({r.person for _, _, rs in every for r in rs}), 1)}
    found: list[ReadingRow] = []
    boxes: dict[tuple[str, str, Box], BoxRow] = {}
    for audit, item, readings in every:
        counts = reference(readings)
        for r in readings:
            found.append(
                ReadingRow(
                    study=item.entity,
                    site=item.site,
                    audit=audit.id,
                    slot=r.slot,
                    reader=f"reader {numbers[r.person]}",
                    counts=r is counts,
                    blinded=audit.blinded,
                    simulated=r.simulated,
                    stratum=item.stratum,
                    probability=item.probability,
                    labels={o: LABEL_VALUES[r.reading["report_labels"].get(o)] for o in OBSERVATIONS},
                )
            )
        if counts is not None and not counts.simulated:
            boxes |= {(b.image, b.category, b.box): b for b in _boxes(item.entity, counts, studies[item.entity])}
    return found, list(boxes.values())


def _boxes(study: str, reading: DoneReading, images: set[str]) -> list[BoxRow]:
    return [
        BoxRow(image=b["image"], study=study, category=b["category"], box=whole_pixels(b["bbox"]), status="confirmed")
        for b in reading.reading["boxes"]
        if b["image"] in images and b["category"] in CATEGORIES
    ]


def whole_pixels(bbox: Sequence[float]) -> Box:
    """Return the box of whole pixels nearest to a drawn one, at least one pixel wide and high."""
    x, y, w, h = bbox
    left, top = round(x), round(y)
    return Box(left, top, max(1, round(x + w) - left), max(1, round(y + h) - top))
