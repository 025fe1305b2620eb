"""Boxes in COCO's object detection format (cocodataset.org, `instances` JSON)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cxrforge.formats.release_tables import BoxRow, ImageRow, image_path

CATEGORIES: tuple[str, ...] = ("Cardiomegaly", "Pleural Effusion")


def coco_instances(name: str, version: str, images: Iterable[ImageRow], boxes: Iterable[BoxRow]) -> dict[str, Any]:
    """Return the COCO object: every image, and the boxes that a person confirmed.

    Numbers are given in the order of paths and boxes, so the same content gets the same numbers; `bbox` is
    [left, top, width, height] in stored image pixels.
    """
    ordered = sorted(images, key=image_path)
    numbers = {row.image: number for number, row in enumerate(ordered, 1)}
    confirmed = sorted(
        (b for b in boxes if b.status == "confirmed" and b.image in numbers),
        key=lambda b: (numbers[b.image], b.category, b.box),
    )
    return {
        "info": {"description": f"{name} {version}: boxes confirmed by a person", "version": version},
        "images": [
            {
                "id": numbers[row.image],
                "file_name": image_path(row),
                "width": row.columns,
                "height": row.rows,
                "image": row.image,
                "study": row.study,
            }
            for row in ordered
        ],
        "annotations": [
            {
                "id": number,
                "image_id": numbers[b.image],
                "category_id": CATEGORIES.index(b.category) + 1,
                "bbox": list(b.box),
                "area": b.box.w * b.box.h,
                "iscrowd": 0,
                **({"side": b.side} if b.side else {}),
            }
            for number, b in enumerate(confirmed, 1)
        ],
        "categories": [
            {"id": number, "name": category, "supercategory": "finding"}
            for number, category in enumerate(CATEGORIES, 1)
        ],
    }
