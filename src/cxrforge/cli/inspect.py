"""`cxrforge inspect`: what each image is and how good it is, one line of JSON per file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import typer

from cxrforge.cli.terminal import err, tracked
from cxrforge.errors import UsageError


def inspect(
    inputs: list[Path] = typer.Argument(..., metavar="INPUT...", help="Files or folders: DICOM, PNG or JPEG."),
    output: Path = typer.Option(..., "--output", "-o", metavar="OUT.jsonl", help="Where the lines are written."),
) -> None:
    """Inspect images: view, depth, anatomy, quality, authenticity and what speaks against each.

    Example: cxrforge inspect export/ --output findings.jsonl
    """
    from cxrforge.imaging.loading import inspect_file

    files = list(_files(inputs))
    codes: Counter[str] = Counter()
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8") as lines:
        for path in tracked(files, "inspected", len(files), "images"):
            line = {"path": str(path)} | inspect_file(path).to_json()
            codes.update({issue["code"] for issue in line["issues"]} or {"without issues"})
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            lines.flush()
    for code, count in sorted(codes.items()):
        err.print(f"  {code}: {count}")


def _files(inputs: list[Path]) -> Iterator[Path]:
    """Yield every file named, and every file under every folder named, in a fixed order."""
    for number, path in enumerate(inputs, 1):
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.is_file())
        elif path.exists():
            yield path
        else:
            raise UsageError(f"input {number} does not exist", next_step="Name files or folders that are there.")
