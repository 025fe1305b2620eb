"""The loop: what is pending, what is recorded, what a repeat does."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cxrforge.catalogue.counts import set_aside
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.holdings import Holdings, Site, add_site, record_holdings
from cxrforge.catalogue.schema import issue, outcome
from cxrforge.config import Settings
from cxrforge.errors import WorkspaceError
from cxrforge.executors import Lost, SerialExecutor
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import Issue
from cxrforge.runner import MAX_TRIES, Run, Scope, StageCount, run_stages
from cxrforge.stages.stage import Item, Stage, StageResult, Tools, conclude
from cxrforge.store import Store
from cxrforge.vault import Vault

KEY = bytes(32)


class Watcher:
    def started(self, stage: Stage, pending: int) -> None: ...
    def advanced(self, items: int) -> None: ...
    def finished(self, count: StageCount) -> None: ...


def measure(item: Item, tools: Tools) -> StageResult:
    return conclude(item, {"seen": item.facts["facts"]["rows"]}, sealed={"secret": "x"})


def judge(item: Item, tools: Tools) -> StageResult:
    issues = (Issue("image-matrix", "small"),) if item.facts["upstream"]["seen"] < 10 else ()
    return conclude(item, {"fit": not issues}, issues)


def fail(item: Item, tools: Tools) -> StageResult:
    raise KeyError("Zwetschkenbaum")


MEASURE = Stage("measure", "1", "image", "Measure", measure, settings=("criteria",))
JUDGE = Stage("judge", "1", "image", "Judge", judge, after="measure")
LAST = Stage("last", "1", "image", "Last", measure, after="judge")


def holdings(rows: dict[str, int]) -> Holdings:
    study = {"id": "S1", "site": "north", "patient": "P1", "report_input": "r", "stopped": False}
    images = [
        {
            "id": name,
            "site": "north",
            "study": "S1",
            "file": "F",
            "content": hashlib.md5(f"{name}{n}".encode()).hexdigest(),
        }
        | {"facts": {"rows": n}, "view": "PA", "least_side": n, "bits_stored": 12}
        for name, n in rows.items()
    ]
    return Holdings([{"id": "P1", "site": "north"}], [study], images, [], {}, [])


@pytest.fixture
def run(catalogue_url: str, tmp_path: Path) -> Iterator[Run]:
    catalogue = Catalogue(catalogue_url, tmp_path)
    with catalogue.write() as connection:
        add_site(connection, Site("north", "DE", "de"))
        record_holdings(connection, "north", holdings({"I1": 5, "I2": 20, "I3": 30}))
    tools = Tools(Settings(), Pseudonymizer(KEY), Store(tmp_path / "store"))
    yield Run(catalogue, Vault(tmp_path / "vault", KEY), SerialExecutor(), tools, Watcher())
    catalogue.close()


def pending(run: Run, tmp_path: Path, *stages: Stage) -> list[int]:
    return [count.pending for count in run_stages(run, stages, tmp_path / "log.jsonl")]


def rows(run: Run, table: sa.Table) -> list[Any]:
    with run.catalogue.read() as connection:
        return list(connection.execute(sa.select(table).order_by(*table.primary_key)))


def test_a_second_run_has_nothing_to_do(run: Run, tmp_path: Path) -> None:
    assert pending(run, tmp_path, MEASURE, JUDGE, LAST) == [3, 3, 2]
    before = rows(run, outcome), rows(run, issue)
    assert pending(run, tmp_path, MEASURE, JUDGE, LAST) == [0, 0, 0]
    assert (rows(run, outcome), rows(run, issue)) == before
    assert [(r.entity, r.code, r.level) for r in rows(run, issue)] == [("I1", "image-matrix", "turned-away")]


def test_a_new_version_or_setting_makes_a_stage_stale(run: Run, tmp_path: Path) -> None:
    pending(run, tmp_path, MEASURE, JUDGE)
    assert pending(run, tmp_path, MEASURE, replace(JUDGE, version="2")) == [0, 3]
    stricter = replace(run, tools=replace(run.tools, settings=Settings(criteria={"matrix.pixels": 4096.0})))
    assert pending(stricter, tmp_path, MEASURE, replace(JUDGE, version="2")) == [3, 0]


def test_new_input_goes_down_the_line_and_turned_away_items_are_forgotten_there(run: Run, tmp_path: Path) -> None:
    pending(run, tmp_path, MEASURE, JUDGE, LAST)
    with run.catalogue.write() as connection:
        record_holdings(connection, "north", holdings({"I1": 50, "I2": 2, "I3": 30}))
    assert pending(run, tmp_path, MEASURE, JUDGE, LAST) == [2, 2, 1]
    assert {(r.stage, r.entity) for r in rows(run, outcome) if r.stage == "last"} == {("last", "I1"), ("last", "I3")}
    assert [r.entity for r in rows(run, issue)] == ["I2"]


def test_a_fault_of_ours_is_tried_again_a_stated_number_of_times_and_names_no_data(run: Run, tmp_path: Path) -> None:
    broken = replace(MEASURE, work=fail)
    assert [pending(run, tmp_path, broken)[0] for _ in range(MAX_TRIES + 1)] == [3] * MAX_TRIES + [0]
    found = rows(run, issue)
    assert {r.code for r in found} == {"stage-fault"}
    assert all("KeyError" in r.detail and "Zwetschkenbaum" not in r.detail for r in found)
    assert pending(run, tmp_path, replace(MEASURE, version="2")) == [3]
    assert not rows(run, issue)


def hindered(item: Item, tools: Tools) -> StageResult:
    return conclude(item, {}, (Issue("source-missing"),))


def test_a_hindrance_from_outside_is_tried_in_every_run_until_it_is_gone(run: Run, tmp_path: Path) -> None:
    """A share that was not mounted for one night costs no study."""
    stage = replace(MEASURE, again=("source-missing",))
    assert [pending(run, tmp_path, replace(stage, work=hindered))[0] for _ in range(MAX_TRIES + 2)] == [3] * 5
    assert pending(run, tmp_path, stage) == [3]
    assert pending(run, tmp_path, stage) == [0]
    assert not rows(run, issue)


def no_room(item: Item, tools: Tools) -> StageResult:
    raise OSError(errno.ENOSPC, "No space left on device", "/archive/Zwetschkenbaum")


def test_a_full_disk_stops_the_run_and_blames_no_item(run: Run, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="No space left") as refusal:
        pending(run, tmp_path, replace(MEASURE, work=no_room))
    assert "Zwetschkenbaum" not in refusal.value.line()
    assert not rows(run, outcome)
    assert pending(run, tmp_path, MEASURE) == [3]


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    left = store.path("images/I0123.dcm").with_name(".I0123.dcm.4711.partial")
    left.write_bytes(b"half")
    assert store.sweep() == 1
    assert not left.exists()


def test_what_is_sealed_goes_to_the_vault(run: Run, tmp_path: Path) -> None:
    pending(run, tmp_path, MEASURE)
    assert run.vault.unseal("measure", ["I1"]) == {"I1": {"secret": "x"}}


def test_images_of_a_stopped_study_are_left_alone(run: Run, tmp_path: Path) -> None:
    stopped = holdings({"I1": 50})
    stopped = replace(stopped, studies=[{**stopped.studies[0], "stopped": True}])
    with run.catalogue.write() as connection:
        record_holdings(connection, "north", stopped)
    assert pending(run, tmp_path, MEASURE) == [0]


def test_what_failed_too_often_is_set_aside_told_and_tried_again_when_asked_for(run: Run, tmp_path: Path) -> None:
    broken = replace(MEASURE, work=fail)
    for _ in range(MAX_TRIES):
        pending(run, tmp_path, broken)
    with run.catalogue.read() as connection:
        assert set_aside(connection, MAX_TRIES) == {"measure": 3}
    again = replace(run, scope=Scope(retry_failed=True))
    assert pending(again, tmp_path, MEASURE) == [3]
    with run.catalogue.read() as connection:
        assert set_aside(connection, MAX_TRIES) == {}
    failed = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    told = [line for line in failed if line["event"] == "item-failed"]
    assert {(line["entity"], line["stage"], line["code"]) for line in told} == {
        (f"I{n}", "measure", "stage-fault") for n in (1, 2, 3)
    }
    assert "Zwetschkenbaum" not in (tmp_path / "log.jsonl").read_text()


class LosesFirst(SerialExecutor):
    """Stands for an executor whose workers all died on the first item."""

    def run(self, work: Any, items: Any, tools: Any) -> Iterator[Any]:
        source = iter(items)
        yield Lost(next(source))
        yield from super().run(work, source, tools)


def test_an_item_that_killed_its_workers_is_set_aside_at_once(run: Run, tmp_path: Path) -> None:
    assert pending(replace(run, executor=LosesFirst()), tmp_path, MEASURE) == [3]
    assert [r.code for r in rows(run, issue)] == ["worker-lost"]
    assert pending(run, tmp_path, MEASURE) == [0]


def test_a_limit_takes_the_first_items_and_leaves_the_rest(run: Run, tmp_path: Path) -> None:
    assert pending(replace(run, scope=Scope(limit=2)), tmp_path, MEASURE) == [2]
    assert pending(run, tmp_path, MEASURE) == [1]


def test_an_item_that_a_later_ingest_dropped_leaves_no_row(run: Run, tmp_path: Path) -> None:
    def drop(item: Item, tools: Tools) -> StageResult:
        with run.catalogue.write() as connection:
            record_holdings(connection, "north", holdings({"I2": 20, "I3": 30}))
        return measure(item, tools)

    pending(run, tmp_path, replace(MEASURE, work=drop))
    assert {r.entity for r in rows(run, outcome)} == {"I2", "I3"}
