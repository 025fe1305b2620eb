"""A validation of the installed copy: every case run, with what a data protection officer files beside the result."""

from __future__ import annotations

import hashlib
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cxrforge import __version__
from cxrforge.dicom.header import OPTION_CODES
from cxrforge.formats.json_text import json_bytes
from cxrforge.tables import profile
from cxrforge.tables.files import read_text
from cxrforge.validation.cases import Case, cases

_PACKAGES = ("pydicom", "numpy", "opencv-python-headless", "rapidocr", "onnxruntime")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What a case came to; `wrong` names attributes and places of made-up data."""

    group: str
    title: str
    checks: int
    wrong: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Say whether nothing was wrong."""
        return self.checks > 0 and not self.wrong


@dataclass(frozen=True, slots=True)
class Validation:
    """A whole validation."""

    day: str
    versions: dict[str, str]
    edition: str
    table_sha256: str
    options: tuple[tuple[str, str, str], ...]
    results: tuple[CaseResult, ...]

    @property
    def passed(self) -> bool:
        """Say whether every case passed."""
        return bool(self.results) and all(r.passed for r in self.results)

    def plain(self) -> dict[str, Any]:
        """Return everything as JSON knows it."""
        results = [{**asdict(r), "wrong": list(r.wrong), "passed": r.passed} for r in self.results]
        options = [{"option": o, "code": c, "meaning": m} for o, c, m in self.options]
        return {
            "passed": self.passed,
            "date": self.day,
            "versions": self.versions,
            "profile": {"edition": self.edition, "rows": len(profile.load().rows), "sha256": self.table_sha256},
            "options": options,
            "cases": results,
        }


def validate(
    now: datetime, run: Iterable[Case] | None = None, progress: Callable[[int], None] | None = None
) -> Validation:
    """Run the cases on this installation; a case that raises has failed."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases() if run is None else run:
            results.append(_result(case, Path(folder)))
            if progress:
                progress(1)
    versions = {"cxrforge": __version__, "Python": sys.version.split()[0], "system": platform.platform()}
    versions |= {name: version(name) for name in _PACKAGES}
    table = hashlib.sha256(read_text("profile.tsv").encode()).hexdigest()
    options = tuple((name, *code) for name, code in OPTION_CODES.items())
    return Validation(now.isoformat(timespec="seconds"), versions, profile.EDITION, table, options, tuple(results))


def _result(case: Case, folder: Path) -> CaseResult:
    began = time.monotonic()
    try:
        checks, wrong = case.work(folder)
    except Exception as fault:  # whatever it is, the case has not passed, and the others still count
        checks, wrong = 1, [f"internal fault {type(fault).__name__}"]
    return CaseResult(case.group, case.title, checks, tuple(wrong), round(time.monotonic() - began, 3))


def write_report(validation: Validation, page: Path) -> tuple[Path, Path]:
    """Write the report as HTML and beside it as JSON; return both paths."""
    page, data = page.with_suffix(".html"), page.with_suffix(".json")
    environment = Environment(
        loader=PackageLoader("cxrforge.validation"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    groups: dict[str, list[CaseResult]] = {}
    for result in validation.results:
        groups.setdefault(result.group, []).append(result)
    text = environment.get_template("report.html.j2").render(validation=validation, groups=groups, shown=_SHOWN)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    data.write_bytes(json_bytes(validation.plain()))
    return page, data
