"""`site document|documents|consent`: what a hospital signed, what is missing, and who must not be in."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from cxrforge.cli.terminal import out, print_json
from cxrforge.cli.workspace_commands import open_workspace

if TYPE_CHECKING:
    from cxrforge.governance.desk import Papers

_JSON = typer.Option(False, "--json", help="Print JSON.")
_SITE = typer.Argument(..., help="The hospital, or `consortium` for papers of the coordinating centre.")
_MARKS = {"in force": "[green]in force[/green]", "expiring": "[yellow]expiring[/yellow]"}


def document(
    context: typer.Context,
    site: str = _SITE,
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="The signed document, such as a PDF."),
    kind: str = typer.Option(..., "--kind", help="What it is, such as processing-agreement, dpia, ethics-approval."),
    valid_from: str = typer.Option(..., "--valid-from", metavar="DAY", help="First day it holds, YYYY-MM-DD."),
    valid_until: str = typer.Option("", "--valid-until", metavar="DAY", help="Last day it holds; none if left."),
    reference: str = typer.Option("", "--reference", help="Its file number; no names."),
    signed_by: list[str] = typer.Option([], "--signed-by", help="A role that signed it; repeat for each."),
    basis: list[str] = typer.Option([], "--basis", help="A legal basis, with kind legal-basis; repeat for each."),
) -> None:
    """File a document. Its bytes are sealed in the vault; the catalogue keeps hash, kind, days and roles.

    Example: cxrforge -w study-export site document st-anna dpia.pdf --kind dpia --valid-from 2026-01-01
    --valid-until 2028-12-31 --signed-by data-protection-officer
    """
    with open_workspace(context) as workspace:
        filed = workspace.governance.file_document(
            site,
            kind,
            file.read_bytes(),
            valid_from=valid_from,
            valid_until=valid_until,
            reference=reference,
            signed_by=signed_by,
            bases=basis,
        )
    until = filed.valid_until or "further notice"
    out.print(f"Filed: {kind} of {site}, {filed.valid_from} to {until}, SHA-256 {filed.sha256}.", markup=False)


def documents(
    context: typer.Context,
    site: str = _SITE,
    on: str = typer.Option("", "--on", metavar="DAY", help="The day to judge by; today if left."),
    fetch: str = typer.Option("", "--fetch", metavar="SHA256", help="Write this document's file to --output."),
    output: Path | None = typer.Option(None, "--output", metavar="FILE", help="Where --fetch writes to."),
    as_json: bool = _JSON,
) -> None:
    """List what is filed for a hospital, what is missing, and what runs out.

    Example: cxrforge -w study-export site documents st-anna --on 2026-07-01
    """
    from cxrforge.errors import UsageError
    from cxrforge.governance.desk import iso_day

    if bool(fetch) != bool(output):
        raise UsageError("--fetch and --output go together")
    with open_workspace(context) as workspace:
        if output is not None:
            output.write_bytes(workspace.governance.document_content(fetch))
            out.print("Written.")
            return
        papers = workspace.governance.papers(site, iso_day("--on", on) if on else date.today().isoformat())
    if as_json:
        print_json(asdict(papers) | {"missing": [r.id for r in papers.requirements if not r.met]})
    else:
        _print_papers(papers)


def _print_papers(papers: Papers) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("required", "state", "until", ""):
        table.add_column(heading)
    for row in papers.requirements:
        state = _MARKS.get(row.state, f"[red]{row.state}[/red]")
        table.add_row(row.title, state, row.valid_until or ("–" if not row.kind else "further notice"), row.note)
    out.print(f"[bold]{papers.site}[/bold] on {papers.day}")
    out.print(table if papers.requirements else "Nothing is required: declare the release class in cxrforge.toml.")
    if papers.documents:
        out.print()
        out.print("[bold]Filed[/bold]")
    for d in papers.documents:
        signed = f", signed by {', '.join(d.signed_by)}" if d.signed_by else ""
        basis = f", {', '.join(d.bases)}" if d.bases else ""
        until = d.valid_until or "further notice"
        out.print(f"  {d.kind}  {d.valid_from} to {until}{signed}{basis}  {d.sha256[:16]}…", markup=False)


def consent(
    context: typer.Context,
    site: str = typer.Argument(..., help="The hospital whose register it is."),
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="CSV with a column patient_id."),
    kind: str = typer.Option("objections", "--kind", help="objections: who is named stays out; consents: all others."),
    as_json: bool = _JSON,
) -> None:
    """Look a consent or objection register up. Only keyed hashes of its patient IDs are kept, sealed.

    Do it before an ingest and again before each release; an empty register is one too.
    Example: cxrforge -w study-export site consent st-anna objections.csv
    """
    with open_workspace(context) as workspace:
        row = workspace.consult_register(site, file.read_bytes(), kind)
        stopped = workspace.stopped_by_register(site)
    if as_json:
        print_json(
            {"site": row.site, "kind": row.kind, "consulted_at": row.consulted_at, "entries": row.entries}
            | {"studies": stopped}
        )
        return
    out.print(f"Register of {kind} at {site} looked up: {row.entries} entries count.", markup=False)
    for code, number in stopped.items():
        out.print(f"  {number} studies stay out: {code}", markup=False)
    if row.entries == 0:
        out.print("No patient is named in it. Check that it is the right file.")


def record(
    context: typer.Context,
    site: str = _SITE,
    output: Path | None = typer.Option(None, "--output", metavar="FILE", help="Where to write it: .html or .docx."),
    declarations: Path | None = typer.Option(
        None,
        "--declarations",
        metavar="FILE",
        exists=True,
        help="What a person declares, as TOML; sealed and remembered.",
    ),
    template: bool = typer.Option(False, "--template", help="Print a declarations file to fill in, and stop."),
    on: str = typer.Option("", "--on", metavar="DAY", help="The day to judge by; today if left."),
) -> None:
    """Write the record of processing activities (GDPR Art. 30) from what the workspace knows; gaps are named.

    Example: cxrforge -w study-export site record st-anna --declarations answers.toml --output record.docx
    """
    from cxrforge.errors import UsageError
    from cxrforge.formats.processing_record import record_docx, record_html
    from cxrforge.governance.desk import iso_day
    from cxrforge.governance.record import declarations_template, role_of

    if template:
        out.print(declarations_template(role_of(site)), markup=False, soft_wrap=True)
        return
    if output is None or output.suffix not in (".html", ".docx"):
        raise UsageError("the record's file", expected="--output with a name that ends in .html or .docx")
    with open_workspace(context) as workspace:
        if declarations is not None:
            workspace.governance.declare(site, declarations.read_text(encoding="utf-8"))
        made = workspace.governance.processing_record(site, iso_day("--on", on) if on else date.today().isoformat())
    if output.suffix == ".html":
        output.write_text(record_html(made), encoding="utf-8")
    else:
        output.write_bytes(record_docx(made))
    out.print("Record written." if not made.gaps else f"Record written; missing in it ({len(made.gaps)}):")
    for gap in made.gaps:
        out.print(f"  {gap}", markup=False)


def add_to(site_app: typer.Typer) -> None:
    """Put these commands under `site`."""
    for name, command in (("document", document), ("documents", documents), ("consent", consent), ("record", record)):
        site_app.command(name)(command)
