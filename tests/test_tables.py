"""Tables are complete, sourced and used: no code without a row, no row without a use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from cxrforge import tables
from cxrforge.errors import TableError
from cxrforge.tables import issue_codes

SRC = Path(__file__).resolve().parents[1] / "src" / "cxrforge"
TABLES = SRC / "tables"
AWAITED = frozenset(("image-mirrored", "image-not-measured", "image-rotated", "report-name-doubtful"))
"""Codes whose rooms do not give them yet."""


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(SRC.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def strings(node: ast.AST) -> Iterator[str]:
    """Every string that stands in the source below `node`, docstrings and all."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def codes_given(call: ast.Call) -> Iterator[str]:
    """The literal codes that a call of `Issue` may give."""
    code = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "code"), None)
    for branch in (code.body, code.orelse) if isinstance(code, ast.IfExp) else (code,):
        if isinstance(branch, ast.Constant) and isinstance(branch.value, str):
            yield branch.value


def test_every_table_loads() -> None:
    assert tables.load_all()


def test_every_issue_code_in_the_source_has_a_row() -> None:
    known = issue_codes.load()
    unknown = [
        f"{path.relative_to(SRC)}:{node.lineno} {code}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Issue"
        for code in codes_given(node)
        if code not in known
    ]
    assert not unknown, "\n".join(unknown)


def test_every_issue_code_is_used_by_the_source_or_another_table() -> None:
    used = {text for _, tree in trees() for text in strings(tree)}
    for path in TABLES.rglob("*.toml"):
        if path.parent.name != "issues":
            used |= set(re.findall(r'"([a-z0-9-]+)"', path.read_text(encoding="utf-8")))
    # f"image-{kind}" gives the codes of every kind that a string of the source names
    stems = {m for _, tree in trees() for m in given_stems(tree)}
    used |= {stem + text for stem in stems for text in used}
    unused = sorted(set(issue_codes.load()) - used - AWAITED)
    assert not unused, f"codes that nothing gives: {', '.join(unused)}"


def given_stems(tree: ast.AST) -> Iterator[str]:
    """The fixed starts of codes that calls of `Issue` put together."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Issue" and node.args:
            code = node.args[0]
            if isinstance(code, ast.JoinedStr) and isinstance(code.values[0], ast.Constant):
                yield str(code.values[0].value)


def test_every_issue_code_says_what_is_wrong_and_what_to_do() -> None:
    for row in issue_codes.load().values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.code), row.code
        assert row.meaning.endswith(".") and row.next_step.endswith("."), row.code


def sourced() -> list[str]:
    """The patterns in the first column of SOURCES.md, `{a,b}` written out."""
    patterns: list[str] = []
    for line in (TABLES / "SOURCES.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            for pattern in re.findall(r"`([^`]+)`", line.split("|")[1]):
                choice = re.search(r"\{([^}]*)\}", pattern)
                names = choice[1].split(",") if choice else [""]
                patterns += [pattern.replace(choice[0], name) if choice else pattern for name in names]
    return patterns


def test_every_table_file_has_a_source() -> None:
    files = [
        path.relative_to(TABLES).as_posix()
        for path in TABLES.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc", ".md"}
    ]
    assert files
    patterns = sourced()
    unsourced = [name for name in files if not any(fnmatch(name, pattern) for pattern in patterns)]
    assert not unsourced, unsourced


def test_every_source_is_of_a_table_that_is_there() -> None:
    files = [path.relative_to(TABLES).as_posix() for path in TABLES.rglob("*") if path.is_file()]
    without = [pattern for pattern in sourced() if not any(fnmatch(name, pattern) for name in files)]
    assert not without, without


def test_an_incomplete_issue_row_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "issues").mkdir()
    (tmp_path / "issues" / "room.toml").write_text('[lonely]\nlevel = "note"\n', encoding="utf-8")
    monkeypatch.setattr("cxrforge.tables.files.files", lambda package: tmp_path)
    with pytest.raises(TableError, match="lonely"):
        issue_codes.load.__wrapped__()
