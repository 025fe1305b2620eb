"""The log of runs: one line of JSON for each event. Pseudonyms and counts alone, so that it may be shown to anybody."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def _name() -> str:
    return secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class RunLog:
    """Appends events of one run, each with the run's name and the time (UTC)."""

    path: Path
    run: str = field(default_factory=_name)

    def write(self, event: str, values: Mapping[str, Any]) -> None:
        """Append one line."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": time, "run": self.run, "event": event, **values})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
