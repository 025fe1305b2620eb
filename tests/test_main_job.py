"""The main job from export folder to release, on a small synthetic consortium: books, leaks, repeats, kills."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cxrforge.catalogue.schema import study
from cxrforge.demo.scores import planted_in, score
from cxrforge.errors import ReleaseRefusedError, UsageError, WorkspaceError
from cxrforge.runner import StageCount
from cxrforge.stages.stage import Stage
from cxrforge.synthetic.consortium import generate
from cxrforge.workspace import Workspace

pytestmark = pytest.mark.slow

MATRIX = (720, 600)
THRESHOLDS = "[criteria.matrix]\npixels = 512\n"


class Watcher:
    def started(self, stage: Stage, pending: int) -> None: ...
    def advanced(self, items: int) -> None: ...
    def finished(self, count: StageCount) -> None: ...


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("consortium")
    generate(folder, studies=12, seed=7, hospitals=3, matrix=MATRIX, workers=2)
    return folder


@pytest.fixture(scope="module")
def truth(exports: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((exports / "truth.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def ingested(exports: Path, truth: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace into which every hospital's export was taken, and nothing more."""
    folder = tmp_path_factory.mktemp("ingested") / "workspace"
    Workspace.create(folder).close()
    text = (folder / "cxrforge.toml").read_text(encoding="utf-8")
    (folder / "cxrforge.toml").write_text(text.replace("[criteria]\n", THRESHOLDS), encoding="utf-8")
    with Workspace(folder) as workspace:
        for hospital in truth["hospitals"]:
            workspace.add_site(hospital["id"], hospital["country"], hospital["language"])
            summary = workspace.ingest(exports / hospital["id"], hospital["id"])
            assert summary.found == summary.taken + summary.turned_away > 0
            assert sum(summary.reasons.values()) >= summary.turned_away
    return folder


@pytest.fixture(scope="module")
def finished(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after an undisturbed run in this process, with a draft release."""
    folder = tmp_path_factory.mktemp("finished") / "workspace"
    shutil.copytree(ingested, folder)
    with Workspace(folder) as workspace:
        counts = workspace.run(Watcher(), executor="serial")
        assert not any(c.failed for c in counts)
        workspace.build_release("test", "1", allow_unmet=True)
    return folder


def sums(folder: Path) -> str:
    return (folder / "releases" / "test-1" / "SHA256SUMS").read_text()


def call(folder: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cxrforge", "-w", str(folder), *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, **{**pipes, **more})


def test_studies_are_in_or_out_as_the_truth_says_and_nothing_leaks(finished: Path, truth: dict[str, Any]) -> None:
    with Workspace(finished) as workspace:
        studies = workspace.candidates()
        scores = score(truth, studies, workspace.vault.pseudonyms, workspace.open_places())
    by_name = {s.name: s for s in scores}
    assert studies
    assert by_name["studies in or out"].share == 1, by_name["studies in or out"]
    assert by_name["identifiers gone"].share == 1, by_name["identifiers gone"]
    assert by_name["labels"].share >= 0.9


def test_no_planted_string_is_in_any_byte_outside_the_vaults_seal(finished: Path, truth: dict[str, Any]) -> None:
    needles = sorted({s.lower().encode() for s in truth["planted"] if len(s) > 4})
    assert len(needles) > 50
    for path in (p for p in finished.rglob("*") if p.is_file()):
        assert not planted_in(path.read_bytes(), needles), path.name


def test_every_image_has_its_place_or_a_reason(finished: Path) -> None:
    with Workspace(finished) as workspace:
        state = workspace.standing()
        reasons = {(r.kind, r.code) for r in state.reasons}
    for site in state.sites:
        books = state.books[site.id]
        assert books["files_found"] == books["files_taken"] + books["files_turned_away"]
        assert sum(state.studies[site.id].values()) == books.get("studies", sum(state.studies[site.id].values()))
    assert ("file", "file-empty") in reasons
    lines = [json.loads(x) for p in (finished / "quarantine").glob("*.jsonl") for x in p.read_text().splitlines()]
    assert {line["level"] for line in lines} == {"turned-away", "review"}


def test_a_release_is_refused_while_blocking_criteria_are_short(finished: Path) -> None:
    with Workspace(finished) as workspace, pytest.raises(ReleaseRefusedError, match="governance"):
        workspace.build_release("test", "2")
    assert not (finished / "releases" / "test-2").exists()


def test_the_draft_verifies_and_a_flipped_bit_does_not(finished: Path, tmp_path: Path) -> None:
    copy = tmp_path / "workspace"
    shutil.copytree(finished, copy)
    with Workspace(copy) as workspace:
        assert workspace.verify_release("test", "1") == []
        victim = next((copy / "releases").rglob("*.dcm"))
        data = bytearray(victim.read_bytes())
        data[-100] ^= 1
        victim.write_bytes(data)
        (copy / "releases" / "test-1" / "LICENSE").unlink()
        assert len(workspace.verify_release("test", "1")) == 2


def test_worker_processes_make_the_same_bytes(ingested: Path, finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ingested, folder)
    with Workspace(folder) as workspace:
        workspace.run(Watcher(), executor="processes", workers=2)
        workspace.build_release("test", "1", allow_unmet=True)
    assert sums(folder) == sums(finished)


def test_killed_at_any_moment_and_repeated_it_ends_in_the_same_bytes(
    ingested: Path, finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ingested, folder)
    moments = random.Random(5)
    killed = 0
    for _ in range(5):
        process = call(folder, "run", "--workers", "2", start_new_session=True)
        time.sleep(moments.uniform(1.0, 9.0))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed
    last = call(folder, "run", "--workers", "2")
    told, _ = last.communicate(timeout=600)
    assert last.returncode == 0, told
    built = call(folder, "release", "build", "--name", "test", "--version", "1", "--allow-unmet")
    told, _ = built.communicate(timeout=120)
    assert built.returncode == 0, told
    assert sums(folder) == sums(finished)


def test_ingesting_again_reads_nothing_and_changes_nothing(
    exports: Path, finished: Path, truth: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(finished, folder)
    with Workspace(folder) as workspace:
        for hospital in truth["hospitals"]:
            summary = workspace.ingest(exports / hospital["id"], hospital["id"])
            assert summary.known_before == summary.found
        assert [c.pending for c in workspace.run(Watcher(), executor="serial")] == [0] * 6


def test_a_source_that_changed_is_told_from_the_one_that_was_taken_in(
    exports: Path, ingested: Path, tmp_path: Path
) -> None:
    """What the catalogue says of a file is never applied to other bytes."""
    copy = tmp_path / "exports"
    shutil.copytree(exports, copy)
    folder = tmp_path / "workspace"
    Workspace.create(folder).close()
    text = (folder / "cxrforge.toml").read_text(encoding="utf-8")
    (folder / "cxrforge.toml").write_text(text.replace("[criteria]\n", THRESHOLDS), encoding="utf-8")
    with Workspace(folder) as workspace:
        site = next(p.name for p in sorted(copy.iterdir()) if p.is_dir() and any(p.rglob("*.dcm")))
        workspace.add_site(site, "XX", "en")
        workspace.ingest(copy / site, site)
        for path in (copy / site).rglob("*.dcm"):
            path.write_bytes(path.read_bytes() + b"\0\0")
        workspace.run(Watcher(), executor="serial")
        codes = {r.code for r in workspace.standing().reasons}
    assert "source-missing" in codes


def test_misuse_is_told_in_one_line(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="no workspace"):
        Workspace(tmp_path)
    with pytest.raises(WorkspaceError, match="already"):
        Workspace.create(finished)
    with Workspace(finished) as workspace:
        with pytest.raises(UsageError, match="unknown"):
            workspace.ingest(tmp_path, "nowhere")
        with pytest.raises(UsageError, match="site name"):
            workspace.add_site("St. Anna!", "AT", "de")
        with pytest.raises(ReleaseRefusedError):
            workspace.build_release("test", "1", allow_unmet=True)


def test_two_at_once_do_not_share_a_workspace(finished: Path) -> None:
    with Workspace(finished) as workspace, workspace._locked(), pytest.raises(WorkspaceError, match="another"):
        Workspace(finished).run(Watcher(), executor="serial")


def test_a_release_holds_nothing_that_waits_for_a_run(exports: Path, finished: Path, tmp_path: Path) -> None:
    """After other files or another configuration, what stands from before is not released under the new ones."""
    folder = tmp_path / "workspace"
    shutil.copytree(finished, folder)
    with Workspace(folder) as workspace:
        before = {s.id for s in workspace.candidates()}
        victim = sorted(before)[0]
        with workspace.catalogue.write() as connection:
            connection.execute(sa.update(study).where(study.c.id == victim).values(stopped=True))
        summary = workspace.build_release("after", "1", allow_unmet=True)
        assert summary.studies == len(before) - 1
        assert not list(summary.folder.rglob(f"*{victim}*"))
    config = folder / "cxrforge.toml"
    config.write_text(config.read_text().replace('replacement = "tag"', 'replacement = "surrogate"'))
    with Workspace(folder) as workspace, pytest.raises(ReleaseRefusedError, match="no study"):
        workspace.build_release("after", "2", allow_unmet=True)
