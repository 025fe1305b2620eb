"""The fuzz benchmark in small: every mutated file is accounted for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = 240


@pytest.mark.slow
def test_mutated_files_of_every_kind_cost_only_themselves() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "fuzz.py"), "--cases", str(CASES), "--jobs", "1", "--json"]
    done = subprocess.run(
        [*command, "--seed", "7"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    books = json.loads(done.stdout)
    assert books["cases"] == CASES
    assert books["files found"] == books["taken"] + books["turned away"] >= CASES
    assert books["faults"] == 0
    assert {"dicom", "sr", "pdf", "rtf", "docx", "hl7", "fhir", "csv", "json", "zip"} <= set(books["by family"])
