"""`user`: who may enter the reading room."""

from __future__ import annotations

import sys
from dataclasses import asdict

import typer

from cxrforge.cli.terminal import out, print_json
from cxrforge.cli.workspace_commands import open_workspace

user_app = typer.Typer(help="Add, list and disable the people of the reading room.", no_args_is_help=True)

_NAME = typer.Argument(..., help="What the person logs in with.")
_STDIN = typer.Option(False, "--password-stdin", help="Take the password from standard input instead of asking.")


@user_app.command("add")
def user_add(
    context: typer.Context,
    name: str = _NAME,
    role: str = typer.Option(..., "--role", help="curator, radiologist, dpo, site-manager or viewer."),
    site: list[str] = typer.Option([], "--site", help="Limit the person to this site; repeat it for more."),
    qualification: str = typer.Option("", "--qualification", help="Such as board-certified, 12 years of chest."),
    password_stdin: bool = _STDIN,
) -> None:
    """Add a person; the password is asked for, at least ten characters.

    Example: cxrforge -w study-export user add reader1 --role radiologist
    """
    password = _password(password_stdin)
    with open_workspace(context) as workspace:
        person = workspace.reading_room.add_person(name, role, password, sites=site, qualification=qualification)
    out.print(f"Added {person.name} ({person.role}), in the log as {person.id}.", markup=False)


@user_app.command("list")
def user_list(context: typer.Context, as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """List the people.

    Example: cxrforge -w study-export user list --json
    """
    with open_workspace(context) as workspace:
        people = workspace.reading_room.people()
    if as_json:
        print_json([asdict(person) for person in people])
        return
    for person in people:
        state = "disabled" if person.disabled else "active"
        sites = ", ".join(person.sites) or "every site"
        out.print(f"{person.name}  {person.role}  {state}  {sites}  {person.id}", markup=False)
    if not people:
        out.print("Nobody yet. Add someone with `cxrforge user add`.")


@user_app.command("password")
def user_password(context: typer.Context, name: str = _NAME, password_stdin: bool = _STDIN) -> None:
    """Give a person another password.

    Example: cxrforge -w study-export user password reader1
    """
    password = _password(password_stdin)
    with open_workspace(context) as workspace:
        workspace.reading_room.set_password(name, password)
    out.print("The password is set.")


@user_app.command("disable")
def user_disable(
    context: typer.Context,
    name: str = _NAME,
    undo: bool = typer.Option(False, "--undo", help="Let the person in again."),
) -> None:
    """Keep a person out; what they read and decided stays.

    Example: cxrforge -w study-export user disable reader1
    """
    with open_workspace(context) as workspace:
        person = workspace.reading_room.disable(name, disabled=not undo)
    out.print(f"{person.name} is {'disabled' if person.disabled else 'active'}.", markup=False)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer
