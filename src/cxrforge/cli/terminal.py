"""What every command prints with: one console for people, JSON for programs, one line for errors."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cxrforge.errors import CxrforgeError
from cxrforge.memory import resident_bytes

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Write `value` as JSON to standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


class RunBars:
    """Progress of a run: a bar for each stage on a terminal; elsewhere a line now and then, and one for each stage."""

    def __init__(self, bars: Progress | None, told_every_s: float = 30.0) -> None:
        self._bars = bars
        self._told_every_s = told_every_s
        self._task: Any = None
        self._stage, self._done, self._pending = "", 0, 0
        self._began = self._told = self._looked = 0.0
        self._memory = ""

    def started(self, stage: Any, pending: int) -> None:
        """Begin a stage's bar."""
        self._stage, self._done, self._pending = stage.name, 0, pending
        self._began = self._told = time.monotonic()
        if self._bars:
            self._task = self._bars.add_task(stage.title, total=pending, rate="", unit=f"{stage.kind}s")

    def advanced(self, items: int) -> None:
        """Move the stage's bar, or tell where it stands when nothing was told for a while."""
        self._done += items
        now = time.monotonic()
        speed = self._done / (now - self._began) if now > self._began else 0.0
        if self._bars:
            self._bars.update(self._task, advance=items, rate=f"{speed:.1f}/s, {self._memory_words(now)}")
        elif now - self._told >= self._told_every_s:
            self._told = now
            left = (self._pending - self._done) / speed / 60
            told = f"{self._stage}: {self._done} of {self._pending}, {speed:.1f}/s, {left:.0f} min left"
            err.print(f"{told}, {self._memory_words(now)}", markup=False)

    def _memory_words(self, now: float) -> str:
        """Return what the run takes, looked up once a second at most."""
        if now - self._looked > 1:
            self._looked, self._memory = now, f"{resident_bytes() / 1e9:.1f} GB"
        return self._memory

    def finished(self, count: Any) -> None:
        """Say what a stage came to, where no bar shows it."""
        if not self._bars:
            err.print(f"{count.stage}: {count.pending} items in {count.seconds:.1f} s", markup=False)

    def counted(self, label: str, unit: str = "files") -> Callable[[int, int], None]:
        """Return a function to call with (done, total)."""
        if not self._bars:
            return lambda done, total: err.print(f"{label}: {done} of {total}", markup=False) if done == total else None
        task = self._bars.add_task(label, total=None, rate="", unit=unit)
        bars = self._bars
        return lambda done, total: bars.update(task, completed=done, total=total or None)


@contextmanager
def run_bars() -> Iterator[RunBars]:
    """Yield bars with rate and time left on standard error."""
    if not err.is_terminal:
        yield RunBars(None)
        return
    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as bars:
        yield RunBars(bars)


@contextmanager
def progress(label: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error, or the final count where that is no terminal; yield a function for each step."""
    done = 0
    with run_bars() as bars:
        show = bars.counted(label, unit)

        def advance(step: int) -> None:
            nonlocal done
            done += step
            if err.is_terminal:
                show(done, total or 0)

        yield advance
    if not err.is_terminal:
        err.print(f"{label}: {done} {unit}", markup=False)


def tracked(items: Iterable[Any], label: str, total: int | None, unit: str) -> Iterator[Any]:
    """Yield `items` while a bar counts them."""
    with progress(label, total, unit) as advance:
        for item in items:
            yield item
            advance(1)


def run_guarded(command: Callable[[], Any]) -> int:
    """Run `command` and return its exit code; every failure becomes one line without identifiers.

    `CXRFORGE_DEBUG=1` prints the traceback as well, for developers on made-up data.
    """
    try:
        result = command()
        return result if isinstance(result, int) else 0
    except CxrforgeError as error:
        err.print(f"error: {error.line()}", markup=False, soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        err.print("interrupted: what is recorded is kept; repeat the command to go on")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except OSError as error:  # a full disk, a read-only folder, a path that is not there; its own text names paths
        if os.environ.get("CXRFORGE_DEBUG"):
            raise
        found = error.strerror or type(error).__name__
        line = f"error: a file or folder cannot be read or written: found {found}. Check paths, rights and disk space."
        err.print(line, markup=False, soft_wrap=True)
        return 1
    except Exception as error:  # our fault: say where, never what the data was
        if os.environ.get("CXRFORGE_DEBUG"):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        err.print(f"error: internal fault {type(error).__name__} at {place}. Report it; nothing recorded is lost.")
        return 70
