"""Every command tells what it does, what its options mean and how it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from cxrforge.cli.main import app


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command and group below `command` with the words that call it."""
    for name, child in getattr(command, "commands", {}).items():
        yield (*path, name), child
        yield from commands(child, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_the_root_says_what_it_is() -> None:
    assert typer.main.get_command(app).help


def test_every_command_has_help() -> None:
    assert not [path for path, command in COMMANDS.items() if not (command.help or "").strip()]


def test_every_command_shows_an_example() -> None:
    """The help text or epilog has a line that calls the command: `cxrforge [-w W] <command> …`."""
    without = []
    for path, command in COMMANDS.items():
        if hasattr(command, "commands"):
            continue  # a group: its commands have their own
        told = f"{command.help or ''}\n{command.epilog or ''}"
        if not re.search(rf"cxrforge\b[^\n]*\b{re.escape(' '.join(path))}\b", told):
            without.append(" ".join(path))
    assert not without, f"no example in the help of: {', '.join(without)}"


def test_every_option_has_help() -> None:
    without = [
        f"{' '.join(path)} {parameter.name}"
        for path, command in COMMANDS.items()
        for parameter in command.params
        if parameter.param_type_name == "option" and parameter.name != "help" and not parameter.help
    ]
    assert not without, without
