"""Several runners on one catalogue: nobody takes what another has, and a dead one's items go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue import claims
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.holdings import Holdings, Site, add_site, keep_site, kept_sites, record_holdings
from cxrforge.catalogue.schema import claim, outcome
from cxrforge.config import Settings
from cxrforge.executors import SerialExecutor
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.runner import Reach, Run, Unwatched, run_stages
from cxrforge.sharing import Beside, place_of, shared_by
from cxrforge.stages.stage import Item, Stage, StageResult, Tools, conclude
from cxrforge.store import Store
from cxrforge.vault import Vault
from servers import PostgresServer

KEY, ITEMS = bytes(32), 120


def note(item: Item, tools: Tools) -> StageResult:
    """Do what takes a moment, and leave a line that tells who did it."""
    time.sleep(0.005)
    with (tools.store.root / f"done-{os.getpid()}").open("a") as file:
        file.write(item.entity + "\n")
    return conclude(item, {"rows": 1})


def stall(item: Item, tools: Tools) -> StageResult:
    time.sleep(600)
    return conclude(item, {})


FIRST = Stage("first", "1", "image", "First", note)
SECOND = Stage("second", "1", "image", "Second", note, after="first")


def filled(url: str, folder: Path) -> Catalogue:
    catalogue = Catalogue(url, folder)
    study = {"id": "S1", "site": "north", "patient": "P1", "report_input": "r", "stopped": False}
    image = {"site": "north", "study": "S1", "file": "F", "content": "c", "facts": {}, "least_side": 1}
    images = [{**image, "id": f"I{n:03}", "bits_stored": 12} for n in range(ITEMS)]
    with catalogue.write() as connection:
        add_site(connection, Site("north", "DE", "de"))
        record_holdings(connection, "north", Holdings([{"id": "P1", "site": "north"}], [study], images, [], {}, []))
    return catalogue


def work(url: str, folder: Path, store: Path, stages: tuple[Stage, ...], lease_s: float) -> None:
    """Run stages from a workspace folder of its own, as a process of its own."""
    folder.mkdir(exist_ok=True)
    catalogue = Catalogue(url, folder)
    tools = Tools(Settings(), Pseudonymizer(KEY), Store(store))
    with shared_by(catalogue, folder, lease_s) as share:
        run = Run(catalogue, Vault(folder / "vault", KEY), SerialExecutor(), tools, Unwatched(), share=share)
        run_stages(run, stages, folder / "log.jsonl")


def started(*arguments: Any) -> Any:
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    return process


def done(store: Path) -> Counter[str]:
    return Counter(line for path in store.glob("done-*") for line in path.read_text().splitlines())


def test_two_runners_share_the_work_and_do_nothing_twice(postgres_server: PostgresServer, tmp_path: Path) -> None:
    url, store = postgres_server.database(), tmp_path / "store"
    store.mkdir()
    catalogue = filled(url, tmp_path)
    both = [started(url, tmp_path / name, store, (FIRST, SECOND), 30.0) for name in ("a", "b")]
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    assert set(done(store).values()) == {2}  # once in each stage
    assert len(done(store)) == ITEMS
    assert len(list(store.glob("done-*"))) == 2, "one did it all"
    with catalogue.read() as connection:
        rows = list(connection.execute(sa.select(outcome.c.stage, outcome.c.tries)))
        assert connection.execute(sa.select(sa.func.count()).select_from(claim)).scalar_one() == 0
    assert Counter(rows) == {("first", 1): ITEMS, ("second", 1): ITEMS}


def test_what_a_dead_runner_had_goes_to_another_when_its_lease_ends(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url, store = postgres_server.database(), tmp_path / "store"
    store.mkdir()
    catalogue = filled(url, tmp_path)
    dead = started(url, tmp_path / "a", store, (replace(FIRST, work=stall),), 4.0)
    with catalogue.read() as connection:
        held = sa.select(sa.func.count()).select_from(claim)
    for _ in range(300):
        with catalogue.read() as connection:
            if connection.execute(held).scalar_one():
                break
        time.sleep(0.1)
    os.kill(dead.pid, signal.SIGKILL)
    dead.join()
    began = time.monotonic()
    work(url, tmp_path / "b", store, (FIRST,), 4.0)
    assert time.monotonic() - began > 1, "nothing was waited for"
    assert done(store) == {f"I{n:03}": 1 for n in range(ITEMS)}


def test_a_repeat_in_the_dead_runners_own_folder_waits_for_nothing(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    catalogue = filled(postgres_server.database(), tmp_path)
    with catalogue.write() as connection:
        place = place_of(tmp_path)
        claims.take(connection, "first", ["I000"], runner=f"{place}-dead", place=place, lease_s=3600)
    with shared_by(catalogue, tmp_path, 60) as share:
        [(_, ours)] = share.draw("first", ["I000"], light=True)
    assert ours == {"I000"}


def test_a_result_whose_claim_has_lapsed_is_not_recorded(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """A machine that slept through its lease finds its items done by another."""
    catalogue = filled(postgres_server.database(), tmp_path)
    sleeper, other = (Beside(catalogue, name, lease) for name, lease in (("x", -1.0), ("y", 60.0)))
    [(_, ours)] = sleeper.draw("first", ["I000", "I001"], light=True)
    assert ours == {"I000", "I001"}
    [(_, ours)] = other.draw("first", ["I001", "I002"], light=True)
    assert ours == {"I001", "I002"}
    with catalogue.write() as connection:
        assert sleeper.settle(connection, "first", ["I000", "I001"]) == {"I000"}
        assert other.settle(connection, "first", ["I001"]) == {"I001"}


def test_claims_hold_on_either_database(catalogue_url: str, tmp_path: Path) -> None:
    catalogue = Catalogue(catalogue_url, tmp_path)
    with catalogue.write() as connection:
        assert claims.take(connection, "s", ["b", "a"], runner="1", place="p", lease_s=60) == {"a", "b"}
        assert claims.take(connection, "s", ["a", "c"], runner="2", place="q", lease_s=0) == {"c"}
        claims.keep(connection, "2", 60)
        assert claims.take(connection, "s", ["c"], runner="1", place="p", lease_s=60) == set()
        claims.forget_place(connection, "q")
        assert claims.take(connection, "s", ["c"], runner="1", place="p", lease_s=60) == {"c"}
        assert claims.give_back(connection, "s", ["a", "x"], "1") == {"a"}


def test_a_site_belongs_to_the_vault_that_took_it_in_and_others_reach_its_objects_alone(tmp_path: Path) -> None:
    catalogue = Catalogue("sqlite:///catalogue.sqlite", tmp_path)
    with catalogue.write() as connection:
        for name in ("north", "south", "new"):
            add_site(connection, Site(name, "DE", "de"))
        assert keep_site(connection, "north", "v1", "s")
        assert keep_site(connection, "south", "v2", "s")
        assert not keep_site(connection, "north", "v2", "s")
        assert kept_sites(connection, "v1", "s") == ({"north", "new"}, {"north", "south", "new"})
        assert kept_sites(connection, "v1", "other") == ({"north", "new"}, {"north", "new"})
    reach = Reach(frozenset({"north"}), frozenset({"north", "south"}))
    assert reach.includes(FIRST, "south")
    assert not reach.includes(replace(FIRST, secret="image"), "south")
