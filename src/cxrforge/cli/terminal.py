"""What every command prints with: one console for people, JSON for programs, one line for errors."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cxrforge.errors import CxrforgeError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Write `value` as JSON to standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def progress(label: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a bar with rate and time left on standard error; yield a function to call with each step's size.

    On something that is no terminal only the label and the final count are printed.
    """
    if not err.is_terminal:
        done = 0

        def count(step: int) -> None:
            nonlocal done
            done += step

        yield count
        err.print(f"{label}: {done} {unit}")
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as bars:
        task = bars.add_task(label, total=total, rate="")

        def advance(step: int) -> None:
            speed = bars.tasks[0].speed
            bars.update(task, advance=step, rate=f"{speed:.1f}/s" if speed else "")

        yield advance


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
    except Exception as error:  # our fault: say where, never what the data was
        if os.environ.get("CXRFORGE_DEBUG"):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        err.print(f"error: internal fault {type(error).__name__} at {place}. Report it; nothing recorded is lost.")
        return 70
