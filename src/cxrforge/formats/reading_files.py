"""Readings in files: ours as JSON and CSV, boxes as COCO, and what CVAT and Label Studio write.

A row of ours names the item (`entity`), the reader's slot, and the reading as `audit.readings` describes it. CSV holds
the labels alone: one row for each item, a column for each observation, CheXpert's values (1, 0, -1, blank).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from cxrforge.errors import UsageError
from cxrforge.records import OBSERVATIONS


@dataclass(frozen=True, slots=True)
class FoundReading:
    """A reading as a file holds it: of which item, and what was read."""

    entity: str  # an image or a study
    reading: Mapping[str, Any]
    slot: int | None = None
    seconds: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def read_readings(data: bytes, suffix: str) -> list[FoundReading]:
    """Return the readings of a file; `UsageError` where it is none of the forms above."""
    try:
        text = data.decode("utf-8-sig")
        if suffix.lower() == ".csv":
            return _from_csv(text)
        return _from_json(json.loads(text))
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise UsageError(
            "the file of readings cannot be used",
            expected="our CSV or JSON, or COCO boxes as CVAT and Label Studio write them",
            found=type(error).__name__,
        ) from None


def _from_csv(text: str) -> list[FoundReading]:
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows or "entity" not in rows[0] or not set(OBSERVATIONS) & set(rows[0]):
        raise KeyError("entity")
    found = []
    for row in rows:
        labels = {name: _label(row[name]) for name in OBSERVATIONS if name in row}
        slot = int(row["slot"]) if row.get("slot") else None
        seconds = float(row["seconds"]) if row.get("seconds") else None
        found.append(FoundReading(row["entity"], {"report_labels": labels}, slot, seconds))
    return found


def _label(value: str | None) -> int | None:
    return int(float(value)) if value and value.strip() else None


def _from_json(document: Any) -> list[FoundReading]:
    if isinstance(document, Mapping) and {"images", "annotations", "categories"} <= set(document):
        return _from_coco(document)
    rows = document["readings"] if isinstance(document, Mapping) else document
    return [FoundReading(str(r["entity"]), r["reading"], r.get("slot"), r.get("seconds")) for r in rows]


def _from_coco(document: Mapping[str, Any]) -> list[FoundReading]:
    """Return the boxes of a COCO file by image: named by `image`, or by the stem of its file's name."""
    categories = {row["id"]: str(row["name"]) for row in document["categories"]}
    names = {row["id"]: str(row.get("image") or image_of(row["file_name"])) for row in document["images"]}
    boxes: dict[str, list[dict[str, Any]]] = {name: [] for name in names.values()}
    for number, row in enumerate(document["annotations"], 1):
        image = names[row["image_id"]]
        box = {"id": f"coco-{row.get('id', number)}", "image": image, "category": categories[row["category_id"]]}
        boxes[image].append(box | {"bbox": [float(v) for v in row["bbox"]], "source": "imported"})
    return [FoundReading(image, {"boxes": rows}) for image, rows in boxes.items()]


def image_of(file_name: str) -> str:
    """Return the image that a file was exported as: its name without folders, suffix and Label Studio's prefix."""
    return PurePosixPath(file_name.replace("\\", "/")).stem.rpartition("-")[2]


def readings_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return readings as CSV: who read what, the labels, CheXpert's values."""
    buffer = io.StringIO()
    columns = ("audit", "entity", "site", "stratum", "probability", "slot", "reader", "simulated", "seconds")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*columns, *OBSERVATIONS])
    for row in rows:
        labels = row["reading"].get("report_labels", {})
        values = ["" if labels.get(name) is None else labels[name] for name in OBSERVATIONS]
        writer.writerow([*(row[c] for c in columns), *values])
    return buffer.getvalue()


def boxes_coco(rows: Iterable[Mapping[str, Any]], sizes: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """Return the boxes of readings as COCO; `sizes` gives rows and columns of each image.

    `bbox` is [left, top, width, height] in stored pixels from the top left corner of the first pixel, as drawn.
    """
    found = [(box, row) for row in rows for box in row["reading"].get("boxes", ()) if box["image"] in sizes]
    images = sorted({box["image"] for box, _ in found})
    categories = sorted({box["category"] for box, _ in found})
    numbers = {name: n for n, name in enumerate(images, 1)}
    kinds = {name: n for n, name in enumerate(categories, 1)}
    return {
        "info": {"description": "boxes drawn or confirmed by readers"},
        "images": [
            {"id": numbers[i], "file_name": f"{i}.dcm", "image": i, "height": sizes[i][0], "width": sizes[i][1]}
            for i in images
        ],
        "annotations": [
            {
                "id": n,
                "image_id": numbers[box["image"]],
                "category_id": kinds[box["category"]],
                "bbox": list(box["bbox"]),
                "area": box["bbox"][2] * box["bbox"][3],
                "iscrowd": 0,
                "reader": row["reader"],
                "simulated": row["simulated"],
            }
            for n, (box, row) in enumerate(found, 1)
        ],
        "categories": [{"id": n, "name": name, "supercategory": "finding"} for name, n in kinds.items()],
    }
