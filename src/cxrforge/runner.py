"""The one loop: each stage in turn, its pending items through the executor, results recorded in batches.

The runner alone writes to the catalogue, one transaction for each batch. Killed at any instant, it leaves every item
either recorded or pending; repeated, it ends in the state of an undisturbed run.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.outcomes import Pending, item_facts, pending, record_outcomes
from cxrforge.catalogue.statements import chunks
from cxrforge.errors import WorkspaceError, is_about_this_machine
from cxrforge.executors import Executor, Lost, SerialExecutor
from cxrforge.records import Issue
from cxrforge.stages.stage import FAILED, Item, Stage, StageResult, Tools
from cxrforge.tables import issue_codes
from cxrforge.vault import Vault

MAX_TRIES = 3
_BATCH_ITEMS = 64
_BATCH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class StageCount:
    """What one run of one stage came to."""

    stage: str
    pending: int
    done: int
    review: int
    turned_away: int
    failed: int
    seconds: float


class Observer(Protocol):
    """Who watches a run."""

    def started(self, stage: Stage, pending: int) -> None:
        """A stage begins with so many items."""

    def advanced(self, items: int) -> None:
        """So many more items are recorded."""

    def finished(self, count: StageCount) -> None:
        """A stage has ended."""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a run needs: what it reads and writes, and the tools that travel with the work."""

    catalogue: Catalogue
    vault: Vault
    executor: Executor
    tools: Tools
    observer: Observer


def run_stages(run: Run, stages: Sequence[Stage], log: Path) -> list[StageCount]:
    """Run every stage over what is pending for it and return the counts, stage by stage.

    `log` receives one JSON line for each stage: counts and seconds, no identifiers.
    """
    counts = []
    for position, stage in enumerate(stages):
        later = tuple(s.name for s in stages[position + 1 :] if s.kind == stage.kind)
        count = _run_stage(run, stage, later)
        counts.append(count)
        run.observer.finished(count)
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps({name: getattr(count, name) for name in StageCount.__slots__}) + "\n")
    return counts


def guarded(work: Any, item: Item, tools: Tools) -> StageResult:
    """Do the work; a fault of ours becomes a failed result that names the place, never the data."""
    try:
        result: StageResult = work(item, tools)
        return result
    except Exception as error:
        if isinstance(error, OSError) and (is_about_this_machine(error) or isinstance(error, PermissionError)):
            raise WorkspaceError(
                "a stage could not write",
                found=error.strerror,
                next_step="Make room, or give rights, and repeat; nothing recorded is lost.",
            ) from error
        frame = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        issues = (Issue("stage-fault", detail),)
        return StageResult(item.entity, item.site, item.input_hash, FAILED, {}, issues)


@dataclass(frozen=True, slots=True)
class _Guarded:
    """A stage's work behind its guard, picklable."""

    work: Any

    def __call__(self, item: Item, tools: Tools) -> StageResult:
        return guarded(self.work, item, tools)


def _run_stage(run: Run, stage: Stage, later: Sequence[str]) -> StageCount:
    began = time.monotonic()
    config_hash = run.tools.settings.digest(stage.settings)
    with run.catalogue.read() as connection:
        waiting = pending(
            connection,
            stage.name,
            stage.kind,
            after=stage.after,
            gathers=stage.gathers,
            version=stage.version,
            config_hash=config_hash,
            tries=MAX_TRIES,
            again=stage.again,
        )
    run.observer.started(stage, len(waiting))
    states: dict[str, int] = {}
    executor = SerialExecutor() if stage.light else run.executor
    results = executor.run(_Guarded(stage.work), _items(run, stage, waiting), run.tools)
    for batch in _batches(results):
        _record(run, stage, config_hash, batch, later)
        run.observer.advanced(len(batch))
        for result in batch:
            states[result.state] = states.get(result.state, 0) + 1
    return StageCount(
        stage.name,
        len(waiting),
        states.get("done", 0),
        states.get("review", 0),
        states.get("turned-away", 0),
        states.get("failed", 0),
        round(time.monotonic() - began, 3),
    )


def _items(run: Run, stage: Stage, waiting: Sequence[Pending]) -> Iterator[Item]:
    for some in chunks(waiting):
        ids = [p.entity for p in some]
        with run.catalogue.read() as connection:
            facts = item_facts(connection, stage.kind, stage.after, stage.gathers, ids)
        secrets = run.vault.unseal(stage.secret, ids) if stage.secret else {}
        of_site = run.vault.unseal(stage.site_secret, {p.site for p in some}) if stage.site_secret else {}
        for p in some:
            yield Item(p.entity, p.site, p.input_hash, facts[p.entity], secrets.get(p.entity), of_site.get(p.site))


def _batches(results: Iterable[StageResult | Lost]) -> Iterator[list[StageResult]]:
    batch: list[StageResult] = []
    began = time.monotonic()
    for result in results:
        if isinstance(result, Lost):
            item = result.item
            issues = (Issue("worker-lost"),)
            result = StageResult(item.entity, item.site, item.input_hash, FAILED, {}, issues)
        batch.append(result)
        if len(batch) >= _BATCH_ITEMS or time.monotonic() - began > _BATCH_SECONDS:
            yield batch
            batch, began = [], time.monotonic()
    if batch:
        yield batch


def _record(run: Run, stage: Stage, config_hash: str, batch: list[StageResult], later: Sequence[str]) -> None:
    codes = issue_codes.load()
    by_site: dict[str, dict[str, Any]] = {}
    for result in batch:
        if result.sealed is not None:
            by_site.setdefault(result.site, {})[result.entity] = result.sealed
    for site, records in by_site.items():  # the vault first: a sealed record without an outcome does no harm
        run.vault.seal(stage.name, site, records)
    rows = [
        {
            "entity": result.entity,
            "site": result.site,
            "input_hash": result.input_hash,
            "state": result.state,
            "output_hash": result.output_hash,
            "payload": dict(result.payload),
            "issues": sorted({i.code: (i.code, codes[i.code].level.value, i.detail) for i in result.issues}.values()),
        }
        for result in batch
    ]
    with run.catalogue.write() as connection:
        record_outcomes(
            connection,
            stage.name,
            stage.kind,
            version=stage.version,
            config_hash=config_hash,
            rows=rows,
            later=later,
        )
        if stage.record is not None:
            stage.record(connection, batch)
