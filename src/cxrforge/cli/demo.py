"""`demo`: the main job on made-up hospitals, from exports to a release with its scores."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from cxrforge.cli.terminal import out, print_json, run_bars

if TYPE_CHECKING:
    from cxrforge.demo.demonstration import Demonstration


def demo(
    directory: Path = typer.Argument(Path("cxrforge-demo"), metavar="[DIR]", help="A new folder, or one to go on in."),
    studies: int = typer.Option(40, "--studies", min=1, help="How many studies to make up."),
    hospitals: int = typer.Option(8, "--hospitals", min=1, help="How many hospitals to make up."),
    seed: int = typer.Option(1, "--seed", help="Another seed, another consortium."),
    matrix: int = typer.Option(2048, "--matrix", min=256, hidden=True, help="Width of the radiographs."),
    workers: int | None = typer.Option(None, "--workers", min=1, help="Worker processes; one per processor if left."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Make up hospitals with known truth, run every stage, build a draft release, print scores, write summary.html.

    Example: cxrforge demo
    """
    from cxrforge.config import Settings
    from cxrforge.demo.demonstration import Watch, demonstrate

    began = time.monotonic()
    with run_bars() as bars:
        watch = Watch(bars, bars.counted)
        done = demonstrate(
            directory,
            watch,
            studies=studies,
            hospitals=hospitals,
            seed=seed,
            matrix=matrix,
            workers=workers or Settings().workers,
        )
    if as_json:
        print_json({s.name: {"good": s.good, "total": s.total, "share": s.share, "met": s.met} for s in done.scores})
    else:
        _print(done, time.monotonic() - began)
    if not all(s.met for s in done.scores):
        raise typer.Exit(1)


def _print(done: Demonstration, seconds: float) -> None:
    found = sum(i.found for i in done.ingested)
    taken = sum(i.taken for i in done.ingested)
    out.print(f"Found {found} files = {taken} taken + {found - taken} turned away, each with its reason.")
    table = Table(box=None, pad_edge=False)
    for name, justify in (("score", "left"), ("", "right"), ("", "right"), ("asked", "right"), ("what", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for s in done.scores:
        color = "green" if s.met else "red"
        share = f"[{color}]{s.share:.1%}[/{color}]"
        table.add_row(s.name, share, f"{s.good}/{s.total}", f"{s.floor:.0%}", s.explanation)
    out.print(table)
    short = [c.id for c in done.standing.criteria if c.level == "blocking" and not c.met]
    out.print(f"Criteria that would stop a release, as no person has worked here yet: {', '.join(short)}.")
    out.print(f"Done in {seconds:.0f} s. Look at {os.path.relpath(done.page)}", markup=False)
