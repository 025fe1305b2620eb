"""The criteria on a terminal: what is short first, where, and what to do; then what is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from cxrforge.cli.terminal import out
from cxrforge.records import CriterionState


def print_criteria(states: Sequence[CriterionState]) -> None:
    """Print every criterion: blocking shortfalls first, each with its sites and the next step, then what is met."""
    groups = (
        ("Short, and a release waits for it", [s for s in states if not s.met and s.level == "blocking"], "red"),
        ("Short, advisory", [s for s in states if not s.met and s.level != "blocking"], "yellow"),
    )
    for title, rows, colour in groups:
        if rows:
            out.print(f"[bold {colour}]{title} ({len(rows)})[/bold {colour}]")
        for state in rows:
            _print_short(state)
    met = [s for s in states if s.met]
    if met:
        out.print(f"[bold green]Met ({len(met)})[/bold green]")
    for state in met:
        out.print(_indented(f"{state.title}: {escape(state.explanation)}", 2))


def _print_short(state: CriterionState) -> None:
    out.print(_indented(f"[bold]{state.title}[/bold] ({state.id})", 2))
    out.print(_indented(escape(state.explanation), 4))
    for site in state.sites:
        if not site.met and site.note and site.note not in state.explanation and state.value is not None:
            out.print(_indented(f"{site.site}: {escape(site.note)}", 6))
    if state.waived:
        out.print(_indented(escape(state.waived), 4))
    elif state.next_step:
        out.print(_indented(f"[dim]Next: {escape(state.next_step)}[/dim]", 4))


def _indented(text: str, by: int) -> Padding:
    return Padding(text, (0, 0, 0, by), expand=False)


def print_history(rows: Sequence[Mapping[str, Any]], criterion: str) -> None:
    """Print how one criterion stood over time."""
    table = Table(box=None, pad_edge=False)
    for name in ("when (UTC)", "at", "state", "value", "short by"):
        table.add_column(name, justify="right" if name in ("value", "short by") else "left")
    for row in rows:
        if row["criterion"] == criterion:
            value = "–" if row["value"] is None else f"{row['value']:,.4g}"
            state = "met" if row["met"] else "short"
            table.add_row(row["taken_at"].replace("T", " "), row["occasion"], state, value, f"{row['short_by']:,.0f}")
    out.print(table if table.row_count else "Nothing is recorded yet: it is with each run and each release.")
