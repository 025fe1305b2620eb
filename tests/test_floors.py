"""Imports run downward only, and never in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

SRC = Path(__file__).resolve().parents[1] / "src" / "cxrforge"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "records"),
    ("config", "tables"),
    # domain: values in, values out
    ("pseudonym", "identity"),
    ("dicom",),
    ("pixels", "imaging", "reports", "audit", "formats"),
    ("labels",),
    ("synthetic", "ingest"),
    # joins domain and catalogue
    ("catalogue", "vault", "store", "survey"),
    ("stages", "coverage", "intake", "repeats"),
    ("governance", "auditing"),
    ("standing", "redactions"),
    ("releases", "release_verification", "overview"),
    ("memory",),
    ("executors", "sharing", "run_log"),
    ("preloaded", "dask_executor"),
    ("workforce", "runner", "reading_room"),
    ("workspace",),
    ("demo", "validation"),
    ("web", "network", "research"),
    ("cli",),
    ("__main__",),
)
"""Rooms from the ground up; a room may import from lower floors and from itself."""

LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> dict[str, Path]:
    names = {}
    for path in SRC.rglob("*.py"):
        parts = path.relative_to(SRC.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Every module of ours that `path` imports, late imports included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module or ""]
        else:
            continue
        found |= {name for name in names if name in known}
    return found


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_imports_run_downward_only() -> None:
    known = modules()
    wrong = [
        f"{module} imports {other}"
        for module, path in known.items()
        if room(module)
        for other in imports(path, known)
        if room(other) and room(other) != room(module) and LEVEL[room(other)] >= LEVEL[room(module)]
    ]
    assert not wrong, "\n".join(wrong)


def test_no_import_circle() -> None:
    known = modules()
    graph = {module: imports(path, known) - {module} for module, path in known.items()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module not in done:
            for other in graph[module]:
                visit(other, (*trail, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def test_every_room_has_a_floor() -> None:
    rooms = {room(module) for module in modules()} - {""}
    assert rooms <= set(LEVEL), rooms - set(LEVEL)
