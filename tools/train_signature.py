"""Train the projection of `cxrforge.imaging.duplicates`: what tells images apart and stays under crop and contrast.

    python tools/train_signature.py DATA SYNTHETIC.npz OUT.npz

Linear discriminants (Fisher 1936): images of one group are one NIH radiograph (free use with citation) or one made-up
person (`synthetic_chests.py`), cropped, re-exposed and windowed at random; its mirror image is another group.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import cv2
import numpy as np
from scipy.linalg import eigh

from cxrforge.imaging.duplicates import LENGTH, SIGHT, local_contrast, unit

VARIANTS = 6
RIDGE = 1e-4


def vary(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Crop up to 3.5 % a side, bend the grey scale, cut both its ends."""
    rows, columns = image.shape
    top, bottom, left, right = rng.uniform(0, 0.035, 4)
    part = image[int(rows * top) : rows - int(rows * bottom), int(columns * left) : columns - int(columns * right)]
    low, high = rng.uniform(0, 0.12), rng.uniform(0.84, 1)
    return np.clip((part ** rng.uniform(0.6, 1.7) - low) / (high - low), 0, 1).astype(np.float32)


def main(data: Path, made_up: Path, out: Path) -> None:
    rng = np.random.default_rng(5)
    names = [data / "images/nih" / row["file"] for row in csv.DictReader((data / "images/nih/metadata.csv").open())]
    images = [cv2.imread(str(name), cv2.IMREAD_GRAYSCALE) for name in names]
    with np.load(made_up) as archive:
        images += [*archive["frontal"][:60], *archive["lateral"][:60]]
    groups = []
    for grey in images:
        image = grey.astype(np.float32) / 255
        for side in (image, np.ascontiguousarray(image[:, ::-1])):
            group = [side, *(vary(side, rng) for _ in range(VARIANTS))]
            groups.append([unit(local_contrast(one).ravel()) for one in group])
    values = np.array(groups, np.float64)
    mean = values.mean((0, 1))
    inside = (values - values.mean(1, keepdims=True)).reshape(-1, SIGHT**2)
    within = inside.T @ inside / len(inside)
    between = np.cov(values.mean(1).T)
    _, vectors = eigh(between, within + RIDGE * np.eye(SIGHT**2))
    weights = vectors[:, ::-1][:, :LENGTH]
    np.savez_compressed(out, weights=weights.astype(np.float16), mean=mean.astype(np.float32))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
