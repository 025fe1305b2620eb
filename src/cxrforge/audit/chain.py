"""A log whose rows are chained: each carries a keyed hash over itself and the one before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One thing that someone changed; `person`, `entity` are pseudonyms, `detail` counts and codes."""

    number: int
    at: str
    person: str
    action: str
    kind: str
    entity: str
    detail: Mapping[str, Any]
    previous: str
    hash: str


def sealed(entry: LogEntry, digest: Callable[[str], str]) -> LogEntry:
    """Return the entry with its hash: `digest` (keyed, so that nobody without the key can forge one) over the rest."""
    fields = [getattr(entry, name) for name in LogEntry.__slots__ if name != "hash"]
    text = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=dict)
    return replace(entry, hash=digest(text))


def broken_links(
    entries: Iterable[LogEntry], digest: Callable[[str], str], number: int, last_hash: str
) -> Iterator[str]:
    """Yield what is wrong with a log, oldest first, that should end at `number` with `last_hash`."""
    expected, previous = 1, ""
    for entry in entries:
        if entry.number != expected:
            yield f"row {expected} is missing"
        if entry.previous != previous:
            yield f"row {entry.number} does not follow the row before it"
        if sealed(entry, digest).hash != entry.hash:
            yield f"row {entry.number} was changed after it was written"
        expected, previous = entry.number + 1, entry.hash
    if expected - 1 != number or previous != last_hash:
        yield f"the log should end with row {number}, and ends with row {expected - 1}"
