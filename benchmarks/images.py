"""Figures of the imaging room on real images: view, anatomy, ratios, quality verdicts, depth, speed.

    python benchmarks/images.py [DATA] [SECTION...]

DATA is the folder of real material (default: `CXRFORGE_SHARED_DATA`). Each line names the figure, its floor from
docs/images.md and how many images it rests on. The method's own cross-validated figures come from `tools/train_view.py`
and `tools/train_segmentation.py`; here the shipped weights are measured.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from cxrforge.imaging.depth import effective_bits, judge_depth
from cxrforge.imaging.facts import image_facts
from cxrforge.imaging.inspection import inspect_image
from cxrforge.imaging.quality import rotation, sharpness
from cxrforge.imaging.segmentation import SIDE, Anatomy, cardiothoracic_ratio, segment
from cxrforge.imaging.view import judge_view
from cxrforge.records import ImageFacts

Plane = NDArray[np.float32]


def say(name: str, value: float, floor: str, count: int) -> None:
    print(f"{name:58} {value:8.4f}   floor {floor:8} n={count}", flush=True)


def grey(path: Path) -> Plane:
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open() as file:
        yield from csv.DictReader(file)


def view(data: Path) -> None:
    """Frontal against lateral, quarter turns and mirroring by the shipped weights, on images they never saw."""
    right: dict[str, list[bool]] = {"lateral": [], "turn": [], "mirror": [], "real laterals called lateral": []}
    pictures = [
        (data / "images/covid" / row["file"], row["view"] == "L")
        for row in rows(data / "images/covid/metadata.csv")
        if not row["license"].startswith("CC BY 3")
    ]
    pictures += [(path, False) for path in sorted((data / "images/openist").glob("*[0-9].jpg"))]
    for path, lateral in pictures:
        shown = grey(path)
        seen = judge_view(shown)
        right["lateral"].append(seen.lateral == lateral)
        if lateral:
            right["real laterals called lateral"].append(seen.lateral)
        else:
            right["mirror"].append(judge_view(np.ascontiguousarray(shown[:, ::-1])).mirrored)
            right["mirror"].append(not seen.mirrored)
        for quarter in range(4):
            right["turn"].append(judge_view(np.ascontiguousarray(np.rot90(shown, -quarter))).turned == 90 * quarter)
    floors = {"lateral": ".995", "turn": ".99", "mirror": ".95"}
    for question, found in right.items():
        say(f"view, unseen images, {question}", float(np.mean(found)), floors.get(question, "-"), len(found))


def dice(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float(2 * (found & truth).sum() / max(1, found.sum() + truth.sum()))


def full(anatomy: Anatomy) -> NDArray[np.uint8]:
    """Return the labels at image size."""
    c = anatomy.canvas
    height, width = round(c.rows * c.scale), round(c.columns * c.scale)
    inner = anatomy.labels[c.top : c.top + height, c.left : c.left + width]
    return np.asarray(cv2.resize(inner, (c.columns, c.rows), interpolation=cv2.INTER_NEAREST), np.uint8)


def anatomy(data: Path) -> None:
    """Dice of the shipped weights against radiologists' masks and OpenIST's lung masks; none was seen in training."""
    scores: dict[str, list[float]] = {"lungs": [], "heart": [], "heart box IoU": []}
    trusted = []
    for row in rows(data / "images/segmentation/metadata.csv"):
        shown = grey(data / "images/segmentation" / row["file"])
        truth = cv2.imread(str(data / "images/segmentation" / row["mask"]), cv2.IMREAD_GRAYSCALE)
        truth = cv2.resize(truth, shown.shape[::-1], interpolation=cv2.INTER_NEAREST)
        found = segment(shown)
        labels = full(found)
        trusted.append(found.trusted)
        scores["lungs"].append(dice(np.isin(labels, (1, 2)), np.isin(truth, (1, 2))))
        scores["heart"].append(dice(labels == 3, truth == 3))
        scores["heart box IoU"].append(_iou(labels == 3, truth == 3))
    say("Dice, lungs, shipped weights, radiologists' masks", float(np.mean(scores["lungs"])), ".90", len(trusted))
    say("Dice, cardiomediastinum, shipped weights", float(np.mean(scores["heart"])), ".85", len(trusted))
    say("share trusted", float(np.mean(trusted)), "-", len(trusted))
    kept = np.array(scores["lungs"])[np.array(trusted)]
    say("Dice, lungs, where trusted", float(kept.mean()) if len(kept) else 0.0, ".90", len(kept))
    say("heart box IoU >= .8", float((np.array(scores["heart box IoU"]) >= 0.8).mean()), ".90", len(trusted))
    masks = sorted((data / "images/openist").glob("*_mask.png"))
    lungs = []
    for path in masks:
        labels = full(segment(grey(path.with_name(path.name.replace("_mask.png", ".jpg")))))
        lungs.append(dice(np.isin(labels, (1, 2)), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 0))
    say("Dice, lungs, shipped weights, OpenIST", float(np.mean(lungs)), ".90", len(lungs))


def _iou(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    if not found.any() or not truth.any():
        return 0.0
    edges = []
    for mask in (found, truth):
        columns, lines = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
        edges.append((columns[0], lines[0], columns[-1] + 1, lines[-1] + 1))
    (a, b, c, d), (e, f, g, h) = edges
    common = max(0, min(c, g) - max(a, e)) * max(0, min(d, h) - max(b, f))
    return common / ((c - a) * (d - b) + (g - e) * (h - f) - common)


def outlines(data: Path) -> None:
    """The ratio code and the rotation measure on outlines drawn by people."""
    archive = np.load(data / "images/landmarks/contours.npz")
    ratios, asked, turned = [], [], []
    for name in sorted(key[2:] for key in archive.files if key.startswith("H/")):
        right, left, heart = archive[f"RL/{name}"], archive[f"LL/{name}"], archive[f"H/{name}"]
        size = int(max(part.max() for part in (right, left, heart))) + 8
        masks = [_filled(part, size) for part in (right, left, heart)]
        both = np.vstack([right, left])
        ratio = cardiothoracic_ratio(masks[0] | masks[1], masks[2])
        ratios.append(abs((ratio or 0) - np.ptp(heart[:, 0]) / np.ptp(both[:, 0])))
        if f"RCLA/{name}" in archive.files:
            ends = archive[f"RCLA/{name}"][:, 0].max(), archive[f"LCLA/{name}"][:, 0].min()
            middle = (both[:, 0].max() + both[:, 0].min()) / 2
            asked.append(abs((middle - ends[0]) - (ends[1] - middle)) / np.ptp(both[:, 0]) > 0.08)
            turned.append(abs(rotation(masks[0], masks[1]) or 0.0))
    say("cardiothoracic ratio against the outlines, worst error", float(max(ratios)), "<=.01", len(ratios))
    say("rotation against clavicle asymmetry > .08, AUC", _auc(turned, asked), ".95", len(asked))


def _filled(points: NDArray[np.float64], size: int) -> NDArray[np.bool_]:
    canvas = np.zeros((size, size), np.uint8)
    cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], 1)
    return canvas.astype(bool)


def _auc(scores: list[float], truth: list[bool]) -> float:
    order, true = np.argsort(np.argsort(scores)), np.array(truth)
    if not 0 < true.sum() < len(true):
        return float("nan")
    count = true.sum()
    return float((order[true].sum() - count * (count - 1) / 2) / (count * (~true).sum()))


def _facts(row: dict[str, str], shown: Plane) -> ImageFacts:
    return replace(
        image_facts(Dataset()),
        kind="primary",
        view=row["View Position"],
        view_source="ViewPosition",
        rows=shown.shape[0],
        columns=shown.shape[1],
        bits_stored=8,
        photometric_interpretation="MONOCHROME2",
        age_years=int(row["Patient Age"]),
    )


def quality(data: Path) -> None:
    """Verdicts and issues on the NIH PA images of adults."""
    verdicts: dict[str, Counter[str]] = {}
    values: dict[str, list[float]] = {}
    issues: Counter[str] = Counter()
    asked = count = 0
    for row in rows(data / "images/nih/metadata.csv"):
        if row["View Position"] != "PA" or int(row["Patient Age"]) < 18:
            continue
        count += 1
        shown = grey(data / "images/nih" / row["file"])
        stored = np.rint(shown * 255).astype(np.uint8)
        found = inspect_image(stored, shown, _facts(row, shown), has_header=False)
        for name, measure in found.quality.items():
            verdicts.setdefault(name, Counter())[measure.verdict] += 1
            if measure.value is not None:
                values.setdefault(name, []).append(measure.value)
        issues.update({issue.code for issue in found.issues})
        asked += any(measure.verdict != "pass" for measure in found.quality.values())
    say("quality, NIH PA, all checks: review or fail", asked / count, "<=.05", count)
    for name, counted in verdicts.items():
        say(f"quality, NIH PA, {name}: review or fail", 1 - counted["pass"] / count, "<=.05", count)
        if name in values:
            print(
                "   percentiles 1 2.5 5 50 95 97.5 99:",
                np.percentile(values[name], (1, 2.5, 5, 50, 95, 97.5, 99)).round(3),
            )
    print("   issues:", dict(issues))


def motion(data: Path) -> None:
    """A movement of 1.7 mm in a random direction on NIH PA images, told by sharpness alone."""
    rng = np.random.default_rng(0)
    still, moved = [], []
    for row in rows(data / "images/nih/metadata.csv"):
        if row["View Position"] != "PA":
            continue
        shown = grey(data / "images/nih" / row["file"])
        shown = cv2.resize(shown, (640, 640), interpolation=cv2.INTER_AREA) if max(shown.shape) > 640 else shown
        found = segment(shown)
        pitch = float(row["OriginalImagePixelSpacing[x"]) * float(row["OriginalImage[Width"]) / 640
        smeared = cv2.filter2D(shown, -1, _line(1.7 / pitch, rng.uniform(0, np.pi)), borderType=cv2.BORDER_REPLICATE)
        smeared = np.rint(np.clip(smeared + rng.normal(0, 0.004, smeared.shape), 0, 1) * 255).astype(np.float32) / 255
        values = sharpness(found, shown), sharpness(found, smeared)
        if found.trusted and values[0] is not None and values[1] is not None:
            still.append(values[0])
            moved.append(values[1])
    limit = float(np.percentile(still, 5))
    print(f"   5th percentile of sharpness {limit:.3f}")
    say("motion of 1.7 mm, recall at 5 % false alarms", float((np.array(moved) < limit).mean()), ".90", len(moved))


def _line(length: float, angle: float) -> Plane:
    """Return the kernel of a straight movement of `length` pixels."""
    kernel = np.zeros((15, 15), np.float32)
    for step in np.linspace(-length / 2, length / 2, 41):
        x, y = 7 + step * np.cos(angle), 7 + step * np.sin(angle)
        left, top = int(x), int(y)
        right, down = x - left, y - top
        kernel[top, left] += (1 - right) * (1 - down)
        kernel[top, left + 1] += right * (1 - down)
        kernel[top + 1, left] += (1 - right) * down
        kernel[top + 1, left + 1] += right * down
    return kernel / kernel.sum()


def depth(data: Path) -> None:
    """Stretched 8 bit and native depth: the site export's twelve bit images and one native CR, cut into parts."""
    from pydicom import dcmread

    stretched = []
    for path in sorted((data / "site-export/export/dicom").rglob("IM*")):
        ds = dcmread(path)
        if ds.BitsStored == 12:
            stretched.append(bool(judge_depth(effective_bits(ds.pixel_array), 12)))
    say("site export's stretched images flagged", float(np.mean(stretched)), "-", len(stretched))
    native = dcmread(data / "dicom/JLSN_RG1_JLSN.dcm").pixel_array
    tiles = [native[r : r + 600, c : c + 600] for r in range(0, 1300, 325) for c in range(0, 1200, 300)]
    flagged = [bool(judge_depth(effective_bits(tile), 15)) for tile in tiles]
    say("native CR flagged (sixteen tiles)", float(np.mean(flagged)), "<=.01", len(flagged))
    eight = [np.round((t - t.min()) / np.ptp(t) * 255) for t in tiles]
    rng = np.random.default_rng(0)
    for name, made in (
        ("x 16", [e * 16 for e in eight]),
        ("x 16.06", [np.round(e * 4095 / 255) for e in eight]),
        ("x 16 with noise of 4", [np.round(e * 16 + rng.normal(0, 4, e.shape)) for e in eight]),
        ("gamma .7", [np.round((e / 255) ** 0.7 * 4095) for e in eight]),
    ):
        found = [bool(judge_depth(effective_bits(m.astype(np.int64)), 12)) for m in made]
        say(f"stretched 8 bit, {name}, flagged", float(np.mean(found)), ".98", len(found))


def speed(data: Path) -> None:
    """Seconds for one image of 2500 by 3000, decode left out, one thread."""
    cv2.setNumThreads(1)
    small = grey(sorted((data / "images/nih").glob("*.png"))[0])
    shown = cv2.resize(small, (2500, 3000), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, 8, shown.shape)
    stored = np.clip(shown * 4095 + noise, 0, 4095).astype(np.uint16)
    facts = replace(image_facts(Dataset()), kind="primary", rows=3000, columns=2500, bits_stored=12, view="PA")
    inspect_image(stored, shown, facts)
    times = []
    for _ in range(3):
        started = time.process_time()
        inspect_image(stored, shown, facts)
        times.append(time.process_time() - started)
    say("seconds of CPU per 2500x3000 image, without decode", min(times), "<=1.0", 3)


SECTIONS = {f.__name__: f for f in (view, anatomy, outlines, quality, motion, depth, speed)}


def main() -> None:
    """Print the sections asked for, or all."""
    arguments = sys.argv[1:]
    folder = next((a for a in arguments if a not in SECTIONS), os.environ.get("CXRFORGE_SHARED_DATA", ""))
    if not Path(folder, "images").is_dir():
        sys.exit("name the folder of real material, or set CXRFORGE_SHARED_DATA")
    print(f"canvas {SIDE} pixels a side")
    for name in [a for a in arguments if a in SECTIONS] or list(SECTIONS):
        SECTIONS[name](Path(folder))


if __name__ == "__main__":
    main()
