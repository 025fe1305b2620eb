"""`cxrforge survey`: what an export would give, before any approval; aggregates alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from cxrforge.cli.terminal import out, print_json, run_bars

if TYPE_CHECKING:
    from cxrforge.formats.statistics import Suppressed
    from cxrforge.survey import Survey


def survey(
    path: Path = typer.Argument(..., help="An export or archive: a folder, a zip or a file."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Look at an export by its headers alone: eligible studies by device and year, and which criteria they would meet.

    Needs no workspace and no key; writes nothing; counts under 10 are withheld.
    Example: cxrforge survey /mnt/archive
    """
    from cxrforge.survey import survey as look
    from cxrforge.tables import criteria

    with run_bars() as bars:
        found = look(path, criteria.default_thresholds(), progress=bars.counted("Read headers"))
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)


def _print(found: Survey) -> None:
    studies = "fewer than 10" if found.studies is None else f"{found.studies:,}"
    out.print(f"{found.files:,} files, {found.radiographs:,} images, {studies} studies.")
    out.print()
    out.print(_table("Studies by device", found.states))
    out.print()
    out.print(_table("Studies by device and year", found.years))
    out.print()
    out.print("[bold]What the eligible studies would meet[/bold]")
    for row in found.outlook:
        mark = "[green]met  [/green]" if row.would_be_met else "short"
        out.print(f"  {mark}  [bold]{row.criterion:<13}[/bold] {row.explanation}")
    if found.turned_away:
        out.print()
        out.print("[bold]Why studies are not eligible[/bold] (a study may have several reasons)")
        _print_reasons(found)
    out.print()
    out.print(found.not_answered)


def _print_reasons(found: Survey) -> None:
    from cxrforge.tables import issue_codes

    table = Table(box=None, pad_edge=False, show_header=False)
    for justify in ("right", "left", "left"):
        table.add_column(justify=justify)
    for code, number in found.turned_away.items():
        table.add_row("–" if number is None else f"{number:,}", code, issue_codes.load()[code].meaning)
    out.print(table)


def _table(title: str, counts: Suppressed) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    columns = list(counts.totals)
    table.add_column("device")
    for name in columns:
        table.add_column(name, justify="right")
    for device, row in counts.cells.items():
        table.add_row(device, *("–" if row[c] is None else f"{row[c]:,}" for c in columns))
    return table
