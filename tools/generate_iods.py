"""Write `tables/iods.json` from the module maps that highdicom's wheel carries (PS3.3 as JSON).

    python tools/generate_iods.py FOLDER_OF_MAPS src/cxrforge/tables/iods.json

Only the IODs of radiography and its neighbours are taken; everything else is handled by the common modules alone.
An attribute is `"type"` or, for a sequence, `["type", {attributes of its items}]`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

IODS = (
    "computed-radiography-image",
    "digital-x-ray-image",
    "digital-mammography-x-ray-image",
    "digital-intra-oral-x-ray-image",
    "secondary-capture-image",
    "multi-frame-single-bit-secondary-capture-image",
    "multi-frame-grayscale-byte-secondary-capture-image",
    "multi-frame-grayscale-word-secondary-capture-image",
    "multi-frame-true-color-secondary-capture-image",
    "x-ray-angiographic-image",
    "x-ray-radiofluoroscopic-image",
    "ct-image",
)
COMMON = (
    "patient",
    "general-study",
    "patient-study",
    "general-series",
    "frame-of-reference",
    "general-equipment",
    "general-acquisition",
    "general-image",
    "general-reference",
    "image-pixel",
    "multi-frame",
    "modality-lut",
    "voi-lut",
    "sop-common",
    "common-instance-reference",
)
STRICTNESS = ("3", "2C", "2", "1C", "1")


def tree(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a module's flat list as a tree of keywords."""
    root: dict[str, Any] = {}
    for attribute in sorted(attributes, key=lambda a: len(a["path"])):
        level = root
        for parent in attribute["path"]:
            entry = level[parent]
            if isinstance(entry, str):
                entry = level[parent] = [entry, {}]
            level = entry[1]
        old = level.get(attribute["keyword"])
        if old is None:
            level[attribute["keyword"]] = attribute["type"]
        else:
            kept = old if isinstance(old, str) else old[0]
            strictest = max(kept, attribute["type"], key=STRICTNESS.index)
            level[attribute["keyword"]] = strictest if isinstance(old, str) else [strictest, old[1]]
    return root


def main(folder: str, target: str) -> None:
    """Write modules, IODs (module and usage) and SOP classes."""
    maps = {
        name: json.loads((Path(folder) / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("iod_module_map", "module_attribute_map", "sop_class_iod_map")
    }
    iods = {iod: [[m["key"], m["usage"]] for m in maps["iod_module_map"][iod]] for iod in IODS}
    iods["common"] = [[module, "U"] for module in COMMON]
    wanted = sorted({module for modules in iods.values() for module, _ in modules})
    table = {
        "sop_classes": {uid: iod for uid, iod in sorted(maps["sop_class_iod_map"].items()) if iod in IODS},
        "iods": iods,
        "modules": {module: tree(maps["module_attribute_map"].get(module, [])) for module in wanted},
    }
    Path(target).write_text(json.dumps(table, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
