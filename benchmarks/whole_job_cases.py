"""The whole job as commands, for the benchmarks that kill, combine and scale it: init, sites, ingest, run, release.

Every workspace gets the same key, so that releases can be compared byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxrforge.synthetic.consortium import generate

KEY = bytes(range(32))
NAME, VERSION = "whole", "1"
MATRIX = (720, 600)
"""Rows and columns of the reduced radiographs, and the threshold that lets them in."""
THRESHOLDS = "[criteria.matrix]\npixels = 512\n"


def made_exports(folder: Path, studies: int, seed: int, workers: int = 2) -> Path:
    """Generate a consortium at reduced matrix, unless the same one stands there."""
    exports = folder / f"exports-{studies}-{seed}"
    if not (exports / "truth.json").exists():
        generate(exports, studies=studies, seed=seed, hospitals=3, matrix=MATRIX, workers=workers)
    return exports


@dataclass(frozen=True)
class Job:
    """One workspace and how it is worked on."""

    folder: Path
    exports: Path
    run: tuple[str, ...] = ()
    """More words for `cxrforge run`."""
    catalogue: str = ""
    store: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def hospitals(self) -> list[dict[str, Any]]:
        truth = json.loads((self.exports / "truth.json").read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = truth["hospitals"]
        return found

    def environment(self) -> dict[str, str]:
        more = {"CXRFORGE_CATALOGUE_URL": self.catalogue} if self.catalogue else {}
        return {**os.environ, "OMP_NUM_THREADS": "1", **self.env, **more}

    def prepare(self) -> None:
        """Make the workspace and set its threshold and store, repeatably."""
        key = self.folder.parent / "key"
        if not key.exists():
            key.write_text(KEY.hex())
            key.chmod(0o600)
        if not (self.folder / "cxrforge.toml").exists():
            self.call("init", str(self.folder), "--key", str(key), workspace=False)
        config = self.folder / "cxrforge.toml"
        text = config.read_text(encoding="utf-8")
        if THRESHOLDS not in text:
            text = text.replace("[criteria]\n", THRESHOLDS).replace('url = "" ', f'url = "{self.store}" ')
            config.write_text(text, encoding="utf-8")

    def commands(self) -> list[tuple[str, ...]]:
        """Return what a user would call, in order; all of it may be repeated."""
        known = {row["id"] for row in json.loads(self.call("site", "list", "--json").stdout)}
        sites = [
            ("site", "add", h["id"], "--country", h["country"], "--language", h["language"])
            for h in self.hospitals()
            if h["id"] not in known
        ]
        ingests = [("ingest", str(self.exports / h["id"]), "--site", h["id"]) for h in self.hospitals()]
        return [*sites, *ingests, ("run", *self.run), self.release()]

    def release(self) -> tuple[str, ...]:
        return ("release", "build", "--name", NAME, "--version", VERSION, "--allow-unmet")

    def command(self, *words: str, workspace: bool = True) -> list[str]:
        return [sys.executable, "-m", "cxrforge", *(["-w", str(self.folder)] if workspace else []), *words]

    def call(self, *words: str, workspace: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words, workspace=workspace), env=self.environment(), capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"cxrforge {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def script(self, commands: Sequence[Sequence[str]]) -> str:
        """Return a shell line that does the commands one after the other, up to the first that fails."""
        return " && ".join(shlex.join(self.command(*words)) for words in commands)

    def is_built(self) -> bool:
        """Tell whether the release is known to the workspace."""
        listed = json.loads(self.call("release", "list", "--json").stdout)
        return any(row["name"] == NAME for row in listed)

    def do(self) -> str:
        """Do the whole job and return what stands for its release."""
        self.prepare()
        for words in self.commands():
            self.call(*words)
        return self.digest()

    def digest(self) -> str:
        return hashlib.sha256((self.folder / "releases" / f"{NAME}-{VERSION}" / "SHA256SUMS").read_bytes()).hexdigest()
