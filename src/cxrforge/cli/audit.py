"""`audit`: samples that people read, what they came to, and the log of what anyone changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from cxrforge.cli.terminal import out, print_json
from cxrforge.cli.workspace_commands import open_workspace

audit_app = typer.Typer(help="Draw samples, follow their reading, move readings in and out.", no_args_is_help=True)

_JSON = typer.Option(False, "--json", help="Print JSON.")


@audit_app.command("draw")
def audit_draw(
    context: typer.Context,
    kind: str = typer.Argument(..., help="label, images-phi, reports-phi or quality."),
    size: int | None = typer.Option(None, "--size", help="How many items; else as many as the criterion asks for."),
    share: float | None = typer.Option(None, "--share", help="Share of each site's items, 0 to 1, instead of --size."),
    reader: list[str] = typer.Option([], "--reader", help="Who reads; repeat it. Without: whoever may takes the next."),
    double: float = typer.Option(0.0, "--double", help="Share that a second reader reads as well, 0 to 1."),
    prefilled: bool = typer.Option(False, "--prefilled", help="Show what the program says; else readers are blinded."),
    canaries: int | None = typer.Option(None, "--canaries", help="Copies with a planted identifier; a tenth if left."),
    seed: int | None = typer.Option(None, "--seed", help="Draws the same again; by chance if left."),
    as_json: bool = _JSON,
) -> None:
    """Draw a sample: of studies to check labels, of images or reports to look for identifiers, of doubtful images.

    Example: cxrforge -w study-export audit draw label --reader reader1 --reader reader2 --double 0.2
    """
    with open_workspace(context) as workspace:
        audit = workspace.reading_room.draw(
            kind,
            size=size,
            share=share,
            seed=seed,
            double_share=double,
            blinded=not prefilled,
            readers=reader,
            canaries=canaries,
        )
    if as_json:
        print_json(_audit_json(audit))
        return
    out.print(f"Drew {audit.id}: {audit.sampled} of {audit.population} items, seed {audit.seed}.", markup=False)
    planted = f" and {audit.canaries} canaries" if audit.canaries else ""
    out.print(f"{sum(audit.states.values())} readings to do over {len(audit.strata)} strata{planted}.")


def _audit_json(audit: Any) -> dict[str, Any]:
    return {**asdict(audit), "population": audit.population, "sampled": audit.sampled}


@audit_app.command("status")
def audit_status(
    context: typer.Context,
    audit: str | None = typer.Argument(None, help="An audit, such as label-1; every one if left."),
    as_json: bool = _JSON,
) -> None:
    """Say how far audits are, how many hours of reading are left, and what they prove.

    Example: cxrforge -w study-export audit status label-1 --json
    """
    with open_workspace(context) as workspace:
        room = workspace.reading_room
        names = [audit] if audit else [a.id for a in room.audits()]
        found = [room.statistics(name) for name in names]
    if as_json:
        print_json(found)
        return
    if not found:
        out.print("No audits yet. Draw one with `cxrforge audit draw`.")
    for row in found:
        _print_audit(row)


def _print_audit(row: dict[str, Any]) -> None:
    made_up = " (simulated readings)" if row["simulated"] else ""
    states = ", ".join(f"{number} {state}" for state, number in row["assignments"].items())
    out.print(f"[bold]{row['audit']}[/bold]{made_up}: {row['sampled']} of {row['population']} drawn; {states}.")
    out.print(f"  {row['left']} readings left, about {row['hours_left']:.1f} hours.")
    results = row.get("results")
    if not results:
        return
    if row["kind"] == "label":
        out.print(_label_table(results))
        return
    bound = "-" if results["upper_bound"] is None else f"{results['upper_bound']:.2%}"
    out.print(f"  {results['read']} read, {results['hits']} hits, upper bound {bound} against {results['wanted']:.2%}.")
    if results["next"]:
        out.print(f"  Next: {results['next']}.")
    elif results["more_to_read"]:
        out.print(f"  {results['more_to_read']} more without a hit would prove it.")
    seen = results["sensitivity"]
    if seen["planted"]:
        out.print(f"  Readers found {seen['found']} of {seen['planted']} canaries.")


def _label_table(results: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("  label", "precision", "recall", "F1", "kappa", "more to read"):
        table.add_column(heading, justify="left" if heading == "  label" else "right")
    for name, row in results["labels"].items():
        shown = [_interval(row["positive"][measure]) for measure in ("precision", "recall", "f1")]
        kappa = ((row["readers"] or {}).get("cohen") or {}).get("value")
        more = row["more_positives_to_reach_floor"]
        table.add_row(
            f"  {name}", *shown, "-" if kappa is None else f"{kappa:.2f}", "out of reach" if more is None else str(more)
        )
    return table


def _interval(row: dict[str, Any]) -> str:
    return "-" if row["value"] is None else f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


@audit_app.command("import")
def audit_import(
    context: typer.Context,
    audit: str = typer.Argument(..., help="The audit that was read, such as label-1."),
    file: Path = typer.Argument(..., help="CSV or JSON as `audit export` writes them, or COCO boxes."),
    reader: str = typer.Option(..., "--reader", help="Who read it."),
    simulated: bool = typer.Option(False, "--simulated", help="Made-up readings: marked so wherever they count."),
    as_json: bool = _JSON,
) -> None:
    """Take in readings that one reader made elsewhere; boxes from CVAT or Label Studio come as COCO.

    Example: cxrforge -w study-export audit import label-1 read.csv --reader reader1
    """
    from cxrforge.errors import UsageError

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError("the file of readings cannot be read", found=error.strerror) from None
    with open_workspace(context) as workspace:
        done = workspace.reading_room.import_readings(audit, data, file.suffix, reader, simulated=simulated)
    if as_json:
        print_json(asdict(done))
        return
    out.print(f"Took in {done.taken} readings; {done.not_assigned} are of items that {reader} was not to read.")


@audit_app.command("export")
def audit_export(
    context: typer.Context,
    audit: str = typer.Argument(..., help="An audit, such as label-1."),
    output: Path = typer.Option(..., "--output", help="A file: .json, .csv (labels), or .coco.json (boxes)."),
) -> None:
    """Write an audit's finished readings, without comments.

    Example: cxrforge -w study-export audit export label-1 --output readings.csv
    """
    from cxrforge.errors import UsageError

    with open_workspace(context) as workspace:
        room = workspace.reading_room
        if output.name.endswith(".coco.json"):
            text = json.dumps(room.export_coco(audit), indent=2) + "\n"
        elif output.suffix == ".csv":
            text = room.export_csv(audit)
        else:
            text = json.dumps({"readings": room.export_readings(audit)}, indent=2) + "\n"
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError("the readings cannot be written", found=error.strerror) from None
    out.print("Written.")


@audit_app.command("log")
def audit_log(
    context: typer.Context,
    limit: int = typer.Option(50, "--limit", min=1, help="How many rows, newest first."),
    before: int | None = typer.Option(None, "--before", help="Only rows older than this number."),
    entity: str | None = typer.Option(None, "--entity", help="Only rows about this item or person, by pseudonym."),
    verify: bool = typer.Option(False, "--verify", help="Check that every row stands as it was written."),
    as_json: bool = _JSON,
) -> None:
    """Show what anyone changed, or verify that nobody changed the log itself.

    Example: cxrforge -w study-export audit log --verify
    """
    with open_workspace(context) as workspace:
        room = workspace.reading_room
        if verify:
            problems, head = room.verify_log(), room.log_head()
        else:
            entries = room.log(limit, before, entity)
    if verify:
        if as_json:
            print_json({"rows": head.number, "last": head.hash, "problems": problems})
        else:
            out.print("\n".join(problems) or f"{head.number} rows, none changed.", markup=False)
            out.print(f"The last row's hash is {head.hash or '-'}: note it elsewhere to notice a log cut short.")
        raise typer.Exit(1 if problems else 0)
    if as_json:
        print_json([{name: getattr(e, name) for name in e.__slots__} for e in entries])
        return
    for e in entries:
        out.print(f"{e.number}  {e.at}  {e.person}  {e.action}  {e.kind} {e.entity}", markup=False)
