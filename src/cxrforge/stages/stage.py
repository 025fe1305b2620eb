"""What a stage is: a row. The runner reads it; the work knows nothing of the catalogue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from cxrforge.config import Settings
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import Issue, Level
from cxrforge.store import Store
from cxrforge.tables import issue_codes

DONE, REVIEW, TURNED_AWAY, FAILED = "done", "review", "turned-away", "failed"


@dataclass(frozen=True, slots=True)
class Item:
    """One image or study to work on.

    `facts` come from the catalogue, `secret` from the vault: it never leaves the worker but through `sealed`.
    """

    entity: str
    site: str
    input_hash: str
    facts: Mapping[str, Any]
    secret: Any = field(default=None, repr=False)
    site_secret: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Tools:
    """What every piece of work may use."""

    settings: Settings
    pseudonyms: Pseudonymizer
    store: Store


@dataclass(frozen=True, slots=True)
class StageResult:
    """What became of an item: JSON-able payload without identifiers, issues, and what goes to the vault.

    `tries` tells how often it was tried to get there, where that was more than once.
    """

    entity: str
    site: str
    input_hash: str
    state: str
    payload: Mapping[str, Any]
    issues: tuple[Issue, ...] = ()
    sealed: Any = field(default=None, repr=False)
    tries: int = 1

    @property
    def output_hash(self) -> str:
        """Return a hash that changes when the input or what was made of it changes."""
        text = json.dumps([self.input_hash, self.state, self.payload], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the pipeline.

    `kind` is what it works on (image or study); `after` names the stage on the same entity whose outcome it takes;
    `again` names issues of outside causes, after which an item is taken up in every run;
    `gathers` takes the outcomes of all stages on the study and its images; `secret` names the vault record of the
    entity that it needs, `site_secret` that of its site; `light` work is done where the runner is, since handing it
    over would cost more than doing it; `record` writes typed rows beside the outcome.
    """

    name: str
    version: str
    kind: str
    title: str
    work: Callable[[Item, Tools], StageResult]
    after: str | None = None
    gathers: bool = False
    secret: str | None = None
    site_secret: str | None = None
    settings: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    light: bool = False
    record: Callable[[sa.Connection, list[StageResult]], None] | None = None


def conclude(item: Item, payload: Mapping[str, Any], issues: tuple[Issue, ...] = (), sealed: Any = None) -> StageResult:
    """Return the result whose state follows from the gravest issue."""
    codes = issue_codes.load()
    levels = {codes[issue.code].level for issue in issues}
    state = TURNED_AWAY if Level.TURNED_AWAY in levels else REVIEW if Level.REVIEW in levels else DONE
    return StageResult(item.entity, item.site, item.input_hash, state, payload, issues, sealed)
