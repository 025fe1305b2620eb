"""Given names, family names and towns, without accents, from kept libraries (tools/gazetteers.py writes them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_lines, read_text
from cxrforge.tables.report_words import plain


@dataclass(frozen=True, slots=True)
class Gazetteers:
    """Plain names; `given` tells the sexes (`m`, `f`, `fm`), `surnames` holds those that are no dictionary words.

    `towns` maps a town's first plain word to the plain words that follow it, for each town.
    """

    given: Mapping[str, str]
    surnames: frozenset[str]
    all_surnames: frozenset[str]
    towns: Mapping[str, tuple[tuple[str, ...], ...]]
    spelt: Mapping[str, Mapping[str, tuple[str, ...]]]  # language to sex to given names as spelt
    spelt_surnames: Mapping[str, tuple[str, ...]]
    spelt_towns: tuple[str, ...]


@cache
def load() -> Gazetteers:
    """Return the gazetteers; raise `TableError` when one is thin."""
    given_rows, surname_rows, town_rows = (_rows(f"gazetteer/{n}.tsv") for n in ("given", "surnames", "towns"))
    towns: dict[str, set[tuple[str, ...]]] = {}
    native = [w.replace("·", " ") for line in read_lines("gazetteer/places.txt") for w in line.split()]
    for town in [*(r[0] for r in town_rows), *native]:
        words = plain(town).replace("-", " ").replace("'", " ").replace("’", " ").replace(".", " ").split()
        towns.setdefault(words[0], set()).add(tuple(words[1:]))
    spelt: dict[str, dict[str, list[str]]] = {}
    for name, sexes, languages, _ in given_rows:
        for language in languages.split(","):
            for sex in sexes if len(sexes) == 1 else "":
                spelt.setdefault(language, {"m": [], "f": []})[sex].append(name)
    surnames: dict[str, list[str]] = {}
    for name, languages, _ in surname_rows:
        for language in languages.split(","):
            surnames.setdefault(language, []).append(name)
    return Gazetteers(
        given=MappingProxyType({plain(r[0]): r[1] for r in given_rows}),
        surnames=frozenset(plain(r[0]) for r in surname_rows if r[2] != "*"),
        all_surnames=frozenset(plain(r[0]) for r in surname_rows),
        towns=MappingProxyType({k: tuple(sorted(v, key=len, reverse=True)) for k, v in towns.items()}),
        spelt=MappingProxyType({k: MappingProxyType({s: tuple(n) for s, n in v.items()}) for k, v in spelt.items()}),
        spelt_surnames=MappingProxyType({k: tuple(v) for k, v in surnames.items()}),
        spelt_towns=tuple(r[0] for r in town_rows if r[1] != "*"),
    )


def _rows(name: str) -> list[list[str]]:
    rows = [line.split("\t") for line in read_text(name).splitlines() if line and not line.startswith("#")]
    if len(rows) < 1000 or len({len(r) for r in rows}) != 1:
        raise TableError("gazetteer is thin or ragged", where=name)
    return rows
