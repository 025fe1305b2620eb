"""Finding every file of an export: a folder, a zip or a single file, in one order, without following links.

Nothing is skipped in silence: what cannot or must not be read is found too, with the issue that turns it away.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cxrforge.errors import UsageError
from cxrforge.ingest.archives import (
    Member,
    find_member,
    list_members,
    looks_like_zip,
    member_issue,
    read_member,
)
from cxrforge.ingest.limits import Limits
from cxrforge.records import Issue

DIVIDER = "!"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of an export: the absolute path, or `path!member` for a file in a zip, and its size in bytes.

    `issue` is set when the scan itself turned the file away. `repr` does not show the place: paths hold names.
    """

    locator: str = field(repr=False)
    size: int
    issue: Issue | None = None


def find_files(root: Path, limits: Limits | None = None) -> Iterator[FoundFile]:
    """Yield every file below `root` (folder, zip or single file), sorted by name within each folder.

    Raise `UsageError` when `root` itself is not there or cannot be read.
    """
    limits = limits or Limits()
    try:
        start = root.resolve(strict=True)
        is_folder = start.is_dir()
        if is_folder:
            next(os.scandir(start), None)
    except (OSError, RuntimeError) as error:
        raise UsageError(
            "the export cannot be read",
            expected="a folder, a zip or a file that this user may read",
            found=type(error).__name__,
            next_step="Check the path and its permissions.",
        ) from error
    if is_folder:
        yield from _walk(str(start), limits)
    else:
        yield from _file(str(start), limits)


def split_locator(locator: str) -> tuple[Path, str | None]:
    """Return the file's path and, for a file in a zip, the member's name.

    A name may hold the divider itself: a file that stands there as a whole comes first, then the shortest path that
    is a file.
    """
    if not os.path.lexists(locator):
        place = locator.find(DIVIDER)
        while place >= 0:
            if os.path.isfile(locator[:place]):
                return Path(locator[:place]), locator[place + 1 :]
            place = locator.find(DIVIDER, place + 1)
    return Path(locator), None


def open_source(locator: str, limits: Limits | None = None) -> bytes | Path:
    """Return the path of a plain file, or the content of a zip member; the source is not changed.

    Raise `OSError` when the file is gone and `BrokenMemberError` when a member is damaged.
    """
    path, name = split_locator(locator)
    return path if name is None else read_member(path, find_member(path, name, limits or Limits()))


def _walk(top: str, limits: Limits) -> Iterator[FoundFile]:
    """Yield what is below the folder `top`; a stack instead of recursion, so that depth cannot exhaust anything."""
    stack: list[tuple[str, int]] = [(top, 0)]
    while stack:
        place, depth = stack.pop()
        if depth > limits.max_depth:
            yield FoundFile(place, 0, Issue("folder-too-deep", f"more than {limits.max_depth} folders deep"))
            continue
        kind = "folder" if depth == 0 else _kind(place)
        if kind == "folder":
            try:
                names = sorted(os.listdir(place), key=os.fsencode, reverse=True)
            except OSError as error:
                yield FoundFile(place, 0, Issue("file-unreadable", f"folder: {type(error).__name__}"))
                continue
            stack.extend((os.path.join(place, name), depth + 1) for name in names)
        elif kind == "file":
            yield from _file(place, limits)
        elif kind == "link":
            yield FoundFile(place, 0, Issue("link-not-followed", _target(place, top)))
        else:
            yield FoundFile(place, 0, Issue("file-unreadable", kind))


def _kind(place: str) -> str:
    """Return `folder`, `file`, `link` or, for all else, what it is."""
    try:
        mode = os.lstat(place).st_mode
    except OSError as error:
        return type(error).__name__
    kinds = {stat.S_IFDIR: "folder", stat.S_IFREG: "file", stat.S_IFLNK: "link"}
    return kinds.get(stat.S_IFMT(mode), "a pipe, socket or device")


def _target(link: str, top: str) -> str:
    """Say where a link leads, without naming the place."""
    try:
        target = Path(link).resolve(strict=True)
    except (OSError, RuntimeError):
        return "leads in a circle or nowhere"
    return "leads to another place in the export" if target.is_relative_to(top) else "leads out of the export"


def _file(place: str, limits: Limits) -> Iterator[FoundFile]:
    """Yield the file, or its members when it is a zip."""
    try:
        with open(place, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            is_zip = looks_like_zip(stream.read(4))
        if is_zip:
            yield from _members(place, size, limits)
            return
    except OSError as error:
        yield FoundFile(place, 0, Issue("file-unreadable", type(error).__name__))
        return
    if size > limits.max_file_bytes:
        yield FoundFile(place, size, Issue("file-too-large", f"more than {limits.max_file_bytes} bytes"))
    else:
        yield FoundFile(place, size)


def _members(place: str, size: int, limits: Limits) -> Iterator[FoundFile]:
    listing = list_members(Path(place), limits)
    if listing.issue:
        yield FoundFile(place, size, listing.issue)
        return
    if listing.is_document:
        too_large = size > limits.max_file_bytes
        issue = Issue("file-too-large", f"more than {limits.max_file_bytes} bytes") if too_large else None
        yield FoundFile(place, size, issue)
        return
    for member in listing.replaced:
        yield FoundFile(_locator(place, member), member.size, Issue("zip-name-twice"))
    for member in sorted(listing.members, key=lambda m: m.name):
        locator = _locator(place, member)
        issue = member_issue(member, limits)
        if issue is None and split_locator(locator) != (Path(place), member.name):
            issue = Issue("locator-ambiguous")
        yield FoundFile(locator, member.size, issue)


def _locator(place: str, member: Member) -> str:
    return f"{place}{DIVIDER}{member.name}"
