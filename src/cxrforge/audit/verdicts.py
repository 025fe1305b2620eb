"""What a person says of an item that waits, and the queues of such items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACCEPT, TURN_AWAY, FLAG = "accept", "turn-away", "flag"
FLAGGED, TAKEN_OUT = "person-flagged-identifier", "person-turned-away"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. `made_from` is the hash it holds for; `reason` and `place` are for people and leave with nothing.

    `kind` is image, study or report (named by its study). `stage` is the one that gave the code.
    """

    at: str
    person: str
    kind: str
    entity: str
    study: str
    site: str
    stage: str
    code: str
    verdict: str
    reason: str
    place: Mapping[str, Any] | None
    made_from: str
    current: bool = True

    def __repr__(self) -> str:
        return f"Decision({self.kind} {self.entity}, {self.code}, {self.verdict})"


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How many items of a kind wait with one issue code, altogether and by site."""

    name: str  # the code
    kind: str
    items: int
    sites: Mapping[str, int]
    meaning: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item that waits for a person, and why."""

    kind: str
    entity: str
    study: str
    site: str
    code: str
    level: str
    stage: str
    detail: str
