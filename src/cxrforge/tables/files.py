"""Reading table files out of the package, wherever it is installed."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from cxrforge.errors import TableError


def table_path(name: str) -> Traversable:
    """Return the resource `name` (with `/` between folders) under `cxrforge/tables`."""
    return files("cxrforge.tables").joinpath(*name.split("/"))


def read_text(name: str) -> str:
    """Return a table file's text; raise `TableError` when it is missing or blank."""
    try:
        text = table_path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError("table cannot be read", where=name, next_step="Install cxrforge again.") from error
    if not text.strip():
        raise TableError("table is empty", where=name)
    return text


def read_toml(name: str) -> dict[str, Any]:
    """Return a TOML table; raise `TableError` when it is missing, blank or malformed."""
    try:
        return tomllib.loads(read_text(name))
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"table is malformed: {error}", where=name) from error


def read_json(name: str) -> Any:
    """Return a JSON table; raise `TableError` when it is missing, blank or malformed."""
    try:
        return json.loads(read_text(name))
    except json.JSONDecodeError as error:
        raise TableError(f"table is malformed: {error}", where=name) from error


def read_lines(name: str) -> tuple[str, ...]:
    """Return the lines of a word list without blank lines and `#` comments."""
    lines = (line.split("#", 1)[0].strip() for line in read_text(name).splitlines())
    kept = tuple(line for line in lines if line)
    if not kept:
        raise TableError("table has no rows", where=name)
    return kept
