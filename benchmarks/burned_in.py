"""Burned-in text: lines covered, needless redaction, markers kept and seconds, beside tesseract and plain rapidocr.

Run by hand: `python benchmarks/burned_in.py [--images 20] [--seed 1] [--offset 0] [--no-peers]`. Half of the images are
real radiographs of the shared data (skipped where it is absent), half are made up; each is brought to at least
2500×3000 pixels at 12 to 16 bits and gets six lines of text and one side or position marker.

A line counts as covered when 90 % of its ink is. Needless is what is redacted farther from planted ink than half its
height, without the text that the bare image already carries; that text is reported on its own, as a share of the image.
Peers redact every box they find. Seconds are CPU seconds of one core.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_THREAD_LIMIT", "1")

import cv2
import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

from burned_in_cases import Case, plant, real_bases, synthetic_bases
from cxrforge.dicom.display import display, to_uint8
from cxrforge.dicom.pixel_data import decode, encode
from cxrforge.pixels.redaction import make_redactor
from cxrforge.records import KnownIdentifiers

Finder = Callable[[Case], tuple[np.ndarray, float]]


def dataset(case: Case) -> Dataset:
    """Return the case as a JPEG Lossless radiograph, the commonest form of a large DX image."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.Rows, ds.Columns = case.stored.shape
    ds.SamplesPerPixel, ds.PixelRepresentation = 1, 0
    ds.PhotometricInterpretation = case.photometric
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, case.bits, case.bits - 1
    ds.PixelData = case.stored.tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta.TransferSyntaxUID = uid.JPEGLosslessSV1
    encode(ds, case.stored[None])
    return ds


def ours(case: Case) -> tuple[np.ndarray, float]:
    """Return where the redactor covered the case's pixels, and the CPU seconds of the whole examination."""
    ds = dataset(case)
    start = cpu()
    outcome = make_redactor()(ds, KnownIdentifiers())
    seconds = cpu() - start
    mask = np.zeros(case.stored.shape, bool)
    for x, y, w, h in (region.box for region in outcome.regions if region.decision == "redact"):
        mask[y : y + h, x : x + w] = True
    # Ink of the fill's own value does not change; all else that was covered does, and nothing outside a box.
    changed = decode(ds)[0] != case.stored
    assert not (changed & ~mask).any()
    return mask, seconds


def timed(find: Callable[[Case], np.ndarray]) -> Finder:
    """Return a finder that tells its CPU seconds, children's included."""

    def run(case: Case) -> tuple[np.ndarray, float]:
        start = cpu()
        mask = find(case)
        return mask, cpu() - start

    return run


def rendered(case: Case) -> np.ndarray:
    """Return the case as a viewer without any setting shows it."""
    ds = Dataset()
    ds.PhotometricInterpretation = case.photometric
    return to_uint8(display(ds, case.stored))


def tesseract(case: Case) -> np.ndarray:
    """Return the word boxes of tesseract's sparse-text mode with any confidence above 30."""
    mask = np.zeros(case.stored.shape, bool)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.png"
        cv2.imwrite(str(path), rendered(case))
        run = subprocess.run(
            ["tesseract", str(path), "-", "--psm", "11", "tsv"], capture_output=True, text=True, check=True
        )
    for row in csv.DictReader(io.StringIO(run.stdout), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["text"] and row["text"].strip() and float(row["conf"]) > 30:
            left, top, width, height = (int(row[k]) for k in ("left", "top", "width", "height"))
            mask[top : top + height, left : left + width] = True
    return mask


def rapidocr_at(side: int) -> Callable[[Case], np.ndarray]:
    """Return the plain rapidocr detector with the image's long side brought to `side`."""
    from rapidocr import RapidOCR

    engine = RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": side,
            "Det.limit_side_len": side,
            "Det.limit_type": "max",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )

    def find(case: Case) -> np.ndarray:
        image = cv2.cvtColor(rendered(case), cv2.COLOR_GRAY2BGR)
        result = engine(image, use_det=True, use_cls=False, use_rec=False)
        mask = np.zeros(case.stored.shape, np.uint8)
        for box in result.boxes if result.boxes is not None else []:
            cv2.fillConvexPoly(mask, np.round(box).astype(np.int32), 1)
        return mask.astype(bool)

    return find


def cpu() -> float:
    """Return CPU seconds of this process and its children."""
    return sum(
        u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


class Score:
    """Sums over the cases of one method."""

    def __init__(self) -> None:
        self.lines: list[bool] = []
        self.markers: list[bool] = []
        self.needless: list[float] = []
        self.seconds: list[float] = []
        self.missed: list[str] = []

    def add(self, case: Case, mask: np.ndarray, own: np.ndarray, seconds: float) -> None:
        """Count one case's mask."""
        rest = mask & ~own
        for line in case.lines:
            rows, columns = line.ink.shape
            covered = mask[line.top : line.top + rows, line.left : line.left + columns][line.ink].mean()
            room = max(6, line.height // 2)
            rest[
                max(0, line.top - room) : line.top + rows + room, max(0, line.left - room) : line.left + columns + room
            ] = False
            if line.marker:
                self.markers.append(covered < 0.1)
            else:
                self.lines.append(covered >= 0.9)
                if covered < 0.9:
                    self.missed.append(
                        f"{case.name[:24]}: {line.face}, {line.height} px, turn {line.turn}, "
                        f"contrast {line.contrast:.2f}, covered {covered:.2f}"
                    )
        self.needless.append(float(rest.mean()))
        self.seconds.append(seconds)

    def row(self, name: str) -> str:
        """Return one line of the table."""
        lines = f"{np.mean(self.lines):.3f} ({sum(self.lines)}/{len(self.lines)})"
        return (
            f"| {name} | {lines} | {np.mean(self.needless):.3%} "
            f"| {max(self.needless):.2%} | {np.mean(self.markers):.3f} ({len(self.markers)}) "
            f"| {np.median(self.seconds):.2f} |"
        )


def main() -> None:
    """Run the methods over the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=20, help="images of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0, help="first real image")
    parser.add_argument("--no-peers", action="store_true")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CXRFORGE_SHARED_DATA", beside)))
    args = parser.parse_args()
    methods: dict[str, Finder] = {"cxrforge": ours}
    if not args.no_peers:
        methods |= {f"rapidocr detector @{side}": timed(rapidocr_at(side)) for side in (1600, 2048)}
        if shutil.which("tesseract"):
            methods["tesseract --psm 11"] = timed(tesseract)
    kinds = {"synthetic": synthetic_bases(args.seed, args.images)}
    if args.data.is_dir():
        kinds["real"] = real_bases(args.data, args.offset, args.images)
    decoding: list[float] = []
    for kind, bases in kinds.items():
        scores = {name: Score() for name in methods}
        own_shares = []
        for name, base in bases:
            case = plant(name, base, args.seed)
            own = (
                ours(plant(name, base, args.seed, lines=-1))[0] if kind == "real" else np.zeros(case.stored.shape, bool)
            )
            own_shares.append(float(own.mean()))
            ds = dataset(case)
            start = cpu()
            decode(ds)
            decoding.append(cpu() - start)
            for method, find in methods.items():
                mask, seconds = find(case)
                scores[method].add(case, mask, own, seconds)
        print(f"\n{kind}, {len(bases)} images (the bare images' own text: {np.mean(own_shares):.3%} of the pixels)\n")
        print("| method | lines covered | needless, mean | needless, worst | markers kept | CPU s, median |")
        print("|---|---|---|---|---|---|")
        for method, score in scores.items():
            print(score.row(method))
        for missed in scores["cxrforge"].missed:
            print("  missed", missed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nplain decode: {np.median(decoding):.2f} s; peak memory of the run {peak:.0f} MiB")


if __name__ == "__main__":
    main()
