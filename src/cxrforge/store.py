"""Where de-identified objects lie: a folder with one file for each key."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Store:
    """Objects by key such as `images/I0123.dcm`; picklable, safe to write twice with the same bytes."""

    root: Path

    def path(self, key: str) -> Path:
        """Return where the object `key` lies; its folder exists afterwards."""
        folder, _, name = key.rpartition("/")
        shard = name[1:3] or "00"
        path = self.root / folder / shard / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, key: str, data: bytes) -> Path:
        """Store `data` so that a reader sees all of it or nothing."""
        path = self.path(key)
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
        return path

    def sweep(self) -> int:
        """Remove what interrupted writers left behind; return how many files that were."""
        left = [p for name in (".part-*", ".*.partial") for p in self.root.rglob(name)] if self.root.is_dir() else []
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)
