"""Radiographs of made-up people with their true masks, small, for training: both views, many builds and findings.

    python tools/synthetic_chests.py OUT.npz COUNT

    python tools/synthetic_chests.py OUT.npz COUNT frontal    frontal ones alone

Writes `frontal` and `lateral` (n, 256, 256) uint8, and `masks` (n, 256, 256) of the frontal ones: 1 right lung,
2 left lung, 3 heart, 4 mediastinum from the aortic arch down to the heart.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from cxrforge.synthetic import detector
from cxrforge.synthetic.anatomy import Build, Thorax, thorax
from cxrforge.synthetic.findings import KINDS, Finding, rendered
from cxrforge.synthetic.projection import COARSE, project
from cxrforge.synthetic.skeleton import skeleton
from cxrforge.synthetic.solids import Ellipsoid, View, turned
from cxrforge.synthetic.vasculature import tree

ROWS = 640
SIDE = 256


def person(seed: int):
    """Return one made-up person: body, signs, bones, vessels."""
    rng = np.random.default_rng(seed)
    build = Build(
        size=float(rng.uniform(0.75, 1.05)),
        girth=float(rng.uniform(0.92, 1.25)),
        heart=float(rng.uniform(0.8, 1.35)),
        width=float(rng.uniform(0.88, 1.08)),
        depth=float(rng.uniform(0.88, 1.2)),
        inspiration=float(rng.uniform(0.2, 1.0)),
        female=bool(rng.random() < 0.5),
        age=int(rng.integers(18, 90)),
    )
    kinds = rng.choice(sorted(KINDS), rng.choice([0, 0, 1, 2]), replace=False)
    sides = rng.choice(["right", "left"], len(kinds))
    findings = tuple(Finding(str(k), str(s), float(rng.uniform(0.1, 1))) for k, s in zip(kinds, sides, strict=True))
    plain = thorax(build, rng)
    body, signs = rendered(varied(plain, rng), findings, seed)
    return build, body, signs, skeleton(plain, rng), tree(body, rng), rng


def varied(body: Thorax, rng: np.random.Generator) -> Thorax:
    """Return the body with every organ a little other in place, size and lie: real people differ in more than build."""

    def other(solid: Ellipsoid, size: float, shift: float, lie: float) -> Ellipsoid:
        return replace(
            solid,
            centre=tuple(float(c + rng.normal(0, shift)) for c in solid.centre),
            semi=tuple(float(r * np.exp(rng.normal(0, size))) for r in solid.semi),
            tilt=solid.tilt if solid.open_top else tuple(float(t + rng.normal(0, lie)) for t in solid.tilt),
        )

    return replace(
        body,
        lungs={side: other(lung, 0.04, 3, 2.0) for side, lung in body.lungs.items()},
        domes={side: other(dome, 0.06, 5, 5) for side, dome in body.domes.items()},
        heart=tuple(other(part, 0.06, 4, 6) for part in body.heart),
        vessels=(*(other(part, 0.08, 3, 4) for part in body.vessels[:-2]), *body.vessels[-2:]),
    )


def mediastinum(body: Thorax, view: View, heart: np.ndarray) -> np.ndarray:
    """Return what readers outline with the heart: the great vessels from the top of the aortic arch down."""
    arch = np.flatnonzero((body.vessels[2].chord(view).length() > 0).any(1))
    found = np.any([vessel.chord(view).length() > 0 for vessel in body.vessels[1:6]], axis=0)
    rows = np.arange(found.shape[0])
    above = np.flatnonzero(heart.any(1))
    if not len(arch) or not len(above):
        return np.zeros_like(heart)
    found[(rows < arch[0]) | (rows > above[0] + 0.35 * len(above))] = False
    return (found & (heart < 0.5)).astype(np.float32)


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
    masks = dict(shadow.masks)
    masks["mediastinum"] = mediastinum(body, view.coarser(COARSE), masks["heart"])
    return detector.presentation(counts, look, technique) / 4095.0, masks


def small(picture: np.ndarray, method: int = cv2.INTER_AREA) -> np.ndarray:
    """Return a plane at the stored size."""
    return cv2.resize(picture.astype(np.float32), (SIDE, SIDE), interpolation=method)


def labelled(parts: dict[str, np.ndarray]) -> np.ndarray:
    """Return one plane of labels; the heart's lower end is rounded as readers draw it."""
    label = np.zeros((SIDE, SIDE), np.uint8)
    for value, name in ((4, "mediastinum"), (1, "right_lung"), (2, "left_lung"), (3, "heart")):
        label[small(parts[name], cv2.INTER_LINEAR) > 0.5] = value
    heart = (label == 3).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (21, 21))
    label[(heart > 0) & (cv2.morphologyEx(heart, cv2.MORPH_OPEN, disc) == 0)] = 0
    return label


def main() -> None:
    both = sys.argv[3:] != ["frontal"]
    frontal, lateral, masks = [], [], []
    for seed in range(int(sys.argv[2])):
        picture, parts = radiograph(seed, lateral=False)
        frontal.append((small(picture) * 255).astype(np.uint8))
        masks.append(labelled(parts))
        if both:
            lateral.append((small(radiograph(seed, lateral=True)[0]) * 255).astype(np.uint8))
    np.savez_compressed(Path(sys.argv[1]), frontal=frontal, lateral=lateral, masks=masks)


if __name__ == "__main__":
    main()
