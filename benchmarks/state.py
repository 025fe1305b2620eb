"""How long a workspace of many studies takes to say where it stands: `cxrforge status`, and the call behind the page.

    python benchmarks/state.py [--studies 40000] [--folder DIR] [--url postgresql://…]

The catalogue is filled with simulated rows: three images for two studies, every stage done, fourteen labels, an issue
for every second study, payloads as long as real ones. Nothing else is simulated. Times are of processor and wall clock;
the empty workspace beside it is what the program takes to start.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue import schema
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.holdings import Site, add_site
from cxrforge.config import CATALOGUE_URL_VARIABLE
from cxrforge.records import OBSERVATIONS
from cxrforge.workspace import Workspace

SITES = ("north", "south", "east", "west", "centre")
IMAGE_STAGES = ("screen", "deidentify-image", "examine-image")
STUDY_STAGES = ("deidentify-report", "label", "select")
PAYLOAD_CHARACTERS = {"screen": 40, "deidentify-image": 700, "examine-image": 900, "deidentify-report": 1800}
_ROWS_AT_ONCE = 2000


def main() -> int:
    """Fill a catalogue, ask where it stands, and print what that takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=40_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    if options.url:
        os.environ[CATALOGUE_URL_VARIABLE] = options.url
    full, empty = folder / f"full-{options.studies}", folder / "empty"
    if not full.exists():
        with Workspace.create(full) as workspace:
            fill(workspace.catalogue, options.studies)
    if not options.url and not empty.exists():
        Workspace.create(empty).close()
    print(f"{options.studies} studies on {'PostgreSQL' if options.url else 'SQLite'}")
    with Workspace(full) as workspace:
        print(f"{'standing, first call':<28}{best(workspace.standing, 1)}")
        print(f"{'standing, best of three':<28}{best(workspace.standing, 3)}")
    for place in (full, *([] if options.url else [empty])):
        print(f"{'cxrforge status, ' + place.name.split('-')[0]:<28}{best(lambda place=place: status(place), 3)}")
    return 0


def status(folder: Path) -> None:
    command = [sys.executable, "-m", "cxrforge", "-w", str(folder), "status", "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def best(call: Callable[[], Any], times: int) -> str:
    """Return the least processor and wall time of some calls."""
    taken = []
    for _ in range(times):
        began, cpu = time.perf_counter(), cpu_seconds()
        call()
        taken.append((cpu_seconds() - cpu, time.perf_counter() - began))
    return f"{min(t[0] for t in taken):7.2f} s processor {min(t[1] for t in taken):7.2f} s wall"


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def fill(catalogue: Catalogue, studies: int) -> None:
    """Write simulated rows for so many studies."""
    with catalogue.write() as connection:
        for name in SITES:
            add_site(connection, Site(name, "DE", "de"))
        for table, rows in pieces(studies):
            connection.execute(sa.insert(table), rows)


def pieces(studies: int) -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
    """Yield rows table by table in the order that foreign keys ask for, some thousand studies at a time."""
    chance = random.Random(3)
    for start in range(0, studies, _ROWS_AT_ONCE):
        rows: dict[str, list[dict[str, Any]]] = {}
        for number in range(start, min(studies, start + _ROWS_AT_ONCE)):
            for table, row in one_study(number, chance):
                rows.setdefault(table, []).append(row)
        for name in ("patient", "study", "image", "file", "document", "outcome", "issue", "label"):
            yield schema.metadata.tables[name], rows.get(name, [])


def one_study(number: int, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    site, study, patient = SITES[number % len(SITES)], f"S{number:012}", f"P{number // 2:012}"
    if number % 2 == 0:
        yield "patient", {"id": patient, "site": site}
    site = SITES[number // 2 % len(SITES)]
    state = "turned-away" if number % 20 == 0 else "review" if number % 4 == 0 else "accepted"
    age = chance.randrange(95)
    yield (
        "study",
        {"id": study, "site": site, "patient": patient, "report_input": "r", "stopped": False}
        | {"year": 2015 + number % 8, "manufacturer": f"vendor {number % 5}", "model": "m", "sex": "FM"[number % 2]}
        | {"age_decade": age // 10 * 10, "paediatric": age < 18, "sections_derived": number % 9 == 0}
        | {"state": state, "primary_image": f"I{number:012}-0"},
    )
    for position in range(1 + number % 2):
        image = f"I{number:012}-{position}"
        yield (
            "image",
            {"id": image, "site": site, "study": study, "file": f"F{image}", "content": "c", "view": "PA"}
            | {"facts": {"rows": 2500, "filler": "x" * 600}, "least_side": 2500, "bits_stored": 12}
            | {"pixels_examined": True, "view_confirmed": True, "depth_used": True, "quality": "pass"}
            | {"role": "lateral" if position else "primary"},
        )
        yield "file", {"id": f"F{image}", "site": site, "kind": "image", "size": 1, "content": image, "state": "taken"}
        for stage in IMAGE_STAGES:
            yield "outcome", one_outcome(stage, image, site)
    yield "file", {"id": f"F{study}", "site": site, "kind": "report", "size": 1, "content": study, "state": "taken"}
    yield "document", {"id": f"R{study}", "site": site, "file": f"F{study}", "state": "paired"}
    for stage in STUDY_STAGES:
        yield "outcome", one_outcome(stage, study, site)
    if number % 2 == 0:
        row = {"entity": study, "stage": "select", "code": "study-images-wait", "kind": "study", "site": site}
        yield "issue", row | {"level": "review", "detail": "1 of 2 images"}
    for name in OBSERVATIONS:
        yield "label", {"study": study, "observation": name, "assertion": chance.choice(("present", "absent", None))}


def one_outcome(stage: str, entity: str, site: str) -> dict[str, Any]:
    return {
        "stage": stage,
        "entity": entity,
        "site": site,
        "version": "1",
        "input_hash": "0" * 32,
        "config_hash": "0" * 16,
        "state": "done",
        "output_hash": "0" * 32,
        "payload": {"filler": "x" * PAYLOAD_CHARACTERS.get(stage, 200)},
        "tries": 1,
    }


if __name__ == "__main__":
    sys.exit(main())
