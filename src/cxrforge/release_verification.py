"""A release verified with what the workspace knows: the digest it was written with, papers in force, the site's key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa
from pydicom import dcmread

from cxrforge.catalogue import governance as papers
from cxrforge.catalogue.release_queries import releases
from cxrforge.formats.release_check import check_release
from cxrforge.formats.release_tables import TABLES
from cxrforge.formats.verify import SUMS_FILE, ChecksumProblem, file_sha256
from cxrforge.identity.leaks import LeakScanner
from cxrforge.records import KnownIdentifiers, from_plain
from cxrforge.vault import Vault

_TEXTS = frozenset((".json", ".txt", ".csv", ".md", ".svg", ".html", ".cff", ".toml"))


def verify_release(
    connection: sa.Connection, vault: Vault, folder: Path, name: str, version: str, day: str
) -> list[ChecksumProblem]:
    """Return everything that is wrong with a release on `day` (YYYY-MM-DD), sorted."""
    problems = check_release(folder)
    if any(p.path == SUMS_FILE and p.kind == "missing" for p in problems):
        return problems
    problems += _rewritten(connection, folder, name, version)
    problems += _expired(connection, folder, day)
    problems += _leaks(vault, folder)
    return sorted(set(problems))


def _rewritten(connection: sa.Connection, folder: Path, name: str, version: str) -> Iterator[ChecksumProblem]:
    """Tell whether SHA256SUMS is another than the one that was written here."""
    for row in releases(connection):
        written = (row["name"], row["version"]) == (name, version)
        if written and row["checksums"] != file_sha256(folder / SUMS_FILE):
            yield ChecksumProblem(SUMS_FILE, "rewritten")


def _expired(connection: sa.Connection, folder: Path, day: str) -> Iterator[ChecksumProblem]:
    """Yield the documents of the release that have run out and that nothing filed since stands in for."""
    path = folder / "governance" / "documents.json"
    shown = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    held = {(d.site, d.kind) for d in papers.documents(connection) if d.in_force(day)}
    held |= {(d["site"], d["kind"]) for d in shown if not d["valid_until"] or day <= d["valid_until"]}
    for site, kind in sorted({(d["site"], d["kind"]) for d in shown} - held):
        yield ChecksumProblem("governance/documents.json", f"expired ({kind} of {site})")


def _leaks(vault: Vault, folder: Path) -> Iterator[ChecksumProblem]:
    """Yield every file that holds what its own study, or for files of all studies any study's ID, is known by.

    Dates are not searched for in headers: shifted ones may meet another by chance.
    """
    of_study: dict[str, list[Path]] = {}
    for path in sorted(p for tree in ("images", "reports") for p in (folder / tree).rglob("*") if p.is_file()):
        study = path.stem if tree_of(path, folder) == "reports" else path.parent.name
        of_study.setdefault(study, []).append(path)
    ids: set[str] = set()
    for site in sorted({p.name for tree in ("images", "reports") for p in (folder / tree).glob("*")}):
        roster = from_plain(KnownIdentifiers, vault.unseal("roster", [site]).get(site, asdict(KnownIdentifiers())))
        for study, record in vault.unseal_site("study", site):
            known = from_plain(KnownIdentifiers, record["known"])
            ids.update(known.ids)
            if study not in of_study:
                continue
            yield from _leaks_in(folder, of_study[study], known | roster)
    shared = LeakScanner(KnownIdentifiers(ids=tuple(sorted(ids))))
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in _TEXTS):
        if tree_of(path, folder) not in ("images", "reports") and shared.scan_text(path.read_text(encoding="utf-8")):
            yield ChecksumProblem(path.relative_to(folder).as_posix(), "identifier left")
    for name in TABLES:
        path = folder / "tables" / f"{name}.parquet"
        if path.is_file() and shared.scan_text(_text_of(path)):
            yield ChecksumProblem(f"tables/{name}.parquet", "identifier left")


def _leaks_in(folder: Path, paths: list[Path], known: KnownIdentifiers) -> Iterator[ChecksumProblem]:
    texts, headers = LeakScanner(known), LeakScanner(replace(known, dates=()))
    for path in paths:
        found = headers.scan_bytes(_header_of(path)) if path.suffix == ".dcm" else texts.scan_text(_read(path))
        if found:
            yield ChecksumProblem(path.relative_to(folder).as_posix(), "identifier left")


def tree_of(path: Path, folder: Path) -> str:
    """Return the first folder below a release that a file lies in."""
    return path.relative_to(folder).parts[0]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _header_of(path: Path) -> bytes:
    """Return a DICOM file's bytes up to the value of its pixel data."""
    try:
        element = dcmread(path, defer_size=1024).get_item("PixelData")
    except Exception:
        return path.read_bytes()  # damaged: the checksums say so; all of it is searched
    start = getattr(element, "value_tell", None) or 0
    with path.open("rb") as stream:
        return stream.read(start) if start else stream.read()


def _text_of(path: Path) -> str:
    """Return every text of a table, one a line."""
    try:
        table = pq.read_table(path)
    except Exception:
        return ""  # unreadable: the check of schemas says so
    columns = [c for c in table.schema if c.type == "string" and c.name not in ("sha256", "sop_instance_uid")]
    return "\n".join(str(v) for c in columns for v in table.column(c.name).to_pylist() if v is not None)
