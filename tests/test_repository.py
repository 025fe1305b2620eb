"""What is tracked stays free of addresses and of the machine it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("constraints*.txt", "requirements*.txt", "*.lock", "package-lock.json", "npm-shrinkwrap.json")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|--(extra-)?index-url|--find-links", re.IGNORECASE)
MACHINE = re.compile(r"(?<![\w./~-])/" + r"(work|root|home/\w+|tmp|Users/\w+)(?=/[\w.])")


def tracked(*patterns: str) -> list[Path]:
    """Return the tracked files that match; skip visibly outside a git checkout."""
    done = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip("no git checkout")
    return [path for name in done.stdout.split(b"\0") if name and (path := ROOT / name.decode()).is_file()]


def texts(paths: list[Path]) -> dict[Path, str]:
    found = {}
    for path in paths:
        try:
            found[path] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image or the like
    return found


def test_no_lock_file_holds_an_address() -> None:
    files = tracked(*LOCKS, *(f"**/{name}" for name in LOCKS))
    assert ROOT / "constraints.txt" in files
    wrong = [path.name for path, text in texts(files).items() if ADDRESS.search(text)]
    assert not wrong, wrong


def test_constraints_pin_every_package_exactly() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line)]


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in texts(tracked()).items()
        for match in MACHINE.finditer(text)
    ]
    assert not wrong, "\n".join(wrong)
