"""`init`, `site`, `ingest`, `run`, `status`: a workspace from its making to its state."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from cxrforge.cli.criteria_text import print_criteria
from cxrforge.cli.terminal import out, print_json, run_bars

if TYPE_CHECKING:
    from cxrforge.standing import Reason, Standing
    from cxrforge.workspace import IngestSummary, Workspace

site_app = typer.Typer(help="Add and list the hospitals of a workspace.", no_args_is_help=True)

_JSON = typer.Option(False, "--json", help="Print JSON.")


def open_workspace(context: typer.Context) -> Workspace:
    """Open the workspace that -w names."""
    from cxrforge.workspace import Workspace  # opened late, so that help is quick

    return Workspace(context.obj)


def init(
    directory: Path = typer.Argument(..., metavar="DIR", help="A new or empty folder."),
    key: Path | None = typer.Option(
        None, "--key", metavar="FILE", help="Where the key lies or shall lie, such as a mounted safe; made if absent."
    ),
) -> None:
    """Make a workspace: configuration, catalogue, vault with a new key, store.

    Example: cxrforge init study-export
    """
    from cxrforge.workspace import Workspace

    with Workspace.create(directory, key):
        pass
    shown = os.path.relpath(directory)
    out.print(f"Workspace made in {shown}.", markup=False)
    out.print("Its key cannot be made again: back it up now, apart from the workspace (docs/vault.md).")
    out.print(f"Next: cxrforge -w {shown} site add NAME --country XX --language xx", markup=False)


@site_app.command("add")
def site_add(
    context: typer.Context,
    name: str = typer.Argument(..., help="A short name, such as st-anna: a-z, 0-9 and '-'."),
    country: str = typer.Option(..., "--country", help="ISO 3166 code of two letters."),
    language: str = typer.Option(..., "--language", help="Language of the reports, ISO 639 code of two letters."),
) -> None:
    """Add a hospital.

    Example: cxrforge -w study-export site add st-anna --country AT --language de
    """
    with open_workspace(context) as workspace:
        row = workspace.add_site(name, country, language)
    out.print(f"Site {row.id} added ({row.country}, reports in {row.language}).", markup=False)


@site_app.command("list")
def site_list(context: typer.Context, as_json: bool = _JSON) -> None:
    """List the hospitals.

    Example: cxrforge -w study-export site list --json
    """
    with open_workspace(context) as workspace:
        rows = workspace.sites()
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        out.print(f"{row.id}  {row.country}  {row.language}", markup=False)
    if not rows:
        out.print("No sites yet. Add one with `cxrforge site add`.")


def ingest(
    context: typer.Context,
    path: Path = typer.Argument(..., help="An export: a folder, a zip or a file."),
    site: str = typer.Option(..., "--site", help="The hospital it comes from."),
    as_json: bool = _JSON,
) -> None:
    """Take in what a hospital exported: find, recognise, pair. Sources are read where they lie and never changed.

    Example: cxrforge -w study-export ingest /mnt/export --site st-anna
    """
    with open_workspace(context) as workspace, run_bars() as bars:
        summary = workspace.ingest(path, site, bars.counted("Examine files"))
    if as_json:
        print_json(asdict(summary))
    else:
        _print_ingest(summary)


def _print_ingest(summary: IngestSummary) -> None:
    known = f" ({summary.known_before} known before)" if summary.known_before else ""
    out.print(f"Found {summary.found} files{known} = {summary.taken} taken + {summary.turned_away} turned away.")
    out.print(f"Site {summary.site} now has {summary.studies} studies and {summary.reports} reports.", markup=False)
    if summary.reasons:
        out.print("Turned away because:")
        _print_reasons([(number, code, "") for code, number in summary.reasons.items()])


def run(
    context: typer.Context,
    limit: int | None = typer.Option(None, "--limit", min=1, metavar="N", help="At most N items of each stage."),
    stage: list[str] = typer.Option([], "--stage", metavar="NAME", help="This stage alone; may be repeated."),
    site: list[str] = typer.Option([], "--site", metavar="S", help="This hospital alone; may be repeated."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would be done, and do nothing."),
    retry_failed: bool = typer.Option(
        False, "--retry-failed", help="Try items again that were set aside after failing too often."
    ),
    executor: str | None = typer.Option(None, "--executor", help="serial, processes or dask."),
    workers: int | None = typer.Option(None, "--workers", min=1, help="Worker processes; one per processor if left."),
    scheduler: str | None = typer.Option(
        None, "--scheduler", metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786, whose workers do it."
    ),
    memory_limit: str | None = typer.Option(
        None, "--memory-limit", metavar="SIZE", help="What the run may take on this machine, such as 8GB."
    ),
    as_json: bool = _JSON,
) -> None:
    """Run every stage over what is pending. Interrupt it at any time; repeated, it goes on.

    Example: cxrforge -w study-export run --site st-anna --memory-limit 8GB
    """
    from cxrforge.config import EXECUTORS
    from cxrforge.errors import UsageError
    from cxrforge.runner import Scope

    if executor not in (None, *EXECUTORS):
        raise UsageError("unknown executor", expected=" or ".join(EXECUTORS), found=executor)
    if scheduler and executor not in (None, "dask"):
        raise UsageError("a scheduler is Dask's alone", expected="--executor dask, or none", found=executor)
    scope = Scope(tuple(stage), tuple(site), limit, retry_failed)
    with open_workspace(context) as workspace:
        if dry_run:
            _print_rows(workspace.plan(scope), ("stage", "pending"), as_json)
            return
        with run_bars() as bars:
            counts = workspace.run(bars, executor, workers, scope=scope, scheduler=scheduler, memory_limit=memory_limit)
        failed = workspace.standing().set_aside if any(c.failed for c in counts) else {}
    _print_rows(counts, ("stage", "pending", "done", "review", "turned_away", "failed", "seconds"), as_json)
    if not as_json and any(c.failed for c in counts):
        out.print("Some items failed. Repeat `cxrforge run`: they are tried again.")
        _print_set_aside(failed)


def _print_rows(rows: Sequence[Any], columns: tuple[str, ...], as_json: bool) -> None:
    """Print one row for each stage."""
    plain = [{name: getattr(row, name) for name in row.__slots__} for row in rows]
    if as_json:
        print_json(plain)
        return
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name.replace("_", " "), justify="left" if name == "stage" else "right")
    for row in plain:
        table.add_row(*(f"{row[n]:.1f}" if isinstance(row[n], float) else str(row[n]) for n in columns))
    out.print(table)


def _print_set_aside(set_aside: Mapping[str, int]) -> None:
    """Say which items are not tried any more, and what to do."""
    if set_aside:
        named = ", ".join(f"{number} at {stage}" for stage, number in set_aside.items())
        out.print(f"Set aside after failing too often: {named}.", markup=False)
        out.print("Their pseudonyms and reasons stand in logs/run.jsonl; then `cxrforge run --retry-failed`.")


def status(context: typer.Context, as_json: bool = _JSON) -> None:
    """Say where the workspace stands: books, studies, criteria, and what was turned away and why.

    Example: cxrforge -w study-export status --json
    """
    with open_workspace(context) as workspace:
        state = workspace.standing()
    if as_json:
        print_json(state.to_json())
    else:
        _print_standing(state)


def _print_standing(state: Standing) -> None:
    if not state.sites:
        out.print("No sites yet. Add one with `cxrforge site add`.")
        return
    out.print(_books(state))
    out.print()
    print_criteria(state.criteria)
    if state.set_aside:
        out.print()
        _print_set_aside(state.set_aside)
    waiting = [r for r in state.reasons if r.level == "review"]
    away = [r for r in state.reasons if r.level == "turned-away"]
    for title, rows in (("Waiting for a person", waiting), ("Turned away", away)):
        if rows:
            out.print()
            out.print(f"[bold]{title}[/bold]")
            _print_reasons(_over_sites(rows))


def _over_sites(rows: list[Reason]) -> list[tuple[int, str, str]]:
    """Return the reasons summed over sites, the most frequent first."""
    items: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (f"{row.kind}: {row.code}", row.meaning)
        items[key] = items.get(key, 0) + row.items
    return sorted(((number, *key) for key, number in items.items()), key=lambda row: (-row[0], row[1]))


def _books(state: Standing) -> Table:
    table = Table(box=None, pad_edge=False)
    columns: tuple[tuple[str, Any], ...] = (
        ("files", lambda b, s: b.get("files_found", 0)),
        ("images", lambda b, s: b.get("images_found", 0)),
        ("reports", lambda b, s: b.get("reports_found", 0)),
        ("studies", lambda b, s: sum(s.values())),
        ("accepted", lambda b, s: s.get("accepted", 0)),
        ("to review", lambda b, s: s.get("review", 0)),
        ("turned away", lambda b, s: s.get("turned_away", 0)),
        ("pending", lambda b, s: s.get("pending", 0)),
    )
    table.add_column("site")
    for name, _ in columns:
        table.add_column(name, justify="right")
    for site in state.sites:
        books, studies = state.books.get(site.id, {}), state.studies.get(site.id, {})
        table.add_row(site.id, *(str(number(books, studies)) for _, number in columns))
    return table


def _print_reasons(rows: list[tuple[int, str, str]]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    table.add_column()
    for number, code, meaning in rows:
        table.add_row(f"  {number}", code, meaning)
    out.print(table)
