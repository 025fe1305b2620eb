"""Checksums of a release: written once, checked by anyone who holds a copy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SUMS_FILE = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class ChecksumProblem:
    """What is wrong with one file: `kind` is changed, missing, extra, linked, or unreadable-line."""

    path: str
    kind: str

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def sums_text(sums: Mapping[str, str]) -> str:
    """Return the lines of SHA256SUMS (as `sha256sum -c` reads them), sorted by path."""
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums))


def verify_checksums(folder: Path) -> tuple[ChecksumProblem, ...]:
    """Return every file of `folder` that is changed, missing or extra against its SHA256SUMS; nothing when whole."""
    listing = folder / SUMS_FILE
    if not listing.is_file():
        return (ChecksumProblem(SUMS_FILE, "missing"),)
    problems, sums = [], {}
    for number, line in enumerate(listing.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None or match[2] in sums or match[2].startswith("/") or ".." in match[2].split("/"):
            problems.append(ChecksumProblem(f"{SUMS_FILE} line {number}", "unreadable-line"))
        else:
            sums[match[2]] = match[1]
    present = dict(_files(folder))
    problems += [ChecksumProblem(path, "missing") for path in sums.keys() - present.keys()]
    problems += [ChecksumProblem(path, "extra") for path in present.keys() - sums.keys() - {SUMS_FILE}]
    for path in sorted(sums.keys() & present.keys()):
        if present[path].is_symlink():
            problems.append(ChecksumProblem(path, "linked"))
        elif file_sha256(present[path]) != sums[path]:
            problems.append(ChecksumProblem(path, "changed"))
    return tuple(sorted(problems))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        if path.is_symlink() or path.is_file():
            yield path.relative_to(folder).as_posix(), path
