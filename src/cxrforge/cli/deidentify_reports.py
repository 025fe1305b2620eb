"""`cxrforge deidentify-reports`: JSON Lines in, JSON Lines out, one report a line; needs no workspace."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from cxrforge.cli.terminal import err, tracked
from cxrforge.errors import UsageError


def deidentify_reports(
    source: Path = typer.Argument(..., metavar="IN.jsonl", help="JSON Lines: {id, text, lang?, header?}."),
    output: Path = typer.Option(..., "--output", "-o", metavar="OUT.jsonl", help="Where the results go."),
    replacement: str = typer.Option(
        "tag", "--replacement", help="tag: [PATIENT]; surrogate: made-up names, shifted dates."
    ),
) -> None:
    """Take the identifiers out of reports.

    Writes {id, lang, text, spans, findings, impression, issues} for each line; spans are offsets into the input text.

    Example: cxrforge deidentify-reports reports.jsonl --output clean.jsonl
    """
    from cxrforge.reports.replacement import REPLACEMENTS

    if replacement not in REPLACEMENTS:
        raise UsageError("unknown replacement", expected=" or ".join(REPLACEMENTS), next_step="Give --replacement.")
    if not source.is_file():
        raise UsageError("the input is no file", expected="a JSON Lines file")
    if output.exists() and output.samefile(source):
        raise UsageError("input and output are the same file", next_step="Give another --output.")
    total = _count_lines(source)
    done = refused = 0
    part = output.with_name(output.name + ".part")
    try:
        with source.open("rb") as lines, part.open("w", encoding="utf-8") as out:
            for line in tracked(lines, "de-identifying", total, "reports"):
                if not line.strip():
                    continue
                result = deidentify_line(line, replacement)
                refused += "text" not in result
                done += 1
                out.write(json.dumps(result, ensure_ascii=False) + "\n")
        os.replace(part, output)
    except OSError as error:
        raise UsageError("the output cannot be written", found=error.strerror) from error
    finally:
        part.unlink(missing_ok=True)
    err.print(f"{done - refused} reports written, {refused} turned away")


def deidentify_line(line: bytes, replacement: str) -> dict[str, Any]:
    """Return the output record of one input line; a line that cannot be used becomes a record with its issues."""
    from cxrforge.identity.known import known_from_fields
    from cxrforge.reports.deidentify import deidentify_report

    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {"issues": [{"code": "report-bad-request", "detail": "not JSON"}]}
    problem = _problem(record)
    identifier = {"id": record["id"]} if isinstance(record, dict) and isinstance(record.get("id"), str | int) else {}
    if problem:
        return {**identifier, "issues": [{"code": "report-bad-request", "detail": problem}]}
    known = known_from_fields(dict(_header(record.get("header") or {})))
    result = deidentify_report(record["text"], language=record.get("lang"), known=known, replacement=replacement)
    issues = [{"code": i.code, "detail": i.detail} for i in result.issues]
    if any(i.code == "report-leak" for i in result.issues):
        return {**identifier, "lang": result.language, "issues": issues}
    return {
        **identifier,
        "lang": result.language,
        "text": result.text,
        "spans": [[s.start, s.end, s.category.value] for s in result.spans],
        "findings": result.findings,
        "impression": result.impression,
        "issues": issues,
    }


MAX_TEXT = 200_000


def _problem(record: Any) -> str:
    """Return what is wrong with an input record, or an empty string."""
    if not isinstance(record, dict):
        return "no object"
    if not isinstance(record.get("text"), str):
        return "no text"
    if len(record["text"]) > MAX_TEXT:
        return f"text longer than {MAX_TEXT} characters"
    if not isinstance(record.get("header") or {}, dict):
        return "header is no object"
    return "" if isinstance(record.get("lang"), str | None) else "lang is no text"


def _header(header: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield header values as text; lists are multiple values, PN objects their alphabetic form."""
    for keyword, value in header.items():
        values = value if isinstance(value, list) else [value]
        texts = [v.get("Alphabetic", "") if isinstance(v, dict) else v for v in values]
        joined = "\\".join(str(v) for v in texts if isinstance(v, str | int) and not isinstance(v, bool))
        if joined:
            yield keyword, joined


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
