"""A release looked at again: its tables against their documented schema, against each other, against its criteria."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cxrforge.formats.release_tables import LABEL_WORDS, TABLES
from cxrforge.formats.verify import SUMS_FILE, ChecksumProblem, verify_checksums
from cxrforge.records import OBSERVATIONS

_VERDICTS = frozenset(("pass", "review", "fail"))


def check_release(folder: Path) -> list[ChecksumProblem]:
    """Return what is wrong with a release, from its own files: checksums, schemas, tables, criteria."""
    problems = list(verify_checksums(folder))
    broken = {p.path for p in problems}
    tables: dict[str, list[dict[str, Any]]] = {}
    for name in TABLES:
        path = f"tables/{name}.parquet"
        if path in broken:
            continue
        found = _schema_problem(folder / path, name)
        if found:
            problems.append(ChecksumProblem(path, f"table ({found})"))
        else:
            tables[name] = pq.read_table(folder / path).to_pylist()
    if len(tables) == len(TABLES):
        problems += [
            ChecksumProblem(f"tables/{name}.parquet", f"table ({what})") for name, what in _wrong(tables, folder)
        ]
        problems += [ChecksumProblem("provenance.json", f"criterion ({what})") for what in _unfit(tables, folder)]
    return problems


def _schema_problem(path: Path, name: str) -> str:
    try:
        found = pq.read_schema(path)
    except (OSError, pa.ArrowInvalid):
        return "unreadable"
    wanted = TABLES[name].schema
    if found.equals(wanted):
        return ""
    lacking = [field.name for field in wanted if field.name not in found.names]
    return f"lacks {', '.join(lacking)}" if lacking else "columns or types are not the documented ones"


def _wrong(tables: Mapping[str, list[dict[str, Any]]], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (table, what is wrong) for rows that contradict each other or the files."""
    images = {row["image"]: row for row in tables["images"]}
    studies = {row["study"]: row for row in tables["studies"]}
    words = set(LABEL_WORDS.values())
    if len(images) < len(tables["images"]):
        yield "images", "an image stands twice"
    if len(studies) < len(tables["studies"]):
        yield "studies", "a study stands twice"
    if {row["image"] for row in tables["labels"]} != images.keys():
        yield "labels", "not of the images of the release"
    if any(row[name] not in words for row in tables["labels"] for name in OBSERVATIONS):
        yield "labels", "a value that is none of its words"
    if any(row["verdict"] not in _VERDICTS or row["image"] not in images for row in tables["quality"]):
        yield "quality", "a verdict or image that is not in the release"
    for name in ("images", "reports", "labels"):
        if any(row["study"] not in studies for row in tables[name]):
            yield name, "a row of no study"
    sums = _sums(folder)
    if any(sums.get(row["path"]) != row["sha256"] for row in tables["images"]):
        yield "images", "checksums are not those of SHA256SUMS"
    for row in tables["reports"]:
        path = folder / row["path"]
        if path.is_file() and path.read_bytes() != row["text"].encode():
            yield "reports", "a text is not that of its file"
            break
    yield from _split_problems(tables)


def _split_problems(tables: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str]]:
    places = Counter((row["set"], row["patient"]) for row in tables["splits"])
    if any(n > 1 for n in places.values()):
        yield "splits", "a patient in two splits"
    if {row["patient"] for row in tables["splits"]} != {row["patient"] for row in tables["studies"]}:
        yield "splits", "not of the patients of the release"
    left_out = [row for row in tables["splits"] if row["set"].startswith("leave-out-")]
    if any((row["site"] == row["set"].removeprefix("leave-out-")) != (row["split"] == "test") for row in left_out):
        yield "splits", "a leave-one-site-out set with its site in training"


def _unfit(tables: Mapping[str, list[dict[str, Any]]], folder: Path) -> Iterator[str]:
    """Yield the criteria that the release's rows do not meet although it is no draft; repeats count in drafts too."""
    patients: dict[str, set[str]] = {}
    for row in tables["images"]:
        patients.setdefault(row["sha256"], set()).add(row["patient"])
    if any(len(who) > 1 for who in patients.values()):
        yield "duplicates: one image under two patients"
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    if provenance["draft"]:
        return
    thresholds = provenance["thresholds"]
    if any(min(row["rows"], row["columns"]) < thresholds["matrix.pixels"] for row in tables["images"]):
        yield "matrix: an image under the threshold"
    if any(row["bits_stored"] < thresholds["depth.bits"] for row in tables["images"]):
        yield "depth: an image under the threshold"
    primary = {row["study"] for row in tables["images"] if row["primary"] and row["view"] == "PA"}
    if any(row["study"] not in primary for row in tables["studies"]):
        yield "view-primary: a study without a PA radiograph"
    if any(not row["findings"].strip() or not row["impression"].strip() for row in tables["reports"]):
        yield "report-sections: a report without Findings or Impression"
    if any(row["waiting"] for name in ("studies", "images") for row in tables[name]):
        yield "an item that waits for a person"
    if len(tables["reports"]) != len(tables["studies"]):
        yield "report-deid: a study without its report"
    short = [row["id"] for row in provenance["criteria"] if row["level"] == "blocking" and not row["met"]]
    if short:
        yield f"short when it was built: {', '.join(short)}"


def _sums(folder: Path) -> dict[str, str]:
    """Return path to checksum as SHA256SUMS says."""
    listing = folder / SUMS_FILE
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
    return {line[66:]: line[:64] for line in lines}
