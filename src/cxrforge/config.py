"""`cxrforge.toml` as one frozen object, passed to whoever needs it."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cxrforge.errors import ConfigError
from cxrforge.records import DeviceRegion, KeptWords

CONFIG_NAME = "cxrforge.toml"
KEY_FILE_VARIABLE = "CXRFORGE_KEY_FILE"
CATALOGUE_URL_VARIABLE = "CXRFORGE_CATALOGUE_URL"
MAX_TRIES = 3
"""How often an item may fail, or cost a worker its life, before it is set aside."""
EXECUTORS = ("processes", "serial", "dask")

TEMPLATE = """\
# cxrforge workspace. Every value below is a default; delete what you do not change.

[catalogue]
url = "sqlite:///catalogue.sqlite"      # relative to this folder; postgresql://…; CXRFORGE_CATALOGUE_URL overrides it

[vault]
key_file = "vault/key"                  # may lie outside the workspace; {variable} overrides it

[store]
path = "store"
url = ""                                # any fsspec URL, such as s3://bucket/prefix, instead of the folder

[deidentification]
options = ["clean-pixel-data", "clean-descriptors"]   # PS3.15 Annex E options
report_replacement = "tag"              # tag | surrogate
report_quasi_identifiers = "keep"       # keep | decade (ages) | tag (ages, occupations, peoples)

# [[pixels.regions]]                    # a place that a device's images always lose, in shares of the image's sides
# manufacturer = "…"                    # and model, station: each that is given must stand in the header
# left = 0.0
# top = 0.94
# width = 1.0
# height = 0.06
# [[pixels.keep]]                       # words on the pixels that a site keeps, such as technicians' lead initials
# site = "…"
# words = ["…"]

[run]
executor = "processes"                  # processes | serial | dask
workers = 0                             # 0: one for each processor
scheduler = ""                          # address of a Dask scheduler
memory_limit = ""                       # what a run may take, such as "8GB"; empty: no limit
lease_seconds = 90                      # after which a silent runner's items go to others (PostgreSQL)

[release]
licence = "undecided"                   # a row of tables/licences.toml
class = "undeclared"                    # open | controlled
key_rule = "undecided"                  # a key rule of tables/governance.toml, such as keep-at-site
citation = ""                           # how to cite; made from title and version if left
description = ""                        # one paragraph for the data card

[governance]
warn_days = 60                          # say so this many days before a document runs out
register_days = 30                      # a register looked up longer ago than this does not count for a release

[contributors]
# what the consortium page says of a site, where the site agreed to be named:
# st-anna = {{ title = "St. Anna Hospital", acknowledgement = "Supported by ..." }}

[criteria]
# thresholds that differ from the table of criteria, for example:
# matrix.pixels = 2048
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """Configuration of a workspace; names are `<table>_<key>` of `cxrforge.toml`."""

    catalogue_url: str = "sqlite:///catalogue.sqlite"
    vault_key_file: str = "vault/key"
    store_path: str = "store"
    store_url: str = ""
    deidentification_options: tuple[str, ...] = ("clean-pixel-data", "clean-descriptors")
    deidentification_report_replacement: str = "tag"
    deidentification_report_quasi_identifiers: str = "keep"
    run_executor: str = "processes"
    run_workers: int = 0
    run_scheduler: str = ""
    run_memory_limit: str = ""
    run_lease_seconds: int = 90
    release_licence: str = "undecided"
    release_class: str = "undeclared"
    release_key_rule: str = "undecided"
    release_citation: str = ""
    release_description: str = ""
    governance_warn_days: int = 60
    governance_register_days: int = 30
    contributors: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    criteria: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    pixels_regions: tuple[DeviceRegion, ...] = ()
    pixels_keep: tuple[KeptWords, ...] = ()

    def digest(self, names: Iterable[str]) -> str:
        """Return a hash over the named settings, for staleness."""
        values = {name: getattr(self, name) for name in sorted(names)}
        text = json.dumps(values, sort_keys=True, default=_jsonable)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def workers(self) -> int:
        """Return how many worker processes to run."""
        return self.run_workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [0, 0])

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by plain values (a mapping proxy does not pickle)."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {"criteria": dict(self.criteria), "contributors": dict(self.contributors)}
        return (_rebuild, ({**values, **plain},))


def _jsonable(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return dict(value) if isinstance(value, Mapping) else list(value)


def _rebuild(values: dict[str, Any]) -> Settings:
    frozen = {name: MappingProxyType(values[name]) for name in ("criteria", "contributors")}
    return Settings(**{**values, **frozen})


_ROWS: Mapping[str, type[DeviceRegion] | type[KeptWords]] = {"pixels_regions": DeviceRegion, "pixels_keep": KeptWords}
"""Settings that are arrays of tables, and the record that each table makes."""
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "run_executor": EXECUTORS,
    "deidentification_report_replacement": ("tag", "surrogate"),
    "release_class": ("undeclared", "open", "controlled"),
    "deidentification_report_quasi_identifiers": ("keep", "decade", "tag"),
}


_LEAST: Mapping[str, int] = {"run_lease_seconds": 3}
_SIZE = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[KMGT]i?B)", re.IGNORECASE)
_UNITS = {
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", 1)},
}


def load_settings(path: Path) -> Settings:
    """Return the settings in `path`; raise `ConfigError` for what cannot be used."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("configuration cannot be read", where=CONFIG_NAME) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"configuration is no TOML: {error}", where=CONFIG_NAME) from error
    return settings_from(document)


def settings_from(document: Mapping[str, Any]) -> Settings:
    """Return settings for the tables of a parsed `cxrforge.toml`; raise `ConfigError` for what cannot be used."""
    known = {f.name: f for f in fields(Settings)}
    defaults = Settings()
    values: dict[str, Any] = {}
    for table, rows in document.items():
        if not isinstance(rows, Mapping):
            raise ConfigError(f"unknown setting {table}", where=CONFIG_NAME)
        if table == "criteria":
            values["criteria"] = MappingProxyType(dict(_thresholds(rows)))
            continue
        if table == "contributors":
            values["contributors"] = MappingProxyType({site: _contributor(site, row) for site, row in rows.items()})
            continue
        for key, value in rows.items():
            name = f"{table}_{key}"
            if name not in known:
                raise ConfigError(f"unknown setting [{table}] {key}", where=CONFIG_NAME)
            values[name] = _value(name, value, getattr(defaults, name))
    return Settings(**values)


def _value(name: str, value: Any, default: Any) -> Any:
    if name in _ROWS:
        return tuple(_row(name, row) for row in (value if isinstance(value, list) else [value]))
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ConfigError(f"setting {name}", expected="a list of names", found=type(value).__name__)
        return tuple(value)
    if type(value) is not type(default):
        raise ConfigError(f"setting {name}", expected=type(default).__name__, found=type(value).__name__)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ConfigError(f"setting {name}", expected=" or ".join(_CHOICES[name]), found=repr(value))
    least = _LEAST.get(name, 0)
    if isinstance(value, int) and value < least:
        raise ConfigError(f"setting {name}", expected=f"{least} or more", found=str(value))
    if name == "run_memory_limit" and value:
        parse_bytes(value)
    return value


def parse_bytes(text: str) -> int:
    """Return how many bytes a size such as `8GB`, `500MB` or `1.5 GiB` is; raise `ConfigError` for anything else."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ConfigError("memory limit", expected="a size such as 8GB", found=repr(text))
    return int(float(match["number"]) * _UNITS[match["unit"].upper()])


def _row(name: str, row: Any) -> DeviceRegion | KeptWords:
    """Return one row of an array of tables as its record; raise `ConfigError` for what cannot be one."""
    kind, where = _ROWS[name], f"[[{name.replace('_', '.', 1)}]]"
    if not isinstance(row, Mapping):
        raise ConfigError("setting", where=where, expected="tables", found=type(row).__name__)
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(set(row) - set(known)):
        raise ConfigError(f"unknown setting {', '.join(unknown)}", where=where, expected=", ".join(known))
    if missing := sorted(n for n, f in known.items() if f.default is MISSING and n not in row):
        raise ConfigError(f"setting {', '.join(missing)} is missing", where=where)
    try:
        return kind(**{key: _field(where, key, value, str(known[key].type)) for key, value in row.items()})
    except ValueError as error:
        raise ConfigError(f"setting: {error}", where=where) from error


def _field(where: str, key: str, value: Any, kind: str) -> Any:
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if kind == "str" and isinstance(value, str):
        return value
    if kind.startswith("tuple") and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    expected = {"float": "a number", "str": "a text"}.get(kind, "a list of texts")
    raise ConfigError(f"setting {key}", where=where, expected=expected, found=type(value).__name__)


def _contributor(site: str, row: Any) -> Mapping[str, str]:
    """Return what the consortium page says of a site."""
    known = ("title", "acknowledgement")
    if not isinstance(row, Mapping) or not all(k in known and isinstance(v, str) for k, v in row.items()):
        raise ConfigError(f"contributor {site}", where="[contributors]", expected="title and acknowledgement, as text")
    return dict(row)


def _thresholds(rows: Mapping[str, Any]) -> Iterable[tuple[str, float]]:
    """Yield `criterion.threshold` and its number; `[criteria.matrix] pixels = 2048` is `matrix.pixels`."""
    for criterion, thresholds in rows.items():
        if not isinstance(thresholds, Mapping):
            raise ConfigError(f"threshold {criterion}", where="[criteria]", expected="a table for each criterion")
        for name, value in thresholds.items():
            yield f"{criterion}.{name}", _number(f"{criterion}.{name}", value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"threshold {name}", where="[criteria]", expected="a number", found=type(value).__name__)
    if not math.isfinite(value) or value < 0:
        raise ConfigError(f"threshold {name}", where="[criteria]", expected="0 or more", found=str(value))
    return float(value)
