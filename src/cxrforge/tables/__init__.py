"""Knowledge as data: every table with its source (SOURCES.md), typed and validated when loaded.

Each module here has a `load()`; an empty or incomplete table is a `TableError`, never silence.
"""

from __future__ import annotations

import importlib
import pkgutil


def load_all() -> dict[str, object]:
    """Load every table of the installed package and return each by its module's name."""
    tables = {}
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "load"):
            tables[found.name] = module.load()
    return tables
