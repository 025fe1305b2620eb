"""`cxrforge`: one door to every command. Commands import their engines when called, so that `--help` is quick."""

from __future__ import annotations

import sys

import typer
from typer.exceptions import TyperException

from cxrforge import __version__
from cxrforge.cli.deidentify_reports import deidentify_reports
from cxrforge.cli.terminal import err, run_guarded

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
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Turn hospital exports of chest radiographs and reports into a publishable research dataset."""


app.command("deidentify-reports")(deidentify_reports)


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
