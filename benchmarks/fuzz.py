"""Mutated files of every kind through ingest and de-identification: no traceback, no hang, no growth, none lost.

    python benchmarks/fuzz.py [--cases 10000] [--seed 1] [--jobs 2] [--shared DIR]

Each case is one file in an export of its own: found, examined, paired and accounted for as `cxrforge ingest` does;
what is taken for an image is decoded and its header de-identified, what is taken for a report is de-identified and
labelled. Exit 0 when every case is accounted for with codes of the tables, none met a fault of ours, none took more
than 10 s of processor time, no process grew by more than 1 GiB, and no traceback or warning was printed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import make_policy
from cxrforge.dicom.pixel_data import Undecodable, decode
from cxrforge.dicom.reading import read_object
from cxrforge.ingest.accounting import settle
from cxrforge.ingest.examine import ExaminedFile, examine
from cxrforge.ingest.scan import find_files, open_source
from cxrforge.labels.labeler import label_report
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import Issue
from cxrforge.reports.deidentify import deidentify_report
from cxrforge.tables import issue_codes
from fuzz_cases import case, seeds

SECONDS, GROWTH = 10, 1 << 30
OPTIONS = ("clean-pixel-data", "clean-descriptors")
MOST_OF_A_FILE = 3
"""Images and reports of one file that are taken through de-identification."""


def main() -> int:
    """Run all cases in child processes and print the books."""
    arguments = _arguments()
    if arguments.child:
        return _child(arguments)
    share = -(-arguments.cases // arguments.jobs)
    ranges = [(n, min(n + share, arguments.cases)) for n in range(0, arguments.cases, share)]
    with ThreadPoolExecutor(len(ranges)) as pool:
        rows = [row for part in pool.map(lambda r: _watched(arguments, *r), ranges) for row in part]
    faults = [row for row in rows if row["fault"]]
    codes = Counter(code for row in rows for code in row["codes"])
    books = {
        "cases": len(rows),
        "files found": sum(row["found"] for row in rows),
        "taken": sum(row["taken"] for row in rows),
        "turned away": sum(row["away"] for row in rows),
        "different codes": len(codes),
        "faults": len(faults),
        "slowest, processor seconds": round(max(row["seconds"] for row in rows), 2),
        "largest growth, MiB": max(row["growth"] for row in rows) >> 20,
    }
    if arguments.json:
        print(json.dumps({**books, "by family": Counter(row["family"] for row in rows), "codes": codes}))
    else:
        print("\n".join(f"{name:28} {value}" for name, value in books.items()))
        print("\n".join(f"  {code:30} {count}" for code, count in codes.most_common()))
    for row in faults[:40]:
        print(f"case {row['case']} ({row['family']}): {row['fault']}", file=sys.stderr)
    whole = len(rows) == arguments.cases and books["files found"] == books["taken"] + books["turned away"]
    return 0 if whole and not faults else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("CXRFORGE_SHARED_DATA", default)))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, type=int, metavar=("FIRST", "END"), help=argparse.SUPPRESS)
    return parser.parse_args()


def _watched(arguments: argparse.Namespace, first: int, end: int) -> list[dict[str, Any]]:
    """Return a row for each case of a range; a child that dies is replaced, and its case is a fault."""
    rows: list[dict[str, Any]] = []
    while first < end:
        command = [sys.executable, __file__, "--seed", str(arguments.seed), "--shared", str(arguments.shared)]
        done = subprocess.run([*command, "--child", str(first), str(end)], capture_output=True, text=True, check=False)
        made = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        rows += made
        first += len(made)
        if first < end:
            why = "took too long" if -done.returncode == signal.SIGPROF else f"process ended with {done.returncode}"
            rows.append(_row(first, "unknown", fault=f"{why}: {done.stderr[-300:]}"))
            first += 1
        elif rows and re.search("Traceback|Warning|Error", done.stderr):  # libjpeg's own remarks name no data
            rows[-1]["fault"] = f"something was printed: {done.stderr[:300]}"
    return rows


def _row(number: int, family: str, **values: Any) -> dict[str, Any]:
    nothing = {"found": 0, "taken": 0, "away": 0, "codes": [], "seconds": 0.0, "growth": 0, "fault": ""}
    return {"case": number, "family": family, **nothing, **values}


def _child(arguments: argparse.Namespace) -> int:
    files = seeds(arguments.shared if arguments.shared.is_dir() else None)
    pseudonyms = Pseudonymizer(bytes(range(32)))
    label_report("No effusion.", "en")
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(*arguments.child):
            one = case(number, arguments.seed, files)
            export = Path(folder) / str(number)
            export.mkdir()
            (export / one.name).write_bytes(one.content)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            began = time.process_time()
            row = _row(number, one.family, **_outcome(export, Path(folder) / "out", pseudonyms))
            signal.setitimer(signal.ITIMER_PROF, 0)
            row["seconds"] = time.process_time() - began
            row["growth"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
            if row["growth"] > GROWTH and not row["fault"]:
                row["fault"] = f"grew by {row['growth'] >> 20} MiB"
            (export / one.name).unlink()
            print(json.dumps(row), flush=True)
    return 0


def _outcome(export: Path, out: Path, pseudonyms: Pseudonymizer) -> dict[str, Any]:
    """Take in one export and carry on with what it holds; return its books and the first fault."""
    try:
        files = [examine(found) for found in find_files(export)]
        settled = settle(files)
        issues = [i for file in files for i in file.issues] + [i for i in settled.fates.values() if i]
        for file in files:
            issues += _carried_on(file, out, pseudonyms)
    except Exception as error:
        return {"fault": "".join(traceback.format_exception(error))[-600:]}
    fault = next((i.detail for i in issues if i.code == "examine-fault"), "")
    unknown = sorted({i.code for i in issues} - set(issue_codes.load()))
    lost = settled.found != settled.taken + sum(settled.turned_away.values())
    lost = lost or any(not f.image and not f.documents and f.turned_away is None for f in files)
    return {
        "found": settled.found,
        "taken": settled.taken,
        "away": sum(settled.turned_away.values()),
        "codes": sorted({i.code for i in issues}),
        "fault": fault or (f"unknown codes: {unknown}" if unknown else "") or ("not accounted for" if lost else ""),
    }


def _carried_on(file: ExaminedFile, out: Path, pseudonyms: Pseudonymizer) -> list[Issue]:
    """Decode and de-identify an image, de-identify and label reports, as the stages do."""
    issues: list[Issue] = []
    if file.image and file.turned_away is None:
        source = open_source(file.locator)
        made = deidentify_object(
            source, out, policy=make_policy(OPTIONS), pseudonyms=pseudonyms, known=file.image.known
        )
        issues += made.issues
        ds = read_object(source, defer_pixels=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with suppress(Undecodable):  # which the stages turn into an issue
                _ = ds if isinstance(ds, Issue) else decode(ds)
    for document in file.documents[:MOST_OF_A_FILE]:
        report = deidentify_report(document.text, language=document.language)
        label_report(report.text, report.language, report.sections)
        issues += report.issues
    return issues


if __name__ == "__main__":
    sys.exit(main())
