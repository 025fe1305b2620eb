"""How made-up hospitals word their reports, language by language, and what each statement says of the observations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.records import OBSERVATIONS
from cxrforge.tables.files import read_toml, table_path

_LINES = {"patient", "address", "phone", "exam", "referrer", "signature", "comparison", "comparison-none", "unchanged",
          "called", "addendum", "aged"}  # fmt: skip
_HEADINGS = {"exam", "knee", "title", "pa", "pa-lateral", "indication", "comparison", "findings", "impression",
             "addendum", "preliminary"}  # fmt: skip
INDICATIONS = ("routine", "cardiac", "respiratory", "preoperative", "other")


@dataclass(frozen=True, slots=True)
class Statement:
    """The labels a statement gives when it stands among the findings and in the impression."""

    findings: Mapping[str, int] | None
    impression: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language; several sentences of one id mean the same."""

    language: str
    sides: Mapping[str, str]
    headings: Mapping[str, str]
    lines: Mapping[str, str]
    indications: Mapping[str, tuple[str, ...]]
    indications_any_age: Mapping[str, tuple[str, ...]]
    findings: Mapping[str, tuple[str, ...]]
    impression: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, str]  # male, female; none where lines call every physician the same


@dataclass(frozen=True, slots=True)
class Table:
    """Statements by id and wordings by language."""

    statements: Mapping[str, Statement]
    wordings: Mapping[str, Wording]


@cache
def load() -> Table:
    """Return every wording; raise `TableError` where a language lacks a statement, a line or a heading."""
    statements = {key: _statement(key, row) for key, row in read_toml("synthetic/statements.toml").items()}
    files = sorted(f.name for f in table_path("synthetic/wording").iterdir() if f.name.endswith(".toml"))
    wordings = {name[:-5]: _wording(name, statements) for name in files}
    if not statements or not wordings:
        raise TableError("no statements or no wording", where="synthetic/")
    return Table(MappingProxyType(statements), MappingProxyType(wordings))


def _statement(key: str, row: dict[str, dict[str, int]]) -> Statement:
    for labels in row.values():
        if set(labels) - set(OBSERVATIONS) or set(labels.values()) - {1, 0, -1}:
            raise TableError(f"{key} labels something unknown", where="synthetic/statements.toml")
    return Statement(row.get("findings"), row.get("impression"))


def _wording(name: str, statements: Mapping[str, Statement]) -> Wording:
    where = f"synthetic/wording/{name}"
    row = read_toml(where)
    wanted = {
        "sides": {"left", "right"},
        "headings": _HEADINGS,
        "lines": _LINES,
        "indications": set(INDICATIONS),
        "indications-any-age": set(INDICATIONS),
        "findings": {key for key, s in statements.items() if s.findings is not None},
        "impression": {key for key, s in statements.items() if s.impression is not None},
    }
    for part, keys in wanted.items():
        found = {key for key, value in row.get(part, {}).items() if value}
        if found != keys:
            raise TableError(f"[{part}] lacks or has too many: {', '.join(sorted(found ^ keys))}", where=where)
    titles = row.get("titles", {})
    if any("_title}" in line for line in row["lines"].values()) and set(titles) != {"male", "female"}:
        raise TableError("[titles] lacks male or female", where=where)
    parts = ("indications", "indications-any-age", "findings", "impression")
    texts = {part.replace("-", "_"): {k: tuple(v) for k, v in row[part].items()} for part in parts}
    return Wording(name[:-5], row["sides"], row["headings"], row["lines"], titles=titles, **texts)
