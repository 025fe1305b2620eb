"""Where objects lie: a folder, and whatever fsspec reaches; whole or not at all."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cxrforge.errors import ConfigError, WorkspaceError
from cxrforge.store import RemoteStore, Store, open_store

KEY = "images/I0123.dcm"


@pytest.fixture(params=["folder", "file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return open_store(tmp_path, "store", "")
    if request.param == "file":
        return open_store(tmp_path, "store", f"file://{tmp_path}/elsewhere")
    return open_store(tmp_path, "store", request.getfixturevalue("s3_bucket") + "/some/prefix")


def test_what_was_written_is_read_in_every_way(store: Store, tmp_path: Path) -> None:
    store.write(KEY, b"first")
    store.write(KEY, b"second, longer")
    copied = pickle.loads(pickle.dumps(store))
    assert copied == store
    with copied.reading(KEY) as path:
        assert path.read_bytes() == b"second, longer"
    assert copied.path(KEY).read_bytes() == b"second, longer"
    copied.fetch(KEY, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == b"second, longer"


def test_a_copy_is_not_taken_for_what_was_written_later(store: Store) -> None:
    store.write(KEY, b"first")
    assert store.path(KEY).read_bytes() == b"first"
    time.sleep(0.01)
    store.write(KEY, b"other")
    assert store.path(KEY).read_bytes() == b"other"


def test_a_missing_object_is_missing_in_every_way(store: Store, tmp_path: Path) -> None:
    assert not store.path(KEY).exists()
    with store.reading(KEY) as path:
        assert not path.exists()
    with pytest.raises(FileNotFoundError):
        store.fetch(KEY, tmp_path / "fetched")


def test_a_writer_that_fails_leaves_what_stood_there(store: Store) -> None:
    store.write(KEY, b"first")
    if store.is_remote:
        with pytest.raises(RuntimeError), store.writing(KEY) as path:
            path.write_bytes(b"half")
            raise RuntimeError
    with store.reading(KEY) as path:
        assert path.read_bytes() == b"first"


def test_an_object_that_was_not_written_is_not_put(store: Store) -> None:
    with store.writing(KEY):
        pass
    assert not store.path(KEY).exists()


def old(path: Path) -> None:
    path.write_bytes(b"half")
    os.utime(path, (1, 1))


def test_what_killed_writers_left_is_swept_and_a_living_ones_is_not(tmp_path: Path) -> None:
    store = open_store(tmp_path, "store", f"file://{tmp_path}/elsewhere")
    store.write(KEY, b"whole")
    folder = next((tmp_path / "elsewhere").rglob("*.dcm")).parent
    old(folder / ".part-dead-I0124.dcm")
    (folder / ".part-living-I0125.dcm").write_bytes(b"half")
    assert store.sweep() == 1
    assert sorted(p.name for p in folder.iterdir()) == [".part-living-I0125.dcm", "I0123.dcm"]


def test_copies_are_trimmed_to_what_was_read_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxrforge.store._CACHED_BYTES", 10)
    store = open_store(tmp_path, "copies", f"file://{tmp_path}/elsewhere")
    for name in ("I1", "I2"):
        store.write(f"images/{name}.dcm", b"8 bytes.")
        os.utime(store.path(f"images/{name}.dcm"), (int(name[1]), int(name[1])))
    store.sweep()
    assert [p.name[17:] for p in (tmp_path / "copies").rglob("*.dcm")] == ["I2.dcm"]


@pytest.mark.parametrize("url", ["cheese://x", "abc"])
def test_a_url_that_cannot_be_used_is_refused(tmp_path: Path, url: str) -> None:
    if "://" in url:
        with pytest.raises(ConfigError, match="URL"):
            open_store(tmp_path, "store", url)


@pytest.mark.parametrize(
    "call",
    [lambda s: s.write(KEY, b""), lambda s: s.path(KEY), lambda s: s.sweep(), lambda s: s.fetch(KEY, Path("x"))],
)
def test_a_store_that_is_gone_is_told_in_one_line(
    s3_bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: Callable[[Store], None]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    pytest.importorskip("s3fs").S3FileSystem.clear_instance_cache()  # one process keeps its connection
    with pytest.raises(WorkspaceError, match="store cannot be reached"):
        call(RemoteStore(tmp_path, s3_bucket + "/gone"))
    pytest.importorskip("s3fs").S3FileSystem.clear_instance_cache()
