"""The demonstration: consortium, workspace, every stage, a draft release, a summary page. Repeated, it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrforge.config import CONFIG_NAME
from cxrforge.demo.page import write_page
from cxrforge.demo.scores import Score, score
from cxrforge.errors import UsageError
from cxrforge.formats.release_tree import ReleaseSummary
from cxrforge.runner import Observer, StageCount
from cxrforge.standing import Standing
from cxrforge.synthetic.consortium import FULL, generate, reduced, thresholds
from cxrforge.workspace import IngestSummary, Workspace

NAME, VERSION = "demo", "0.1.0"
SIMULATED = ("patients, hospitals, radiographs and reports",)
_PLAN = "demo.json"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What a demonstration came to."""

    page: Path
    ingested: tuple[IngestSummary, ...]
    counts: tuple[StageCount, ...]
    release: ReleaseSummary | None
    standing: Standing
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a demonstration: the runner's observer, and a bar for whatever else can be counted."""

    observer: Observer
    counted: Callable[[str, str], Callable[[int, int], None]]


def demonstrate(
    folder: Path, watch: Watch, *, studies: int, hospitals: int, seed: int, workers: int, matrix: int = FULL[1]
) -> Demonstration:
    """Make the consortium under `folder/hospitals` and do the main job on it in `folder/workspace`.

    `matrix` is the width of the radiographs; a smaller one than the dataset asks for makes a cheap rehearsal, whose
    workspace asks for no more than that.
    """
    plan = {"studies": studies, "hospitals": hospitals, "seed": seed, "matrix": matrix}
    truth = _consortium(folder, plan, watch, workers)
    with _workspace(folder / "workspace", matrix) as workspace:
        known = {site.id for site in workspace.sites()}
        ingested = []
        for hospital in truth["hospitals"]:
            if hospital["id"] not in known:
                workspace.add_site(hospital["id"], hospital["country"], hospital["language"])
            bar = watch.counted(f"Ingest {hospital['id']}", "files")
            ingested.append(workspace.ingest(folder / "hospitals" / hospital["id"], hospital["id"], bar))
        counts = workspace.run(watch.observer, workers=workers)
        release = _release(workspace)
        scores = score(truth, workspace.candidates(), workspace.vault.pseudonyms, workspace.open_places())
        name = f"{NAME} {VERSION}"
        page = write_page(folder / "summary.html", workspace, ingested, counts, scores, name, SIMULATED)
        return Demonstration(page, tuple(ingested), tuple(counts), release, workspace.standing(), tuple(scores))


def _workspace(place: Path, matrix: int) -> Workspace:
    """Open the demonstration's workspace; make it first where there is none."""
    if (place / CONFIG_NAME).exists():
        return Workspace(place)
    Workspace.create(place).close()
    with (place / CONFIG_NAME).open("a", encoding="utf-8") as config:
        for criterion, rows in thresholds(reduced(matrix)).items():
            config.write(f"\n[criteria.{criterion}]\n" + "".join(f"{name} = {value}\n" for name, value in rows.items()))
    return Workspace(place)


def _consortium(folder: Path, plan: dict[str, int], watch: Watch, workers: int) -> dict[str, Any]:
    """Generate the hospitals once; what an interruption left half made is made again with the same bytes."""
    made = folder / _PLAN
    exports = folder / "hospitals"
    if made.exists():
        if json.loads(made.read_text(encoding="utf-8")) != plan:
            raise UsageError("another demonstration stands there", next_step="Name another folder, or remove that one.")
    else:
        if exports.exists() is False and folder.exists() and any(folder.iterdir()):
            raise UsageError("the folder is not empty", next_step="Name a new or an empty folder.")
        bar = watch.counted("Make hospitals", "studies")
        generate(
            exports,
            studies=plan["studies"],
            hospitals=plan["hospitals"],
            seed=plan["seed"],
            matrix=reduced(plan["matrix"]),
            workers=workers,
            progress=lambda done: bar(done, plan["studies"]),
        )
        made.write_text(json.dumps(plan), encoding="utf-8")
    truth: dict[str, Any] = json.loads((exports / "truth.json").read_text(encoding="utf-8"))
    return truth


def _release(workspace: Workspace) -> ReleaseSummary | None:
    """Build the draft unless it stands there already."""
    if (workspace.folder / "releases" / f"{NAME}-{VERSION}").exists():
        return None
    return workspace.build_release(
        NAME, VERSION, title="Synthetic demonstration", simulated=SIMULATED, allow_unmet=True
    )
