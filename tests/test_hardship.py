"""The whole job on every executor, catalogue and store gives the same bytes; hindrances end it with one line and cost nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cxrforge.config import CATALOGUE_URL_VARIABLE
from cxrforge.errors import CatalogueError, CxrforgeError, WorkspaceError
from cxrforge.runner import Scope, StageCount, Unwatched
from cxrforge.synthetic.consortium import generate
from cxrforge.workspace import Workspace
from servers import PostgresServer

pytestmark = pytest.mark.slow

SETTINGS = (
    ("[criteria]\n", "[criteria.matrix]\npixels = 200\n"),
    ('["clean-pixel-data", "clean-descriptors"]', '["clean-descriptors"]'),  # the search for text is not at stake here
)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    generate(folder, studies=4, seed=11, hospitals=2, matrix=(300, 256), workers=1)
    return folder


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "key"
    path.write_text(bytes(range(32)).hex())
    path.chmod(0o600)
    return path


def made(folder: Path, key: Path, store: str = "") -> None:
    Workspace.create(folder, key).close()
    config = folder / "cxrforge.toml"
    text = config.read_text(encoding="utf-8")
    for before, after in (*SETTINGS, ('url = "" ', f'url = "{store}" ')):
        assert before in text
        text = text.replace(before, after)
    config.write_text(text, encoding="utf-8")


def ingest(folder: Path, exports: Path) -> None:
    truth: dict[str, Any] = json.loads((exports / "truth.json").read_text(encoding="utf-8"))
    with Workspace(folder) as workspace:
        for hospital in truth["hospitals"]:
            workspace.add_site(hospital["id"], hospital["country"], hospital["language"])
            workspace.ingest(exports / hospital["id"], hospital["id"])


def finish(folder: Path, executor: str = "serial") -> str:
    with Workspace(folder) as workspace:
        counts = workspace.run(Unwatched(), executor, 2)
        assert not any(c.failed for c in counts)
        workspace.build_release("test", "1", allow_unmet=True)
        assert workspace.verify_release("test", "1") == []
    return (folder / "releases" / "test-1" / "SHA256SUMS").read_text()


@pytest.fixture(scope="module")
def ingested(exports: Path, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ingested") / "workspace"
    made(folder, key)
    ingest(folder, exports)
    return folder


@pytest.fixture(scope="module")
def expected(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The release of an undisturbed run, here, on SQLite, into a folder."""
    folder = tmp_path_factory.mktemp("expected") / "workspace"
    shutil.copytree(ingested, folder)
    return finish(folder)


@pytest.mark.parametrize(
    ("executor", "catalogue", "store"),
    [("processes", "postgresql", "folder"), ("dask", "sqlite", "s3"), ("serial", "postgresql", "s3")],
)
def test_executor_catalogue_and_store_leave_no_trace_in_a_release(
    executor: str,
    catalogue: str,
    store: str,
    exports: Path,
    key: Path,
    expected: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if executor == "dask":
        pytest.importorskip("distributed", reason="Dask absent")
    url = request.getfixturevalue("s3_bucket") + "/objects" if store == "s3" else ""
    if catalogue == "postgresql":
        monkeypatch.setenv(CATALOGUE_URL_VARIABLE, request.getfixturevalue("postgres_server").database())
    folder = tmp_path / "workspace"
    made(folder, key, url)
    ingest(folder, exports)
    assert finish(folder, executor) == expected
    assert bool(list((folder / "store").rglob("*.dcm"))) == (store == "folder")


def test_two_folders_share_a_catalogue_and_keep_their_own_sites(
    exports: Path, key: Path, postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Objects elsewhere can be examined from any folder; originals are de-identified where their vault is."""
    monkeypatch.setenv(CATALOGUE_URL_VARIABLE, postgres_server.database())
    for name in ("a", "b"):
        made(tmp_path / name, key, f"file://{tmp_path}/objects")
    ingest(tmp_path / "a", exports)
    with Workspace(tmp_path / "b") as other:
        assert [plan.pending for plan in other.plan()][1] == 0
        with pytest.raises(CxrforgeError, match="kept by another"):
            other.ingest(exports, other.sites()[0].id)
    with Workspace(tmp_path / "a") as keeper:
        keeper.run(Unwatched(), "serial", scope=Scope(stages=("screen", "deidentify-image")))
    with Workspace(tmp_path / "b") as other:
        [count] = other.run(Unwatched(), "serial", scope=Scope(stages=("examine-image",)))
        assert count.done + count.review + count.turned_away == count.pending > 0
    with Workspace(tmp_path / "a") as keeper:
        assert [plan.pending for plan in keeper.plan(Scope(stages=("examine-image",)))] == [0]


class Meddler(Unwatched):
    """Does something once, when the first items of a stage are recorded."""

    def __init__(self, stage: str, meddle: Callable[[], None]) -> None:
        self.stage, self.meddle = stage, meddle

    def finished(self, count: StageCount) -> None:
        if count.stage == self.stage:
            self.meddle()


def test_a_server_that_stops_during_a_run_ends_it_with_one_line_and_the_next_run_goes_on(
    exports: Path,
    key: Path,
    expected: str,
    postgres_server: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(CATALOGUE_URL_VARIABLE, postgres_server.database())
    folder = tmp_path / "workspace"
    made(folder, key)
    ingest(folder, exports)
    with Workspace(folder) as workspace:
        with pytest.raises(CatalogueError, match="nothing recorded is lost"):
            workspace.run(Meddler("screen", postgres_server.stop), "serial")
        with pytest.raises(CatalogueError):
            workspace.standing()
    postgres_server.start()
    with Workspace(folder) as workspace:
        assert next(plan.pending for plan in workspace.plan()) == 0
    assert finish(folder) == expected


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """Mount a file system of `size` with a copy of what stands at `place`; skip where that is not allowed."""
    before = place.with_name(place.name + "-before")
    place.rename(before)
    place.mkdir()
    mounted = os.geteuid() == 0 and shutil.which("mount")
    if not mounted or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        shutil.copytree(before, place, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def remount(place: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", place], check=True)


def test_a_full_disk_ends_a_run_with_one_line_and_the_next_run_goes_on(
    ingested: Path, expected: str, tmp_path: Path
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ingested, folder)
    with small_disk(folder / "store", "300k"):
        with Workspace(folder) as workspace, pytest.raises(WorkspaceError, match="No space left") as told:
            workspace.run(Unwatched(), "serial")
        assert str(tmp_path) not in told.value.line()
        remount(folder / "store", "size=100m")
        assert finish(folder) == expected


@pytest.mark.parametrize("room", ["catalogue", "release"])
def test_a_workspace_on_a_full_disk_loses_nothing(ingested: Path, expected: str, tmp_path: Path, room: str) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ingested, folder)
    with small_disk(folder, "100m"):
        if room == "release":
            with Workspace(folder) as workspace:
                workspace.run(Unwatched(), "serial")
        filler = folder / "logs" / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(4096))
        with pytest.raises((CxrforgeError, OSError)), Workspace(folder) as workspace:
            if room == "catalogue":
                workspace.run(Unwatched(), "serial")
            workspace.build_release("test", "1", allow_unmet=True)
        filler.unlink()
        assert finish(folder) == expected


def test_a_folder_that_turned_read_only_is_told_and_the_next_run_goes_on(
    ingested: Path, expected: str, tmp_path: Path
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ingested, folder)
    with small_disk(folder, "100m"):
        remount(folder, "ro")
        with pytest.raises((CxrforgeError, OSError)), Workspace(folder) as workspace:
            workspace.run(Unwatched(), "serial")
        remount(folder, "rw")
        assert finish(folder) == expected


def test_a_release_that_was_written_and_not_recorded_is_recorded_by_the_repeat(
    ingested: Path, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ingested, folder)
    with Workspace(folder) as workspace:
        workspace.run(Unwatched(), "serial")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, Workspace(folder) as workspace:
        patched.setattr("cxrforge.releases.record_release", killed)
        with pytest.raises(KeyboardInterrupt):
            workspace.build_release("test", "1", allow_unmet=True)
        assert workspace.releases() == []
    assert finish(folder) == expected
    with Workspace(folder) as workspace:
        [row] = workspace.releases()
        assert (row["name"], row["version"]) == ("test", "1")


def test_a_run_may_be_restricted_and_foreseen(ingested: Path, expected: str, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ingested, folder)
    with Workspace(folder) as workspace:
        site = workspace.sites()[0].id
        [whole] = workspace.plan(Scope(stages=("screen",)))
        [of_site] = workspace.plan(Scope(stages=("screen",), sites=(site,)))
        assert 0 < of_site.pending < whole.pending
        [count] = workspace.run(Unwatched(), "serial", scope=Scope(("screen",), (site,), limit=1))
        assert (count.stage, count.pending) == ("screen", 1)
        [left] = workspace.plan(Scope(stages=("screen",)))
        assert left.pending == whole.pending - 1
        with pytest.raises(CxrforgeError, match="unknown stage"):
            workspace.plan(Scope(stages=("nothing",)))
    assert finish(folder) == expected


def test_the_log_tells_runs_and_stages_and_nothing_of_anybody(ingested: Path, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ingested, folder)
    finish(folder)
    lines = [json.loads(line) for line in (folder / "logs" / "run.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["run-started", *["stage"] * (len(lines) - 2), "run-ended"]
    assert len({line["run"] for line in lines}) == 1
    assert all(line["memory_mb"] > 0 for line in lines[1:])
