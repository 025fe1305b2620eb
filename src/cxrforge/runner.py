"""The one loop: each stage in turn, its pending items through the executor, results recorded in batches.

The runner alone writes to the catalogue, one transaction for each batch. Killed at any instant, it leaves every item
either recorded or pending; repeated, it ends in the state of an undisturbed run.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.outcomes import Pending, item_facts, pending, record_outcomes, still_there
from cxrforge.catalogue.statements import chunks
from cxrforge.config import MAX_TRIES
from cxrforge.errors import WorkspaceError, is_about_this_machine
from cxrforge.executors import Executor, Lost, SerialExecutor
from cxrforge.memory import resident_bytes
from cxrforge.records import Issue
from cxrforge.run_log import RunLog
from cxrforge.sharing import Alone, Share
from cxrforge.stages.stage import FAILED, Item, Stage, StageResult, Tools
from cxrforge.tables import issue_codes
from cxrforge.vault import Vault

_BATCH_ITEMS = 64
_BATCH_SECONDS = 2.0
_POLL_SECONDS = 1.0
_ANY_NUMBER = 1 << 30


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


class Unwatched:
    """Nobody watches."""

    def started(self, stage: Stage, pending: int) -> None:
        """Say nothing."""

    def advanced(self, items: int) -> None:
        """Say nothing."""

    def finished(self, count: StageCount) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run is restricted to: stages by name, sites, so many items of each stage; and whether what failed
    `MAX_TRIES` times is tried again.
    """

    stages: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    limit: int | None = None
    retry_failed: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """The sites whose originals this run's vault keeps, and those whose objects its store holds; None: all."""

    originals: frozenset[str] | None = None
    objects: frozenset[str] | None = None

    def includes(self, stage: Stage, site: str) -> bool:
        """Tell whether the run can do a stage's work for a site."""
        sites = self.originals if stage.secret or stage.site_secret else self.objects
        return sites is None or site in sites


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a run needs: what it reads and writes, and the tools that travel with the work."""

    catalogue: Catalogue
    vault: Vault
    executor: Executor
    tools: Tools
    observer: Observer
    scope: Scope = Scope()
    reach: Reach = Reach()
    share: Share = field(default_factory=Alone)


@dataclass(frozen=True, slots=True)
class StagePlan:
    """How many items a stage would take now; what earlier stages let go on would come to that."""

    stage: str
    pending: int


def plan_stages(run: Run, stages: Sequence[Stage]) -> list[StagePlan]:
    """Return what `run_stages` would begin with."""
    return [StagePlan(stage.name, len(_waiting(run, stage))) for stage in _chosen(run, stages)]


def run_stages(run: Run, stages: Sequence[Stage], log: Path) -> list[StageCount]:
    """Run every stage over what is pending for it and return the counts, stage by stage.

    `log` receives one JSON line for the run's beginning and end, each stage and each item that failed; no identifiers.
    """
    told = RunLog(log)
    began, counts = time.monotonic(), []
    told.write("run-started", {name: getattr(run.scope, name) for name in Scope.__slots__})
    for stage in _chosen(run, stages):
        later = tuple(s.name for s in stages[stages.index(stage) + 1 :] if s.kind == stage.kind)
        count = _run_stage(run, stage, later, told)
        counts.append(count)
        run.observer.finished(count)
        told.write("stage", {name: getattr(count, name) for name in StageCount.__slots__} | _memory())
    told.write("run-ended", {"seconds": round(time.monotonic() - began, 3)} | _memory())
    return counts


def _memory() -> dict[str, int]:
    return {"memory_mb": resident_bytes() // 1_000_000}


def _chosen(run: Run, stages: Sequence[Stage]) -> list[Stage]:
    return [stage for stage in stages if not run.scope.stages or stage.name in run.scope.stages]


def guarded(work: Any, item: Item, tools: Tools) -> StageResult:
    """Do the work; a fault of ours becomes a failed result that names the place, never the data."""
    try:
        result: StageResult = work(item, tools)
        return result
    except WorkspaceError:  # the store cannot be reached: no fault of the item's
        raise
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


def _run_stage(run: Run, stage: Stage, later: Sequence[str], log: RunLog) -> StageCount:
    began = time.monotonic()
    waiting = _waiting(run, stage)
    number = len(waiting)
    run.observer.started(stage, number)
    states: dict[str, int] = {}
    executor = SerialExecutor() if stage.light else run.executor
    while waiting:
        elsewhere: list[str] = []
        results = executor.run(_Guarded(stage.work), _items(run, stage, waiting, elsewhere), run.tools)
        for batch in _batches(results):
            _record(run, stage, batch, later, log)
            run.observer.advanced(len(batch))
            for result in batch:
                states[result.state] = states.get(result.state, 0) + 1
        waiting = [] if run.scope.limit else _still_waiting(run, stage, elsewhere)
        if waiting:  # another runner has them: it records them, or its claims lapse
            time.sleep(_POLL_SECONDS)
    return StageCount(
        stage.name,
        number,
        states.get("done", 0),
        states.get("review", 0),
        states.get("turned-away", 0),
        states.get("failed", 0),
        round(time.monotonic() - began, 3),
    )


def _waiting(run: Run, stage: Stage, only: Sequence[str] | None = None) -> list[Pending]:
    """Return what a stage has to do within the run's scope and reach."""
    with run.catalogue.read() as connection:
        found = pending(
            connection,
            stage.name,
            stage.kind,
            after=stage.after,
            gathers=stage.gathers,
            version=stage.version,
            config_hash=run.tools.settings.digest(stage.settings),
            tries=_ANY_NUMBER if run.scope.retry_failed else MAX_TRIES,
            again=stage.again,
            only=only,
        )
    wanted = run.scope.sites
    mine = [p for p in found if run.reach.includes(stage, p.site) and (not wanted or p.site in wanted)]
    return mine[: run.scope.limit]


def _still_waiting(run: Run, stage: Stage, entities: Sequence[str]) -> list[Pending]:
    return [p for some in chunks(sorted(entities)) for p in _waiting(run, stage, some)]


def _items(run: Run, stage: Stage, waiting: Sequence[Pending], elsewhere: list[str]) -> Iterator[Item]:
    """Yield what is ours of `waiting`; what another runner has at this moment is put into `elsewhere`."""
    by_entity = {p.entity: p for p in waiting}
    for some, ours in run.share.draw(stage.name, list(by_entity), stage.light):
        elsewhere.extend(e for e in some if e not in ours)
        mine = [by_entity[e] for e in some if e in ours]
        if run.catalogue.shared:  # another may have recorded it before it was claimed here
            mine = _still_waiting(run, stage, list(ours))
            done = ours.difference(p.entity for p in mine)
            if done:
                with run.catalogue.write() as connection:
                    run.share.settle(connection, stage.name, sorted(done))
        yield from _loaded(run, stage, mine)


def _loaded(run: Run, stage: Stage, mine: Sequence[Pending]) -> Iterator[Item]:
    ids = [p.entity for p in mine]
    with run.catalogue.read() as connection:
        facts = item_facts(connection, stage.kind, stage.after, stage.gathers, ids)
    secrets = run.vault.unseal(stage.secret, ids) if stage.secret else {}
    of_site = run.vault.unseal(stage.site_secret, {p.site for p in mine}) if stage.site_secret else {}
    for p in mine:
        yield Item(p.entity, p.site, p.input_hash, facts[p.entity], secrets.get(p.entity), of_site.get(p.site))


def _batches(results: Iterable[StageResult | Lost]) -> Iterator[list[StageResult]]:
    batch: list[StageResult] = []
    began = time.monotonic()
    for result in results:
        if isinstance(result, Lost):
            item = result.item
            issues = (Issue("worker-lost"),)
            result = StageResult(item.entity, item.site, item.input_hash, FAILED, {}, issues, tries=result.tries)
        batch.append(result)
        if len(batch) >= _BATCH_ITEMS or time.monotonic() - began > _BATCH_SECONDS:
            yield batch
            batch, began = [], time.monotonic()
    if batch:
        yield batch


def _record(run: Run, stage: Stage, batch: list[StageResult], later: Sequence[str], log: RunLog) -> None:
    by_site: dict[str, dict[str, Any]] = {}
    for result in batch:
        if result.sealed is not None:
            by_site.setdefault(result.site, {})[result.entity] = result.sealed
    for site, records in by_site.items():  # the vault first: a sealed record without an outcome does no harm
        run.vault.seal(stage.name, site, records)
    with run.catalogue.write() as connection:
        ours = run.share.settle(connection, stage.name, [r.entity for r in batch])
        there = still_there(connection, stage.kind, sorted(ours))
        kept = [r for r in batch if r.entity in there]
        record_outcomes(
            connection,
            stage.name,
            stage.kind,
            version=stage.version,
            config_hash=run.tools.settings.digest(stage.settings),
            rows=[_row(r) for r in kept],
            later=later,
        )
        if stage.record is not None:
            stage.record(connection, kept)
    for result in kept:
        if result.state == FAILED:
            for issue in result.issues:
                told = {"stage": stage.name, "entity": result.entity, "code": issue.code, "detail": issue.detail}
                log.write("item-failed", told)


def _row(result: StageResult) -> dict[str, Any]:
    codes = issue_codes.load()
    return {
        "entity": result.entity,
        "site": result.site,
        "input_hash": result.input_hash,
        "state": result.state,
        "output_hash": result.output_hash,
        "payload": dict(result.payload),
        "issues": sorted({i.code: (i.code, codes[i.code].level.value, i.detail) for i in result.issues}.values()),
        "tries": result.tries,
    }
