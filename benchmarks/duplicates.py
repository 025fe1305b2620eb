"""Repeats of images: recall under what archives do to them, false pairs, and the time for 40,000.

    python benchmarks/duplicates.py [DATA] [SECTION...]

DATA is the folder of real material (default: `CXRFORGE_SHARED_DATA`). `speed` needs none.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.imaging.duplicates import LENGTH, THUMB, WINDOWS, Fingerprint, Pair, find_pairs, fingerprint

Plane = NDArray[np.float32]


def say(name: str, value: float, floor: str, count: int) -> None:
    print(f"{name:58} {value:10.4f}   floor {floor:8} n={count}", flush=True)


def real_images(data: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield (patient, source file, path) of every real frontal or lateral image."""
    for row in csv.DictReader((data / "images/nih/metadata.csv").open()):
        yield "nih" + row["Patient ID"], row["file"], data / "images/nih" / row["file"]
    for row in csv.DictReader((data / "images/covid/metadata.csv").open()):
        yield "covid" + row["patientid"], row["file"], data / "images/covid" / row["file"]
    for row in csv.DictReader((data / "images/segmentation/metadata.csv").open()):
        yield "covid" + row["patientid"], row["source"], data / "images/segmentation" / row["file"]
    for path in sorted((data / "images/openist").glob("*[0-9].jpg")):
        yield "openist" + path.stem, path.name, path


def grey(path: Path) -> Plane:
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def cropped(image: Plane, share: float, rng: np.random.Generator) -> Plane:
    """Take `share` of the height and of the width away, from both ends as it comes."""
    rows, columns = image.shape
    top, left = int(rows * share * rng.random()), int(columns * share * rng.random())
    return image[top : top + int(rows * (1 - share)), left : left + int(columns * (1 - share))]


def through_jpeg(image: Plane) -> Plane:
    coded = cv2.imencode(".jpg", np.rint(image * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


CHANGES = {
    "JPEG of quality 60": (lambda image, rng: through_jpeg(image), ".99"),
    "gamma .6": (lambda image, rng: image**0.6, ".99"),
    "gamma 1.6": (lambda image, rng: image**1.6, ".99"),
    "narrower window": (lambda image, rng: np.clip((image - 0.12) / 0.74, 0, 1), "-"),
    "crop of 3 %": (lambda image, rng: cropped(image, 0.03, rng), ".95"),
    "crop of 25 %": (lambda image, rng: cropped(image, 0.25, rng), "-"),
    "crop of 3 % on every side": (lambda image, rng: cropped(image, 0.06, rng), "-"),
    "inverted": (lambda image, rng: 1 - image, ".95"),
    "mirrored": (lambda image, rng: np.ascontiguousarray(image[:, ::-1]), ".95"),
    "mirrored, inverted, cropped, gamma, JPEG": (
        lambda image, rng: through_jpeg(1 - cropped(image, 0.03, rng)[:, ::-1] ** 1.3),
        "-",
    ),
    "two fifths of the size": (lambda image, rng: cv2.resize(image, None, fx=0.4, fy=0.4), "-"),
}


def recall(data: Path) -> None:
    """Each change on every third real image: confirmed, and confirmed or doubtful."""
    rng = np.random.default_rng(0)
    images = [grey(path) for _, _, path in list(real_images(data))[::3]]
    prints = [fingerprint(image) for image in images]
    for name, (change, floor) in CHANGES.items():
        found = []
        for image, own in zip(images, prints, strict=True):
            pairs = list(find_pairs([own, fingerprint(np.asarray(change(image, rng), np.float32))]))
            found.append(pairs[0] if pairs else None)
        say(f"{name}, confirmed", float(np.mean([bool(p and p.confirmed) for p in found])), floor, len(found))
        say(f"{name}, confirmed or doubtful", float(np.mean([p is not None for p in found])), "-", len(found))


def real(data: Path) -> None:
    """Every pair of real images: what is found between patients, within patients, and between the two sets."""
    rows = list(real_images(data))
    patients, sources = [row[0] for row in rows], [Path(row[1]).stem for row in rows]
    pairs = list(find_pairs([fingerprint(grey(path)) for _, _, path in rows]))
    same = {(i, j) for i, a in enumerate(sources) for j in range(i + 1, len(rows)) if a == sources[j]}
    hit = {(p.first, p.second) for p in pairs if p.confirmed}
    say("in both images/covid and images/segmentation, found", float(np.mean([s in hit for s in same])), "1", len(same))
    others = [p for p in pairs if (p.first, p.second) not in same]
    apart = [p for p in others if patients[p.first] != patients[p.second]]
    count = len(rows) * (len(rows) - 1) // 2
    say("false pairs of different patients, confirmed", sum(p.confirmed for p in apart), "0", count)
    say("pairs of different patients, doubtful", sum(not p.confirmed for p in apart), "-", count)
    for pair in sorted(apart, key=lambda p: -p.correlation)[:6]:
        print(f"    {pair.correlation:.3f} {sources[pair.first]} {sources[pair.second]}")
    within = [p for p in others if patients[p.first] == patients[p.second]]
    say("other images of one patient, confirmed", sum(p.confirmed for p in within), "-", len(within))
    for pair in sorted(within, key=lambda p: -p.correlation)[:8]:
        print(f"    {pair.correlation:.3f} {sources[pair.first]} {sources[pair.second]}")
    say("other images of one patient, doubtful", sum(not p.confirmed for p in within), "-", len(within))


def speed(_data: Path, people: int = 8_000, wanted: int = 40_000) -> None:
    """Random fingerprints, one planted repeat: seconds of CPU for all pairs, which grow with the square."""
    rng = np.random.default_rng(0)
    centre = fingerprint(np.full((64, 64), 0.5, np.float32)).straight[0]
    straight, mirrored = (
        centre + rng.normal(0, 1, (people, len(WINDOWS), LENGTH)).astype(np.float32) for _ in range(2)
    )
    thumbs = rng.integers(0, 255, (people, THUMB, THUMB)).astype(np.uint8)
    prints = [Fingerprint(*row) for row in zip(straight, mirrored, thumbs, strict=True)]
    prints[people // 3] = prints[-1]
    started = time.process_time()
    found: list[Pair] = list(find_pairs(prints))
    seconds = (time.process_time() - started) * (wanted / people) ** 2
    say(f"CPU seconds for all pairs of {wanted:,}, from {people:,}", seconds, "<=300", people)
    say("planted repeat found", float(any(p.confirmed for p in found)), "1", 1)


SECTIONS = {f.__name__: f for f in (recall, real, speed)}


def main() -> None:
    """Print the sections asked for, or all."""
    arguments = sys.argv[1:]
    folder = Path(next((a for a in arguments if a not in SECTIONS), os.environ.get("CXRFORGE_SHARED_DATA", "")))
    names = [a for a in arguments if a in SECTIONS] or list(SECTIONS)
    for name in names:
        if name != "speed" and not (folder / "images").is_dir():
            print(f"{name}: left out, name the folder of real material or set CXRFORGE_SHARED_DATA")
            continue
        SECTIONS[name](folder)


if __name__ == "__main__":
    main()
