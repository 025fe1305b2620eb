"""Radiographs of made-up people with their true masks, small, for training: both views, many builds and findings.

    python tools/synthetic_chests.py OUT.npz COUNT

Writes `frontal` and `lateral` (n, 256, 256) uint8, and `masks` (n, 256, 256) of the frontal ones: 1 right lung,
2 left lung, 3 heart.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from cxrforge.synthetic import detector
from cxrforge.synthetic.anatomy import Build, thorax
from cxrforge.synthetic.findings import KINDS, Finding, rendered
from cxrforge.synthetic.projection import project
from cxrforge.synthetic.skeleton import skeleton
from cxrforge.synthetic.solids import View, turned
from cxrforge.synthetic.vasculature import tree

ROWS = 640
SIDE = 256


def person(seed: int):
    """Return one made-up person: body, signs, bones, vessels."""
    rng = np.random.default_rng(seed)
    build = Build(
        size=float(rng.uniform(0.75, 1.05)),
        girth=float(rng.uniform(0.92, 1.25)),
        heart=float(rng.uniform(0.8, 1.25)),
        width=float(rng.uniform(0.88, 1.08)),
        depth=float(rng.uniform(0.88, 1.2)),
        inspiration=float(rng.uniform(0.2, 1.0)),
        female=bool(rng.random() < 0.5),
        age=int(rng.integers(18, 90)),
    )
    kinds = rng.choice(sorted(KINDS), rng.choice([0, 0, 1, 2]), replace=False)
    sides = rng.choice(["right", "left"], len(kinds))
    findings = tuple(Finding(str(k), str(s), float(rng.uniform(0.1, 1))) for k, s in zip(kinds, sides, strict=True))
    body, signs = rendered(thorax(build, rng), findings, seed)
    return build, body, signs, skeleton(body, rng), tree(body, rng), rng


def radiograph(seed: int, lateral: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return one radiograph, 0..1 and bright where dense, and its masks."""
    build, body, signs, bones, vessels, rng = person(seed)
    columns = int(ROWS * rng.uniform(0.75, 1.1))
    pitch = float(rng.uniform(370, 460)) / ROWS / (0.35 + 0.65 * build.size)
    degrees = (90 + float(rng.normal(0, 5))) if lateral else float(rng.normal(0, 4))
    across, ray = turned(degrees)
    view = View(across, ray, ROWS, columns, pitch, (float(rng.normal(0, 12)), 12 + float(rng.normal(0, 14))))
    shadow = project(body, bones, vessels, signs, view, lateral, rng)
    technique = detector.Technique(
        dose=float(rng.uniform(1500, 14000)), scatter=float(rng.uniform(0.15, 0.6)),
        margins=tuple(float(m) for m in rng.uniform(0, 0.05, 4)),
    )  # fmt: skip
    slow, detail, curve = (float(rng.uniform(*ends)) for ends in ((0.5, 1), (0.9, 1.6), (0.6, 1.4)))
    look = detector.Look(12, slow, detail, curve, False, bool(rng.random() < 0.6))
    counts = detector.signal(shadow.loss, pitch, ROWS, columns, technique, rng)
    return detector.presentation(counts, look, technique) / 4095.0, shadow.masks


def small(picture: np.ndarray, method: int = cv2.INTER_AREA) -> np.ndarray:
    """Return a plane at the stored size."""
    return cv2.resize(picture.astype(np.float32), (SIDE, SIDE), interpolation=method)


def main() -> None:
    frontal, lateral, masks = [], [], []
    for seed in range(int(sys.argv[2])):
        picture, parts = radiograph(seed, lateral=False)
        label = np.zeros((SIDE, SIDE), np.uint8)
        for value, name in ((1, "right_lung"), (2, "left_lung"), (3, "heart")):
            label[small(parts[name], cv2.INTER_LINEAR) > 0.5] = value
        frontal.append((small(picture) * 255).astype(np.uint8))
        masks.append(label)
        lateral.append((small(radiograph(seed, lateral=True)[0]) * 255).astype(np.uint8))
    np.savez_compressed(Path(sys.argv[1]), frontal=frontal, lateral=lateral, masks=masks)


if __name__ == "__main__":
    main()
