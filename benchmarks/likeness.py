"""Contact sheets of made-up radiographs, alone for the documentation and beside real ones for judging by eye.

    python benchmarks/likeness.py [--count 40] [--seed 1] [--output docs/synthetic.png] [--beside FILE] [--shared DIR]

The sheet at `--output` holds made-up images alone. `--beside` writes made-up ones on the left and real ones on the
right, where real ones are there; such a sheet must not be published, for the real images' licences differ.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
from dataclasses import replace
from itertools import chain, zip_longest
from pathlib import Path

import cv2
import numpy as np
import pydicom

from cxrforge.synthetic import plan
from cxrforge.synthetic.consortium import reduced
from cxrforge.synthetic.contact_sheet import Grey, sheet, tile
from cxrforge.synthetic.examination import examined
from cxrforge.tables import synthetic_people

SIDE, COLUMNS = 150, 8


def main() -> None:
    """Write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("docs/synthetic.png"))
    parser.add_argument("--beside", type=Path)
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("CXRFORGE_SHARED_DATA", default)))
    arguments = parser.parse_args()
    made = made_up(arguments.count, arguments.seed)
    _write(arguments.output, sheet(made, COLUMNS))
    if arguments.beside:
        found = real(arguments.shared, arguments.count)
        halves = [sheet(tiles, COLUMNS // 2 + 1) for tiles in (made, found)]
        _write(arguments.beside, np.hstack([halves[0], np.full((halves[0].shape[0], 12), 255, np.uint8), halves[1]]))


def made_up(count: int, seed: int) -> list[Grey]:
    """Return tiles of good studies, two in three frontal."""
    planned = plan.consortium(3 * count, seed, len(synthetic_people.load().hospitals), reduced(512))
    tiles: list[Grey] = []
    for study in planned:
        wanted = "LATERAL" if len(tiles) % 3 == 2 else "PA"
        images = tuple(i for i in study.images if i.view == wanted and i.kind == "primary")
        if study.expect == "accept" and images and len(tiles) < count:
            written = examined(replace(study, images=images))[0]
            tiles.append(tile(pydicom.dcmread(io.BytesIO(written.data)), SIDE))
    return tiles


def real(shared: Path, count: int) -> list[Grey]:
    """Return tiles of real radiographs, two in three frontal; raise `SystemExit` where there are none."""
    frontal = [shared / "images" / "nih" / name for name in _named(shared / "images" / "nih", "PA")]
    lateral = [shared / "images" / "covid" / name for name in _named(shared / "images" / "covid", "L")]
    pairs = zip_longest(frontal[0::2], frontal[1::2], lateral)
    paths = [p for p in chain.from_iterable(pairs) if p and p.exists()][:count]
    if not paths:
        raise SystemExit("no real radiographs: name their folder with --shared")
    return [_picture(path) for path in paths]


def _named(folder: Path, view: str) -> list[str]:
    for table in sorted(folder.glob("*.csv")):
        with table.open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        names = [key for key in rows[0] if key.lower() == "file"]
        views = [key for key in rows[0] if "view" in key.lower()]
        if names and views:
            return [row[names[0]] for row in rows if row[views[0]] == view]
    return []


def _picture(path: Path) -> Grey:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    scale = SIDE / max(grey.shape)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:SIDE, :SIDE]
    canvas: Grey = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - small.shape[0]) // 2, (SIDE - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def _write(path: Path, picture: Grey) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(f"{path.name}: {picture.shape[1]} x {picture.shape[0]}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
