"""The whole line, stage by stage, beside a plain copy and a plain decode, and the budget towards 40,000 studies a day.

    python benchmarks/line.py [--studies 16] [--seed 7] [--folder DIR]

A made-up consortium at full matrix is generated, then taken in, run and released by a real workspace, serially and in
one process. Every figure is processor time (user and system), which a busy machine changes little; wall time stands
beside it. What is paid once (modules, tables, networks) is paid before on a consortium of three studies and shown
apart. Floors are taken over the very files that a stage worked on: a copy of them, and pydicom's `pixel_array`.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import platform
import pstats
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pydicom

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import make_policy
from cxrforge.formats.release_content import ReleaseContent
from cxrforge.formats.release_tree import write_release
from cxrforge.ingest.scan import open_source
from cxrforge.pixels.redaction import make_redactor
from cxrforge.records import KnownIdentifiers, from_plain
from cxrforge.releases import release_content
from cxrforge.runner import StageCount
from cxrforge.stages.stage import Stage
from cxrforge.synthetic.consortium import generate
from cxrforge.tables import synthetic_people
from cxrforge.workspace import Workspace

STUDIES, IMAGES, CORES, HOURS = 40_000, 60_000, 2, 24
HOSPITALS, WARM_STUDIES, COPIES = 3, 3, 200
BUDGET = {
    "ingest": 0.04,
    "screen": 0.005,
    "deidentify-image": 0.76,
    "examine-image": 0.14,
    "deidentify-report": 0.01,
    "label": 0.005,
    "select": 0.005,
    "release": 0.015,
}
"""Share of the day that each stage may take; what is left over is in reserve."""
OF_IMAGES = ("ingest", "screen", "deidentify-image", "examine-image")
LOOKED_INTO = 4
"""Images that the work inside `deidentify-image` is told apart on."""
PARTS = {
    "decode": ("dicom/pixel_data.py", "decode_fully"),
    "text detection (network)": ("pixels/ocr.py", "text_map"),
    "text reading (network)": ("pixels/ocr.py", "read"),
    "encode": ("dicom/pixel_data.py", "encode"),
}


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of processor and of wall clock."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Floors:
    """Processor seconds of a plain copy of what each stage reads, and of a plain decode of the images."""

    copy: dict[str, float]
    decode: float


class Clock:
    """Takes the time of named pieces of work; watches a run as its observer."""

    def __init__(self) -> None:
        self.taken: dict[str, Took] = {}
        self.items: dict[str, int] = {}
        self._began = Took(0, 0)

    def started(self, stage: Stage, pending: int) -> None:
        self.items[stage.name] = pending
        self._began = _now()

    def advanced(self, items: int) -> None:
        pass

    def finished(self, count: StageCount) -> None:
        self.taken[count.stage] = _since(self._began)

    @contextmanager
    def over(self, name: str) -> Iterator[None]:
        began = _now()
        yield
        self.taken[name] = _since(began)


def _now() -> Took:
    return Took(time.process_time(), time.perf_counter())


def _since(began: Took) -> Took:
    return Took(time.process_time() - began.cpu, time.perf_counter() - began.wall)


# ------------------------------------------------------------------ the line


def run_line(exports: Path, place: Path) -> tuple[Workspace, Clock]:
    """Take in every hospital under `exports`, run every stage and build a draft; the workspace comes back open."""
    Workspace.create(place).close()
    config = place / "cxrforge.toml"
    config.write_text(config.read_text("utf-8").replace('"processes"', '"serial"'), "utf-8")
    workspace, clock = Workspace(place), Clock()
    hospitals = synthetic_people.load().hospitals[:HOSPITALS]
    for hospital in hospitals:
        workspace.add_site(hospital.id, hospital.country, hospital.language)
    with clock.over("ingest"):
        clock.items["ingest"] = sum(workspace.ingest(exports / h.id, h.id).images for h in hospitals)
    workspace.run(clock)
    with clock.over("release"):
        clock.items["release"] = workspace.build_release("line", "0.1.0", allow_unmet=True).studies
    return workspace, clock


def release_at_scale(workspace: Workspace, folder: Path) -> tuple[float, float]:
    """Return what a release build takes once, and for each study, in processor seconds.

    The draft's own content is written, then the same with every study `COPIES` times under other names.
    """
    began = _now()
    with workspace.catalogue.read() as connection:
        content = release_content(
            connection,
            workspace.store,
            workspace.settings,
            workspace.vault.pseudonyms,
            name="line",
            version="1",
            title="",
            simulated=(),
            draft=True,
        )
    gathered = _since(began).cpu
    studies, taken = len(content.studies), []
    for name, one in (("one", content), ("many", repeated(content))):
        began = _now()
        write_release(folder / name, one)
        taken.append(_since(began).cpu)
    written = max(0.0, taken[1] - taken[0]) / (studies * (COPIES - 1))
    return max(0.0, taken[0] - written * studies), written + gathered / studies


def repeated(content: ReleaseContent) -> ReleaseContent:
    """Return the content with every study `COPIES` times, each time under other names."""

    def again(row: Any, number: int) -> Any:
        names = ("study", "patient", "image", "report")
        return replace(row, **{n: f"{getattr(row, n)}x{number}" for n in names if getattr(row, n, None)})

    def rows(found: Sequence[Any]) -> list[Any]:
        return [again(row, number) for number in range(COPIES) for row in found]

    images = [replace(i, row=again(i.row, number)) for number in range(COPIES) for i in content.images]
    many = {n: rows(getattr(content, n)) for n in ("studies", "reports", "labels", "boxes", "quality", "splits")}
    return replace(content, images=images, **many)


# ------------------------------------------------------------------ floors


def lay_out_sources(workspace: Workspace, folder: Path) -> list[tuple[Path, KnownIdentifiers, str]]:
    """Write the source of every de-identified image as a file of its own; return path, known identifiers and site."""
    folder.mkdir()
    objects = {path.stem for path in (workspace.folder / "store" / "images").rglob("*.dcm")}
    laid = []
    for site in workspace.sites():
        for name, record in workspace.vault.unseal_site("image", site.id):
            if name in objects:
                source = open_source(record["locator"])
                path = folder / f"{name}.dcm"
                path.write_bytes(source if isinstance(source, bytes) else source.read_bytes())
                laid.append((path, from_plain(KnownIdentifiers, record["known"]), site.id))
    return laid


def lay_out_reports(workspace: Workspace, folder: Path) -> list[Path]:
    """Write the report texts of each study as a file and return the paths."""
    folder.mkdir()
    paths = []
    for site in workspace.sites():
        for name, record in workspace.vault.unseal_site("study", site.id):
            paths.append(folder / f"{name}.txt")
            paths[-1].write_text("\n".join(d["text"] for d in record["documents"]), "utf-8")
    return paths


def seconds_each(work: Callable[[Path], object], paths: Sequence[Path], rounds: int = 1) -> float:
    """Return the processor seconds that `work` takes for one of `paths`, the least of some rounds over all of them."""
    totals = []
    for _ in range(rounds):
        began = time.process_time()
        for path in paths:
            work(path)
        totals.append(time.process_time() - began)
    return min(totals) / len(paths)


def measure_floors(workspace: Workspace, exports: Path, images: Sequence[Path], folder: Path) -> Floors:
    """Time a copy of what each stage reads, for each of its items, and a decode of the images."""
    target = folder / "copied"

    def copy(path: Path) -> None:
        shutil.copyfile(path, target)

    files = [path for path in exports.rglob("*") if path.is_file() and path.parent != exports]
    objects = sorted((workspace.folder / "store" / "images").rglob("*.dcm"))
    reports = lay_out_reports(workspace, folder / "reports")
    return Floors(
        copy={
            "ingest": seconds_each(copy, files, 3) * len(files),
            "deidentify-image": seconds_each(copy, images, 3) * len(images),
            "examine-image": seconds_each(copy, objects, 3) * len(objects),
            "deidentify-report": seconds_each(copy, reports, 3) * len(reports),
            "label": seconds_each(copy, reports, 3) * len(reports),
            "release": seconds_each(copy, objects, 3) * len(objects),
        },
        decode=seconds_each(lambda path: pydicom.dcmread(path).pixel_array, images),
    )


# ------------------------------------------------------------------ inside deidentify-image


def look_inside(laid: Sequence[tuple[Path, KnownIdentifiers, str]], workspace: Workspace, out: Path) -> dict[str, Took]:
    """Return what header and pixels take of one image, and the parts of the pixel work by the profiler."""
    chosen = laid[:: max(1, len(laid) // LOOKED_INTO)][:LOOKED_INTO]
    options = workspace.settings.deidentification_options

    def run(with_pixels: bool) -> Took:
        began = _now()
        for path, known, site in chosen:
            deidentify_object(
                path,
                out,
                policy=make_policy(options, site),
                pseudonyms=workspace.vault.pseudonyms,
                redactor=make_redactor() if with_pixels else None,
                known=known,
            )
        took = _since(began)
        return Took(took.cpu / len(chosen), took.wall / len(chosen))

    header, whole = run(False), run(True)
    profile = cProfile.Profile(time.process_time)
    profile.runcall(run, True)
    parts = _parts(pstats.Stats(profile), len(chosen))
    pixels = Took(whole.cpu - header.cpu, whole.wall - header.wall)
    rest = pixels.cpu - sum(parts.values())
    return {
        "header, hash and write": header,
        "pixels": pixels,
        **{f"  {name}": Took(cpu, 0) for name, cpu in parts.items()},
        "  rest (scaling, geometry, decisions)": Took(max(0.0, rest), 0),
    }


def _parts(stats: pstats.Stats, images: int) -> dict[str, float]:
    """Return cumulated seconds of an image by part; a function that is no longer there counts nothing."""
    rows = {(Path(f).as_posix(), name): row[3] for (f, _, name), row in stats.stats.items()}  # type: ignore[attr-defined]
    return {
        part: sum(seconds for (f, n), seconds in rows.items() if f.endswith(file) and n == name) / images
        for part, (file, name) in PARTS.items()
    }


# ------------------------------------------------------------------ printing


def print_line(clock: Clock, floors: Floors, warm: Clock, studies: int) -> None:
    """Print the table of stages beside their floors."""
    print(f"{'stage':<18}{'items':>12}{'CPU s':>9}{'wall s':>9}{'items/s/core':>14}{'× copy':>9}{'× decode':>10}")
    for name in BUDGET:
        took, items = clock.taken[name], clock.items[name]
        unit = "images" if name in OF_IMAGES else "studies"
        copy = f"{took.cpu / floors.copy[name]:.1f}" if name in floors.copy else "–"
        decode = f"{took.cpu / items / floors.decode:.2f}" if name.endswith("-image") else "–"
        print(
            f"{name:<18}{items:>4} {unit:<7}{took.cpu:>9.2f}{took.wall:>9.2f}"
            f"{items / took.cpu:>14.2f}{copy:>9}{decode:>10}"
        )
    cpu, wall = (sum(getattr(clock.taken[n], field) for n in BUDGET) for field in ("cpu", "wall"))
    print(f"{'whole line':<18}{studies:>4} studies{cpu:>9.2f}{wall:>9.2f}{studies / cpu:>14.3f}")
    copied = floors.copy["ingest"]
    print(f"plain copy of the export: {copied:.3f} s CPU ({cpu / copied:.0f} × for the whole line)")
    print(f"plain decode of one image (pydicom pixel_array): {floors.decode:.3f} s CPU")
    once = sum(took.cpu for took in warm.taken.values())
    print(f"before, on {WARM_STUDIES} studies, start-up included: {once:.1f} s CPU")


def print_budget(clock: Clock, release: tuple[float, float]) -> None:
    """Print what each stage may take of a day on two cores, what it takes, and the hours that come of it."""
    day = CORES * HOURS * 3600
    fixed, each = release
    print(f"{STUDIES:,} studies, {IMAGES:,} images, {CORES} cores, {HOURS} h: {day / STUDIES:.2f} s of CPU a study")
    print(f"{'stage':<18}{'share':>7}{'may take':>17}{'takes':>9}{'hours':>8}  fits")
    total = 0.0
    for name, share in BUDGET.items():
        count, unit = (IMAGES, "image") if name in OF_IMAGES else (STUDIES, "study")
        takes = each + fixed / STUDIES if name == "release" else clock.taken[name].cpu / clock.items[name]
        may, hours = day * share / count, takes * count / CORES / 3600
        total += hours
        fits = "yes" if takes <= may else "NO"
        print(f"{name:<18}{share:>7.1%}{may:>9.4f} s/{unit}{takes:>9.4f}{hours:>8.2f}  {fits}")
    reserve = 1 - sum(BUDGET.values())
    print(f"{'reserve':<18}{reserve:>7.1%}")
    fits = "yes" if total <= HOURS else "NO"
    print(f"{'whole line':<18}{'':>33}{total:>8.2f}  {fits}, at {HOURS / total:.2f} × the speed needed")
    print(f"release: {fixed:.2f} s once and {each * 1000:.1f} ms a study, from a build with every study {COPIES} times")


def processor() -> str:
    """Return the processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def measure(studies: int, seed: int, folder: Path) -> None:
    """Generate, warm up, run, measure and print."""
    generate(folder / "first", studies=WARM_STUDIES, seed=seed + 1, hospitals=HOSPITALS)
    generate(folder / "export", studies=studies, seed=seed, hospitals=HOSPITALS)
    first, warm = run_line(folder / "first", folder / "warm")
    workspace, clock = run_line(folder / "export", folder / "work")
    release = release_at_scale(workspace, folder)
    laid = lay_out_sources(workspace, folder / "sources")
    floors = measure_floors(workspace, folder / "export", [path for path, _, _ in laid], folder)
    inside = look_inside(laid, workspace, folder / "inside.dcm")
    print(
        f"{os.cpu_count()} cores, {processor()}; load before {os.getloadavg()[2]:.1f} and now {os.getloadavg()[0]:.1f}"
    )
    print_line(clock, floors, warm, studies)
    print(f"\ninside deidentify-image, CPU s an image ({LOOKED_INTO} images)")
    for name, took in inside.items():
        print(f"  {name:<40}{took.cpu:>8.3f}")
    print()
    print_budget(clock, release)
    for opened in (first, workspace):
        opened.close()


def main() -> None:
    """Measure in a temporary folder, which is removed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        measure(asked.studies, asked.seed, Path(folder))


if __name__ == "__main__":
    main()
