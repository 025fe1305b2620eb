"""Where de-identified objects lie: a folder, or what any fsspec URL names. Readers see all of an object or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cxrforge.errors import ConfigError, WorkspaceError

_PARTS = (".part-*", ".*.partial")
_CACHED_BYTES = 2_000_000_000
_ABANDONED = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Store:
    """Objects by key such as `images/I0123.dcm`; picklable, safe to write twice with the same bytes."""

    root: Path

    @property
    def is_remote(self) -> bool:
        """Tell whether the objects lie elsewhere than in a folder of this machine."""
        return False

    @property
    def place(self) -> str:
        """Return what names the store for all who share it."""
        return str(self.root.resolve())

    def path(self, key: str) -> Path:
        """Return where the object `key` can be read; its folder exists afterwards."""
        path = self.root / _sharded(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def reading(self, key: str) -> Iterator[Path]:
        """Yield where the object `key` can be read inside the block; a path to nothing where it is missing."""
        yield self.path(key)

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """Yield the path to write the object `key` to, which is stored when the block ends without an error."""
        yield self.path(key)

    def fetch(self, key: str, target: Path) -> None:
        """Copy the object `key` to `target`; raise `FileNotFoundError` where it is missing."""
        shutil.copyfile(self.path(key), target)

    def write(self, key: str, data: bytes) -> None:
        """Store `data` so that a reader sees all of it or nothing."""
        with self.writing(key) as path:
            _write_whole(path, data)

    def sweep(self) -> int:
        """Remove what interrupted writers left behind; return how many files that were."""
        left = [p for name in _PARTS for p in self.root.rglob(name)] if self.root.is_dir() else []
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


@dataclass(frozen=True, slots=True)
class RemoteStore(Store):
    """Objects under an fsspec URL, such as `s3://bucket/prefix`; `root` keeps copies of those read of late."""

    url: str = ""

    @property
    def is_remote(self) -> bool:
        """Tell whether the objects lie elsewhere than in a folder of this machine."""
        return True

    @property
    def place(self) -> str:
        """Return what names the store for all who share it."""
        return self.url

    def path(self, key: str) -> Path:
        """Return a copy of the object `key` as it is now; a path to nothing where the object is missing."""
        files = self._files()
        copy = self.root / _sharded(key)
        with _reaching():
            try:
                state = files.ukey(self._address(key))  # another machine may have written it anew
            except FileNotFoundError:
                return copy.with_name("missing")
        copy = copy.with_name(f"{hashlib.sha256(str(state).encode()).hexdigest()[:16]}-{copy.name}")
        if not copy.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            partial = copy.with_name(f".part-{uuid.uuid4().hex}")
            try:
                self.fetch(key, partial)
                os.replace(partial, copy)
            finally:
                partial.unlink(missing_ok=True)
        return copy

    @contextmanager
    def reading(self, key: str) -> Iterator[Path]:
        """Yield a copy of the object `key` that goes when the block ends; a path to nothing where it is missing."""
        with tempfile.TemporaryDirectory(prefix="cxrforge-") as folder:
            path = Path(folder) / key.rpartition("/")[2]
            with contextlib.suppress(FileNotFoundError):
                self.fetch(key, path)
            yield path

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """Yield a local path; what stands there when the block ends without an error is put under the URL, whole."""
        with tempfile.TemporaryDirectory(prefix="cxrforge-") as folder:
            path = Path(folder) / key.rpartition("/")[2]
            yield path
            if path.exists():
                self._put(path, key)

    def fetch(self, key: str, target: Path) -> None:
        """Copy the object `key` to `target`; raise `FileNotFoundError` where it is missing."""
        with _reaching():
            self._files().get_file(self._address(key), str(target))

    def sweep(self) -> int:
        """Remove what interrupted writers left behind, once it is a day old: others may be at work; trim the copies."""
        if self.root.is_dir():
            for path in (p for name in _PARTS for p in self.root.rglob(name)):
                path.unlink(missing_ok=True)
            _trim(self.root, _CACHED_BYTES)
        with _reaching():
            return _sweep_parts(self._files(), self._base()) + _sweep_uploads(self._files(), self._base())

    def _put(self, path: Path, key: str) -> None:
        files, address = self._files(), self._address(key)
        with _reaching():
            if _puts_whole(files):
                files.put_file(str(path), address)
                return
            folder, _, name = address.rpartition("/")
            files.makedirs(folder, exist_ok=True)
            partial = f"{folder}/.part-{uuid.uuid4().hex}-{name}"
            files.put_file(str(path), partial)
            files.mv(partial, address)

    def _files(self) -> Any:
        import fsspec  # needed for stores elsewhere alone

        try:
            return fsspec.core.url_to_fs(self.url, use_listings_cache=False)[0]
        except (ImportError, ValueError) as error:
            raise ConfigError(
                "the store's URL cannot be used",
                where="[store] url",
                expected="a URL whose driver is installed (`pip install cxrforge[s3]` for s3://)",
                found=type(error).__name__,
            ) from None

    def _base(self) -> str:
        return str(self._files()._strip_protocol(self.url)).rstrip("/")

    def _address(self, key: str) -> str:
        return f"{self._base()}/{_sharded(key)}"


def open_store(folder: Path, path: str, url: str) -> Store:
    """Return the store under `url`, without one in `folder / path`; raise `ConfigError` for a useless URL."""
    if not url:
        return Store(folder / path)
    store = RemoteStore(folder / path, url)
    store._files()
    return store


def _sharded(key: str) -> str:
    """Return `images/01/I0123.dcm` for `images/I0123.dcm`: folders of a size that every file system likes."""
    folder, _, name = key.rpartition("/")
    return f"{folder}/{name[1:3] or '00'}/{name}"


def _write_whole(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _reaching() -> Iterator[None]:
    """Turn what a store elsewhere says into one line; a missing object stays a `FileNotFoundError`."""
    try:
        yield
    except (FileNotFoundError, ConfigError):
        raise
    except Exception as error:  # each driver has exceptions of its own
        raise WorkspaceError(
            "the store cannot be reached",
            where="[store] url",
            found=type(error).__name__,
            next_step="See that it is there and that its credentials are set, then repeat; nothing recorded is lost.",
        ) from error


def _puts_whole(files: Any) -> bool:
    """Tell whether an object appears only when it is complete: object stores do that, file systems do not."""
    protocols = {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)
    return bool(protocols & {"s3", "s3a", "gs", "gcs", "abfs", "az", "memory"})


def _sweep_parts(files: Any, base: str) -> int:
    if _puts_whole(files) or not files.exists(base):
        return 0
    removed = 0
    for address, info in files.find(base, detail=True).items():
        if address.rpartition("/")[2].startswith(".part-") and _is_old(info.get("mtime") or info.get("LastModified")):
            files.rm_file(address)
            removed += 1
    return removed


def _sweep_uploads(files: Any, base: str) -> int:
    """Abort uploads in parts that nobody completed; S3 keeps them, unseen and paid for."""
    if not hasattr(files, "list_multipart_uploads"):
        return 0
    bucket, _, prefix = base.partition("/")
    removed = 0
    for upload in files.list_multipart_uploads(bucket):
        if upload["Key"].startswith(f"{prefix}/" if prefix else "") and _is_old(upload["Initiated"]):
            files.call_s3("abort_multipart_upload", Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            removed += 1
    return removed


def _is_old(when: Any) -> bool:
    if isinstance(when, int | float):
        when = datetime.fromtimestamp(when, UTC)
    return isinstance(when, datetime) and datetime.now(UTC) - when > _ABANDONED


def _trim(folder: Path, most_bytes: int) -> None:
    """Remove the copies that were read longest ago until the rest fits."""
    copies = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_atime, reverse=True)
    kept = 0
    for path in copies:
        kept += path.stat().st_size
        if kept > most_bytes:
            path.unlink(missing_ok=True)
