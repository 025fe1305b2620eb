"""`cxrforge inspect`: what each image is and how good it is, one line of JSON per file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cxrforge.cli.terminal import err, tracked
from cxrforge.errors import UsageError

if TYPE_CHECKING:
    from cxrforge.imaging.inspection import Inspection
    from cxrforge.imaging.loading import Picture, Unseen


def inspect(
    inputs: list[Path] = typer.Argument(..., metavar="INPUT...", help="Files or folders: DICOM, PNG or JPEG."),
    output: Path = typer.Option(..., "--output", "-o", metavar="OUT.jsonl", help="Where the lines are written."),
    sheet: Path | None = typer.Option(
        None, "--sheet", metavar="SHEET.html", help="Also write a page that shows each image with masks and verdicts."
    ),
) -> None:
    """Inspect images: view, depth, anatomy, quality, authenticity and what speaks against each.

    Example: cxrforge inspect export/ --output findings.jsonl
    """
    from cxrforge.imaging.contact_sheet import card, page_end, page_start
    from cxrforge.imaging.loading import inspect_loaded, load_picture

    files = list(_files(inputs))
    codes: Counter[str] = Counter()
    output.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lines = stack.enter_context(output.open("w", encoding="utf-8"))
        page = stack.enter_context(sheet.open("w", encoding="utf-8")) if sheet else None
        if page:
            page.write(page_start(len(files)))
        for path in tracked(files, "inspected", len(files), "images"):
            loaded = load_picture(path)
            inspection = inspect_loaded(loaded)
            line = {"path": str(path)} | inspection.to_json()
            codes.update({issue["code"] for issue in line["issues"]} or {"without issues"})
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            lines.flush()
            if page:
                page.write(card(path.name, line, _picture(loaded, inspection)))
        if page:
            page.write(page_end())
    for code, count in sorted(codes.items()):
        err.print(f"  {code}: {count}")


def _picture(loaded: Picture | Unseen, inspection: Inspection) -> bytes:
    """Return the image with its outlines and proposed boxes as JPEG."""
    from cxrforge.imaging.contact_sheet import drawn
    from cxrforge.imaging.segmentation import PARTS

    masks = inspection.masks
    outlines = {part: masks.outlines(part) for part in PARTS} if masks and masks.trusted else {}
    boxes = [(found.category, (found.box.x, found.box.y, found.box.w, found.box.h)) for found in inspection.boxes]
    return drawn(getattr(loaded, "shown", None), outlines, boxes)


def _files(inputs: list[Path]) -> Iterator[Path]:
    """Yield every file named, and every file under every folder named, in a fixed order."""
    for number, path in enumerate(inputs, 1):
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.is_file())
        elif path.exists():
            yield path
        else:
            raise UsageError(f"input {number} does not exist", next_step="Name files or folders that are there.")
