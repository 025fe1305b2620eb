"""`cxrforge deidentify-dicom`: header and pixels of files, folders and zip archives, without a workspace."""

from __future__ import annotations

import filecmp
import importlib
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TextIO

import typer
from pydicom.datadict import keyword_for_tag

from cxrforge.cli.terminal import err, out, print_json, tracked
from cxrforge.dicom.deidentify import Redactor, deidentify_object, stops
from cxrforge.dicom.header import CLEAN_PIXEL_DATA, DEFAULT_OPTIONS, Policy, make_policy
from cxrforge.dicom.reading import looks_like_dicom
from cxrforge.errors import UsageError
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import ElementAction, Issue
from cxrforge.tables import issue_codes, profile

_LARGEST_MEMBER = 1 << 31
_RECORD = ".deidentified.jsonl"
_LAST_TAG = re.compile(r"\((\w{4}),(\w{4})\)$")


class Input(NamedTuple):
    """One file: its name for the map, what tells whether it has changed, and how to get at it."""

    name: str
    state: str
    open: Callable[[], Path | bytes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row of the map says of one input."""

    source: str
    output: str = ""
    actions: tuple[ElementAction, ...] = ()
    issues: tuple[Issue, ...] = ()
    repeated: bool = False


Inputs = Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Files, folders or zip archives.")]
Output = Annotated[Path, typer.Option("--output", help="Folder for the de-identified objects.")]
Key = Annotated[Path, typer.Option("--key", help="Secret key: 64 hexadecimal digits; made when missing.")]
Options = Annotated[list[str] | None, typer.Option("--option", help="PS3.15 option in kebab case; repeatable.")]
Pixels = Annotated[bool, typer.Option("--pixels/--no-pixels", help="Find and redact burned-in text.")]
Map = Annotated[Path | None, typer.Option("--map", help="JSONL of what became of each input; stays with the site.")]
Site = Annotated[str, typer.Option("--site", help="Site under which patients get their pseudonyms.")]
Explain = Annotated[bool, typer.Option("--explain", help="Print for each attribute the row, the action and why.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


def deidentify_dicom(
    inputs: Inputs,
    output: Output,
    key: Key,
    option: Options = None,
    pixels: Pixels = True,
    map_file: Map = None,
    site: Site = "",
    explain: Explain = False,
    as_json: Json = False,
) -> None:
    """De-identify DICOM objects (PS3.15 Annex E). Sources are read where they lie and never changed.

    Example: cxrforge deidentify-dicom export/ --output clean/ --key site.key --map map.jsonl
    """
    policy = make_policy(option or DEFAULT_OPTIONS, site)
    redactor = _redactor() if pixels and policy.has(CLEAN_PIXEL_DATA) else None
    pseudonyms = Pseudonymizer(_key(key))
    found = list(_inputs(inputs))
    output.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    configuration = _configuration(policy, pseudonyms, redactor is not None)
    with _Ledger(output, configuration) as ledger, _map(map_file) as rows:
        for source in tracked(found, "de-identify", len(found), "files"):
            outcome = _one(source, output, policy, pseudonyms, redactor, ledger)
            _count(counts, outcome)
            if rows:
                _write_row(rows, outcome)
            if explain:
                _explain(outcome)
    _summary(counts, len(found), as_json)


@contextmanager
def _map(file: Path | None) -> Iterator[TextIO | None]:
    if file is None:
        yield None
        return
    with open(file, "w", encoding="utf-8") as rows:
        yield rows


def _key(file: Path) -> bytes:
    """Return the key in `file`; make one, readable by its owner alone, when there is none."""
    from cxrforge.vault import create_key, read_key  # brings the database engine along

    if file.exists():
        return read_key(file)
    key = create_key(file)
    err.print("notice: a new key was made; keep it safe, without it pseudonyms cannot be made again", soft_wrap=True)
    return key


def _redactor() -> Redactor:
    try:
        module = importlib.import_module("cxrforge.pixels.redaction")
    except ModuleNotFoundError:
        raise UsageError(
            "pixel redaction is not part of this installation", where="--pixels", next_step="Use --no-pixels."
        ) from None
    redactor: Redactor = module.make_redactor()
    return redactor


def _inputs(paths: list[Path]) -> Iterator[Input]:
    for path in paths:
        if path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                yield from _file(file)
        elif path.is_file():
            yield from _file(path)
        else:
            raise UsageError("an input is not there", where="INPUT", expected="a file, a folder or a zip archive")


def _file(path: Path) -> Iterator[Input]:
    if not zipfile.is_zipfile(path) or _starts_as_dicom(path):
        facts = path.stat()
        yield Input(str(path), f"{facts.st_size} {facts.st_mtime_ns}", lambda: path)
        return
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
    for member in members:
        yield Input(f"{path}!{member.filename}", f"{member.file_size} {member.CRC}", lambda m=member: _member(path, m))  # type: ignore[misc]


def _starts_as_dicom(path: Path) -> bool:
    with open(path, "rb") as file:
        return looks_like_dicom(file.read(132))


def _member(path: Path, member: zipfile.ZipInfo) -> bytes:
    """Return an archive member; what cannot be read or is too large counts as empty."""
    if member.file_size > _LARGEST_MEMBER:
        return b""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            return stream.read(_LARGEST_MEMBER)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError):
        return b""


class _Ledger:
    """Which files were de-identified before, under which configuration; pseudonyms alone, kept in the output."""

    def __init__(self, folder: Path, configuration: str) -> None:
        self.folder, self.configuration = folder, configuration
        self.done: dict[str, dict[str, Any]] = {}
        self.names: dict[str, str] = {}

    def __enter__(self) -> _Ledger:
        file = self.folder / _RECORD
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                except json.JSONDecodeError:  # a run was killed while it wrote
                    continue
                if row.get("configuration") == self.configuration:
                    self.done[row["source"]] = row
                    self.names[row["output"]] = row["source"]
        self.file = open(file, "a", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def find(self, source: str) -> dict[str, Any] | None:
        """Return the row of a file whose output is still there."""
        row = self.done.get(source)
        return row if row and (self.folder / row["output"]).is_file() else None

    def taken(self, output: str, source: str) -> bool:
        """Say whether another file's output stands under this name."""
        return self.names.get(output, source) != source

    def add(self, source: str, output: str, actions: tuple[ElementAction, ...], issues: tuple[Issue, ...]) -> None:
        """Remember an output."""
        self.names[output] = source
        row = {
            "source": source,
            "configuration": self.configuration,
            "output": output,
            "actions": [asdict(a) for a in actions],
            "issues": [asdict(i) for i in issues],
        }
        self.file.write(json.dumps(row) + "\n")
        self.file.flush()


def _configuration(policy: Policy, pseudonyms: Pseudonymizer, pixels: bool) -> str:
    parts = (profile.load().edition, policy.site, *policy.options, "pixels" if pixels else "header")
    return pseudonyms.digest("configuration", *parts).hex()[:16]


def _one(
    source: Input, folder: Path, policy: Policy, pseudonyms: Pseudonymizer, redactor: Redactor | None, ledger: _Ledger
) -> Outcome:
    mark = pseudonyms.file(policy.site, f"{os.path.abspath(source.name)} {source.state}")
    before = ledger.find(mark)
    if before:
        actions = tuple(ElementAction(**a) for a in before["actions"])
        return Outcome(source.name, before["output"], actions, tuple(Issue(**i) for i in before["issues"]), True)
    partial = folder / f".{mark}.dcm"
    result = deidentify_object(
        source.open(), partial, policy=policy, pseudonyms=pseudonyms, redactor=redactor, digest=False
    )
    if not result.written:
        return Outcome(source.name, actions=result.actions, issues=result.issues)
    final, issues = Path(result.patient, result.study, f"{result.sop_uid}.dcm"), result.issues
    if ledger.taken(str(final), mark) and not _same(partial, folder / final):
        final = final.with_name(f"{result.sop_uid}.{mark}.dcm")
        issues = (*issues, Issue("dicom-instance-twice"))
    (folder / final).parent.mkdir(parents=True, exist_ok=True)
    os.replace(partial, folder / final)
    ledger.add(mark, str(final), result.actions, issues)
    return Outcome(source.name, str(final), result.actions, issues)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


def _count(counts: Counter[str], outcome: Outcome) -> None:
    if outcome.output:
        counts["already there" if outcome.repeated else "written"] += 1
    for issue in outcome.issues:
        counts[f"issue {issue.code}"] += 1
    if not outcome.output:
        counts["turned away"] += 1


def _write_row(rows: TextIO, outcome: Outcome) -> None:
    if outcome.output:
        actions = [asdict(a) for a in outcome.actions]
        row: dict[str, Any] = {"source": outcome.source, "output": outcome.output, "actions": actions}
        if outcome.issues:
            row["issues"] = [asdict(i) for i in outcome.issues]
    else:
        reasons = [i for i in outcome.issues if stops((i,))] or list(outcome.issues)
        row = {"source": outcome.source, "issue": reasons[0].code, "detail": reasons[0].detail}
    rows.write(json.dumps(row, ensure_ascii=False) + "\n")


def _explain(outcome: Outcome) -> None:
    out.print(outcome.output or "turned away", markup=False)
    for action in outcome.actions:
        match = _LAST_TAG.search(action.path)
        keyword = keyword_for_tag(int(match[1] + match[2], 16)) if match else ""
        out.print(f"  {action.action:<7}{action.path} {keyword}: {action.rule}", markup=False, soft_wrap=True)


def _summary(counts: Counter[str], total: int, as_json: bool) -> None:
    issues = {name.removeprefix("issue "): n for name, n in sorted(counts.items()) if name.startswith("issue ")}
    figures = {name.replace(" ", "_"): counts[name] for name in ("written", "already there", "turned away")}
    if as_json:
        print_json({"found": total, **figures, "issues": issues})
        return
    out.print(f"{total} found = " + " + ".join(f"{n} {name.replace('_', ' ')}" for name, n in figures.items()))
    table = issue_codes.load()
    for code, number in issues.items():
        out.print(f"  {number} × {code}: {table[code].meaning} {table[code].next_step}", markup=False, soft_wrap=True)
