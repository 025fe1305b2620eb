"""`validate`: planted tests on this installation, and a report that can be filed."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cxrforge.cli.terminal import out, print_json, progress

Report = Annotated[
    Path | None,
    typer.Option("--output", help="The report's HTML file; the JSON lies beside it. Named by date if left."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


def validate(output: Report = None, as_json: Json = False) -> None:
    """Run the planted tests on this installation and write a dated validation report; exit 1 when a case fails.

    Example: cxrforge validate --output validation.html
    """
    from cxrforge.validation.cases import cases
    from cxrforge.validation.validate import validate as run
    from cxrforge.validation.validate import write_report

    now = datetime.now().astimezone()
    chosen = list(cases())
    with progress("validate", len(chosen), "cases") as advance:
        found = run(now, chosen, advance)
    page, data = write_report(found, output or Path(f"cxrforge-validation-{now:%Y-%m-%d}.html"))
    if as_json:
        print_json(found.plain())
    else:
        failed = [r for r in found.results if not r.passed]
        checks = sum(r.checks for r in found.results)
        out.print(f"{len(found.results)} cases, {checks} checks: {len(failed)} failed")
        for result in failed:
            out.print(f"  failed: {result.group}: {result.title}", markup=False, soft_wrap=True)
        out.print(f"Report: {os.path.relpath(page)} and {os.path.relpath(data)}", markup=False, soft_wrap=True)
    if not found.passed:
        raise typer.Exit(1)
