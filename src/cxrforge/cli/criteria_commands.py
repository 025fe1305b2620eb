"""`waiver add|remove|list` and `history`: what was let go for a time, and how a criterion stood over time."""

from __future__ import annotations

from dataclasses import asdict

import typer

from cxrforge.cli.criteria_text import print_history
from cxrforge.cli.terminal import out, print_json
from cxrforge.cli.workspace_commands import open_workspace

waiver_app = typer.Typer(
    help="Let advisory criteria go for a time, with who, why and until when.", no_args_is_help=True
)
_JSON = typer.Option(False, "--json", help="Print JSON.")


def history(
    context: typer.Context,
    criterion: str = typer.Argument(..., help="The criterion, such as volume."),
    site: str = typer.Option("", "--site", help="At this hospital; over all if left."),
    as_json: bool = _JSON,
) -> None:
    """Show how a criterion stood after each run and release.

    Example: cxrforge -w study-export history volume --site st-anna
    """
    from cxrforge.errors import UsageError
    from cxrforge.tables import criteria

    if criterion not in criteria.load():
        raise UsageError("unknown criterion", expected=", ".join(criteria.load()))
    with open_workspace(context) as workspace:
        rows = [row for row in workspace.history(site) if row["criterion"] == criterion]
    if as_json:
        print_json(rows)
    else:
        print_history(rows, criterion)


@waiver_app.command("add")
def add(
    context: typer.Context,
    criterion: str = typer.Argument(..., help="An advisory criterion that may be waived, such as view-lateral."),
    role: str = typer.Option(..., "--by", help="The role that grants it, such as coordinating-centre; no name."),
    reason: str = typer.Option(..., "--reason", help="Why, in one line; the data card prints it."),
    until: str = typer.Option(..., "--until", metavar="DAY", help="Last day it holds, YYYY-MM-DD."),
) -> None:
    """Let an advisory criterion go until a day.

    Example: cxrforge -w study-export waiver add view-lateral --by coordinating-centre --reason "two sites take
    no laterals" --until 2027-06-30
    """
    with open_workspace(context) as workspace:
        row = workspace.governance.grant_waiver(criterion, role, reason, until)
    out.print(f"Waived: {row.criterion} until {row.until}.", markup=False)


@waiver_app.command("remove")
def remove(context: typer.Context, criterion: str = typer.Argument(..., help="The criterion.")) -> None:
    """Take a waiver back.

    Example: cxrforge -w study-export waiver remove view-lateral
    """
    with open_workspace(context) as workspace:
        workspace.governance.revoke_waiver(criterion)
    out.print("Waiver taken back.")


@waiver_app.command("list")
def list_waivers(context: typer.Context, as_json: bool = _JSON) -> None:
    """List the waivers.

    Example: cxrforge -w study-export waiver list
    """
    with open_workspace(context) as workspace:
        rows = workspace.governance.waivers()
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        out.print(f"{row.criterion}  until {row.until}  by {row.granted_by}: {row.reason}", markup=False)
    if not rows:
        out.print("No criterion is waived.")
