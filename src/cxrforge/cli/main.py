"""`cxrforge`: one door to every command. Commands import their engines when called, so that `--help` is quick."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from typer.exceptions import TyperException

from cxrforge import __version__
from cxrforge.cli import (
    audit,
    criteria_commands,
    demo,
    governance_commands,
    release_commands,
    user,
    workspace_commands,
)
from cxrforge.cli.deidentify_dicom import deidentify_dicom
from cxrforge.cli.deidentify_reports import deidentify_reports
from cxrforge.cli.devices import devices
from cxrforge.cli.inspect import inspect
from cxrforge.cli.label import label
from cxrforge.cli.serve import serve
from cxrforge.cli.survey import survey
from cxrforge.cli.terminal import err, run_guarded
from cxrforge.cli.validate import validate

app = typer.Typer(
    name="cxrforge",
    help="Turn hospital exports of chest radiographs and reports into a publishable research dataset.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"cxrforge {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    workspace: Path = typer.Option(Path("."), "-w", "--workspace", metavar="DIR", help="The workspace to work in."),
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Turn hospital exports of chest radiographs and reports into a publishable research dataset."""
    context.obj = workspace


app.command("demo")(demo.demo)
app.command("init")(workspace_commands.init)
app.add_typer(workspace_commands.site_app, name="site")
app.command("ingest")(workspace_commands.ingest)
app.command("run")(workspace_commands.run)
app.command("status")(workspace_commands.status)
governance_commands.add_to(workspace_commands.site_app)
app.add_typer(criteria_commands.waiver_app, name="waiver")
app.command("history")(criteria_commands.history)
app.add_typer(release_commands.release_app, name="release")
app.command("withdraw")(release_commands.withdraw)


app.command("label")(label)


app.command("deidentify-dicom")(deidentify_dicom)

app.command("inspect")(inspect)


app.command("deidentify-reports")(deidentify_reports)

app.command("validate")(validate)
app.command("devices")(devices)

app.command("serve")(serve)
app.add_typer(audit.audit_app, name="audit")
app.add_typer(user.user_app, name="user")
app.command("survey")(survey)


def main() -> None:
    """Run the command line; exit code 0 done, 1 refused, 2 used wrongly, 70 our fault, 130 interrupted."""
    sys.exit(run_guarded(_call))


def _call() -> int:
    try:
        return app(standalone_mode=False) or 0
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        err.print("aborted")
        return 1
    except TyperException as misuse:
        misuse.show()  # type: ignore[attr-defined]
        return 2


if __name__ == "__main__":
    main()
