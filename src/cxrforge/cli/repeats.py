"""`cxrforge repeats`: images of two patients that look like one, and what a person decides on them."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from cxrforge.cli.terminal import err, out

repeats_app = typer.Typer(help="Images of two patients that look like one exposure.", no_args_is_help=True)


@repeats_app.command("list")
def list_repeats(
    context: typer.Context,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List the pairs, the most alike first.

    Example: cxrforge -w study-export repeats list
    """
    from cxrforge.workspace import Workspace

    with Workspace(context.obj) as workspace:
        pairs = workspace.repeats()
    if as_json:
        out.print_json(json.dumps([asdict(pair) for pair in pairs]))
        return
    for pair in pairs:
        how = "one exposure" if pair.confirmed else "doubtful"
        marks = [mark for mark, true in (("mirrored", pair.mirrored), ("inverted", pair.inverted)) if true]
        decision = pair.decision or "waits for a person"
        line = f"{pair.first} {pair.second}  {pair.correlation:.3f}  {', '.join([how, *marks])}  {decision}"
        out.print(line, soft_wrap=True, highlight=False)
    err.print(f"{len(pairs)} pairs")


@repeats_app.command("decide")
def decide(
    context: typer.Context,
    first: str = typer.Argument(..., help="One image's id, as `repeats list` prints it."),
    second: str = typer.Argument(..., help="The other's."),
    same: bool = typer.Option(..., "--same/--different", help="One exposure under two patients, or two exposures."),
) -> None:
    """Write down what a person decided on a pair.

    Example: cxrforge -w study-export repeats decide IMAGE IMAGE --different
    """
    from cxrforge.workspace import Workspace

    with Workspace(context.obj) as workspace:
        workspace.decide_repeat(first, second, same=same)
