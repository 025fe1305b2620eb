"""The one door for every face: a folder with configuration, catalogue, vault, store and releases."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.duplicates import Repeat, repeats
from cxrforge.catalogue.governance import Consultation, record_ingest, record_snapshot, snapshots, stopped_by_codes
from cxrforge.catalogue.holdings import (
    INGEST,
    Site,
    add_site,
    file_books,
    held_elsewhere,
    keep_site,
    kept_sites,
    known_files,
    quarantined,
    record_files,
    record_holdings,
    sites,
    unpaired_sites,
)
from cxrforge.catalogue.release_queries import ReleaseStudy, release_studies, releases
from cxrforge.catalogue.withdrawals import HeldBy, Withdrawal, held_by, is_known, record_withdrawal
from cxrforge.config import (
    CATALOGUE_URL_VARIABLE,
    CONFIG_NAME,
    KEY_FILE_VARIABLE,
    TEMPLATE,
    Settings,
    load_settings,
    parse_bytes,
)
from cxrforge.dicom.header import make_policy
from cxrforge.errors import ConfigError, UsageError, WorkspaceError
from cxrforge.executors import Executor, Lost, SerialExecutor
from cxrforge.governance.desk import GovernanceDesk, iso_day, utc
from cxrforge.governance.requirements import CONSORTIUM
from cxrforge.ingest.archives import BrokenMemberError, find_member
from cxrforge.ingest.consent import REGISTER_CODES
from cxrforge.ingest.examine import ExaminedFile, FileKind, examine
from cxrforge.ingest.limits import Limits
from cxrforge.ingest.scan import FoundFile, find_files, split_locator
from cxrforge.intake import apart, examined_file, file_record, make_rows, moved_files, unchanged
from cxrforge.overview import Overview, overview
from cxrforge.reading_room.room import ReadingRoom
from cxrforge.records import CriterionState, Issue
from cxrforge.redactions import DeviceText, device_texts
from cxrforge.redactions import write_page as write_redactions_page
from cxrforge.repeats import decide_repeat, search_repeats
from cxrforge.runner import Observer, Reach, Run, Scope, StageCount, StagePlan, Unwatched, plan_stages, run_stages
from cxrforge.sharing import place_of, shared_by
from cxrforge.stages import STAGES
from cxrforge.stages.stage import Tools
from cxrforge.standing import Standing, standing
from cxrforge.store import open_store
from cxrforge.tables import criteria, issue_codes, licences
from cxrforge.tables import governance as governance_table
from cxrforge.vault import Vault, create_key, read_key
from cxrforge.workforce import make_executor

if TYPE_CHECKING:
    from cxrforge.formats.derived import Derivation
    from cxrforge.formats.release_diff import ReleaseDifference
    from cxrforge.formats.release_tree import ReleaseSummary

_BATCH_FILES = 200
_FOLDERS = ("vault", "store", "quarantine", "releases", "logs")
_CONFIG_PART = f".{CONFIG_NAME}.part"
_RELEASE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SITE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class IngestSummary:
    """The books of one `ingest`: found = taken + turned away, and which codes turned files away how often."""

    site: str
    found: int
    known_before: int
    taken: int
    turned_away: int
    images: int
    reports: int
    studies: int
    reasons: dict[str, int]


class Workspace:
    """An open workspace; close it or use it in a `with` statement."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        config = self.folder / CONFIG_NAME
        if not config.is_file():
            raise WorkspaceError(
                "this folder is no workspace",
                expected=CONFIG_NAME,
                next_step="Make one with `cxrforge init DIR`, or name one with -w DIR.",
            )
        self.settings = load_settings(config)
        criteria.resolve_thresholds(self.settings.criteria)
        make_policy(self.settings.deidentification_options)
        if self.settings.release_licence not in licences.load():
            raise ConfigError("setting release_licence", where=CONFIG_NAME, expected=" or ".join(licences.load()))
        self.vault = Vault(self.folder / "vault", read_key(_key_file(self.folder, self.settings)), new=False)
        url = os.environ.get(CATALOGUE_URL_VARIABLE) or self.settings.catalogue_url
        self.catalogue = Catalogue(url, self.folder)
        self.store = open_store(self.folder, self.settings.store_path, self.settings.store_url)
        self.reading_room = ReadingRoom(self.catalogue, self.settings, self.store, self.vault.pseudonyms)
        self.governance = GovernanceDesk(self.catalogue, self.vault, self.settings)

    @classmethod
    def create(cls, folder: Path, key_file: Path | None = None) -> Workspace:
        """Make a workspace in `folder`; `key_file` is taken as its key's place, a new key is made where none stands."""
        if (folder / CONFIG_NAME).exists():
            raise WorkspaceError("this folder is a workspace already")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not _is_empty(folder):
                raise WorkspaceError("the folder is not empty", next_step="Name a new or an empty folder.")
            text = TEMPLATE.format(variable=KEY_FILE_VARIABLE)
            if key_file:
                quoted = json.dumps(key_file.resolve().as_posix(), ensure_ascii=False)  # TOML quotes as JSON does
                text = text.replace('"vault/key" ', f"{quoted} ")
            key = key_file or folder / "vault" / "key"
            if key.exists():
                read_key(key)
            else:
                create_key(key)
            for name in _FOLDERS:
                (folder / name).mkdir(mode=0o700 if name == "vault" else 0o755, exist_ok=True)
            Vault(folder / "vault", read_key(key)).close()
            partial = folder / _CONFIG_PART
            partial.write_text(text, encoding="utf-8")
            partial.replace(folder / CONFIG_NAME)  # last: what was interrupted before is made again
        except OSError as error:
            raise WorkspaceError("the folder cannot be written", found=error.strerror) from error
        return cls(folder)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of catalogue and vault."""
        self.catalogue.close()
        self.vault.close()

    # ------------------------------------------------------------------ sites

    def add_site(self, name: str, country: str, language: str) -> Site:
        """Add a hospital; `country` is an ISO 3166 code of two letters, `language` an ISO 639 code."""
        if not _SITE_NAME.fullmatch(name):
            raise UsageError("site name", expected="a-z, 0-9 and '-', at most 32 characters", found=repr(name))
        if not re.fullmatch(r"[A-Za-z]{2}", country) or not re.fullmatch(r"[A-Za-z]{2}", language):
            raise UsageError("country and language", expected="codes of two letters, such as DE and de")
        if name == CONSORTIUM:
            raise UsageError(f"the name {CONSORTIUM} stands for all sites", next_step="Choose another name.")
        row = Site(name, country.upper(), language.lower())
        with self.catalogue.write() as connection:
            if not add_site(connection, row):
                raise UsageError(f"site {name} is there already")
        return row

    def sites(self) -> list[Site]:
        """Return the hospitals of the workspace, by name."""
        with self.catalogue.read() as connection:
            return sites(connection)

    def consult_register(self, site: str, content: bytes, kind: str, now: datetime | None = None) -> Consultation:
        """Look a site's consent or objection register up: studies of patients whom it keeps out are stopped at once."""
        with self._locked():
            self.governance.consultations(site)  # refuses an unknown site
            if site != CONSORTIUM:
                self._keep_site(site)
            consultation = self.governance.consult_register(site, content, kind, now or datetime.now(UTC))
            with self.catalogue.read() as connection:
                taken_in = bool(known_files(connection, site))
            if taken_in:
                self._pair(site)
                self._write_quarantine()
            return consultation

    def stopped_by_register(self, site: str) -> dict[str, int]:
        """Return how many studies of a site its registers keep out, by issue code."""
        with self.catalogue.read() as connection:
            return stopped_by_codes(connection, site, REGISTER_CODES)

    # ------------------------------------------------------------------ ingest

    def ingest(self, path: Path, site: str, progress: Callable[[int, int], None] | None = None) -> IngestSummary:
        """Take in an export folder, zip or file; what was taken in before and has not changed is not read again.

        `progress` is called with (files done, files found) as they are recorded.
        """
        if site not in {s.id for s in self.sites()}:
            raise UsageError(f"site {site} is unknown", next_step="Add it with `cxrforge site add`.")
        with self._locked():
            self._keep_site(site)
            with self.catalogue.write() as connection:
                record_ingest(connection, site, utc(datetime.now(UTC)))
            found = list(find_files(self._outside(path)))
            times = {f.locator: _modified_ns(f.locator) for f in found}  # before they are read, not after
            new = list(self._changed(found, times, site))
            known_before = len(found) - len(new)
            report = progress or (lambda done, total: None)
            report(known_before, len(found))
            done = known_before
            with self._executor() as executor:
                for batch in _batches(_examined(executor, new)):
                    self._record_files(batch, times, site)
                    done += len(batch)
                    report(done, len(found))
            self._pair(site)
            self._write_quarantine()
            return self._summary(site, found, known_before)

    def _keep_site(self, site: str) -> None:
        """Make this workspace's vault the one that keeps the site's originals: another could not link them."""
        with self.catalogue.write() as connection:
            if not keep_site(connection, site, self.vault.identity(), self._store_name()):
                raise UsageError(
                    f"site {site} is kept by another workspace on this catalogue",
                    next_step="Ingest there, or add a site of another name.",
                )

    def _store_name(self) -> str:
        """Return a name that all who share this store have for it, and that does not tell where it is."""
        place = self.store.place if self.store.is_remote else f"{place_of(self.folder)}|{self.store.place}"
        return hashlib.sha256(place.encode()).hexdigest()[:16]

    def _outside(self, path: Path) -> Path:
        """Return `path`, refused when the workspace is part of it or the other way round."""
        place = path.resolve()
        if place.is_relative_to(self.folder) or self.folder.is_relative_to(place):
            raise UsageError(
                "the export and the workspace lie in each other",
                expected="two folders apart: what is made here must not be taken in again",
                next_step="Name the export's own folder, or make the workspace elsewhere.",
            )
        return path

    def _changed(self, found: Sequence[FoundFile], times: Mapping[str, int], site: str) -> Iterator[FoundFile]:
        """Yield the files that are new, changed in size or time, or that another version of ingest read.

        A file counts as known when vault and catalogue know it: an interruption can fall between the two.
        """
        ids = {self.vault.pseudonyms.file(site, f.locator): f for f in found}
        names = list(ids)
        with self.catalogue.read() as connection:
            recorded = known_files(connection, site)
        for start in range(0, len(names), _BATCH_FILES):
            some = names[start : start + _BATCH_FILES]
            known = self.vault.unseal("file", some)
            for name in some:
                file, record = ids[name], known.get(name)
                if record is None or name not in recorded or not unchanged(record, file.size, times[file.locator]):
                    yield file

    def _record_files(self, batch: Sequence[ExaminedFile], times: Mapping[str, int], site: str) -> None:
        codes = issue_codes.load()
        records, rows, issues = {}, [], []
        for file in batch:
            name = self.vault.pseudonyms.file(site, file.locator)
            records[name] = file_record(file, times[file.locator])
            rows.append(
                {
                    "id": name,
                    "site": site,
                    "kind": file.kind.value,
                    "size": file.size,
                    "content": self.vault.pseudonyms.content(file.sha256),
                    "state": "turned-away" if file.turned_away else "taken",
                }
            )
            for issue in {i.code: i for i in file.issues}.values():
                row = {"entity": name, "stage": INGEST, "code": issue.code, "kind": "file", "site": site}
                issues.append(row | {"level": codes[issue.code].level.value, "detail": issue.detail})
        self.vault.seal("file", site, records)
        with self.catalogue.write() as connection:
            record_files(connection, site, rows, issues)

    def _pair(self, site: str) -> None:
        files = {name: examined_file(record) for name, record in self.vault.unseal_site("file", site)}
        moved = moved_files(files, _is_there)
        self.vault.forget("file", moved)
        for name in moved:
            del files[name]
        with self.catalogue.read() as connection:
            held = held_elsewhere(connection, site)
        files = {name: apart(file, held, self.vault.pseudonyms) for name, file in files.items()}
        rows = make_rows(files, site, self.vault.pseudonyms, self.governance.registers(site))
        for kind, records in rows.sealed.items():
            self.vault.seal(kind, site, records)
        with self.catalogue.write() as connection:
            record_holdings(connection, site, rows.holdings)

    def _pair_what_waits(self) -> None:
        """Pair the sites whose ingest was interrupted before it came to that."""
        with self.catalogue.read() as connection:
            own, _ = kept_sites(connection, self.vault.identity(), self._store_name())
            waiting = unpaired_sites(connection)
        for site in waiting:
            if site in own:
                self._pair(site)

    def _summary(self, site: str, found: Sequence[FoundFile], known_before: int) -> IngestSummary:
        names = {self.vault.pseudonyms.file(site, f.locator) for f in found}
        with self.catalogue.read() as connection:
            books = file_books(connection, site)
        mine = [books.files[name] for name in names]
        return IngestSummary(
            site=site,
            found=len(found),
            known_before=known_before,
            taken=sum(state == "taken" for _, state, _ in mine),
            turned_away=sum(state != "taken" for _, state, _ in mine),
            images=sum(kind == FileKind.DICOM_IMAGE.value for kind, _, _ in mine),
            reports=books.documents,
            studies=books.studies,
            reasons=_tally(code for _, state, codes in mine if state != "taken" for code in codes),
        )

    def _write_quarantine(self) -> None:
        """Write `quarantine/<site>.jsonl`: every item that was turned away or waits, by pseudonym, and why."""
        with self.catalogue.read() as connection:
            for site in sites(connection):
                rows = quarantined(connection, site.id)
                target = self.folder / "quarantine" / f"{site.id}.jsonl"
                target.parent.mkdir(exist_ok=True)
                partial = target.with_suffix(".part")
                partial.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
                partial.replace(target)

    # ------------------------------------------------------------------ run

    def run(
        self,
        observer: Observer,
        executor: str | None = None,
        workers: int | None = None,
        *,
        scope: Scope = Scope(),  # frozen and empty: safe to share
        scheduler: str | None = None,
        memory_limit: str | None = None,
    ) -> list[StageCount]:
        """Run every stage within `scope` over what is pending, and return the counts stage by stage.

        `memory_limit` is a size such as `8GB`. What is left out is as `cxrforge.toml` says.
        """
        self._known(scope)
        with self._locked():
            self._pair_what_waits()
            self.store.sweep()
            (self.folder / "logs").mkdir(exist_ok=True)  # a restored backup may lack empty folders
            lease_s = self.settings.run_lease_seconds
            with (
                self._executor(executor, workers, scheduler, memory_limit) as running,
                shared_by(self.catalogue, self.folder, lease_s) as share,
            ):
                run = replace(self._run(running, observer), scope=scope, share=share)
                counts = run_stages(run, STAGES, self.folder / "logs" / "run.jsonl")
            search_repeats(self.catalogue)
            self._write_quarantine()
            self._remember("run", self.standing().criteria)
            return counts

    def repeats(self) -> list[Repeat]:
        """Return the pairs of images of two patients that look like one, the most alike first."""
        with self.catalogue.read() as connection:
            return repeats(connection)

    def decide_repeat(self, first: str, second: str, *, same: bool) -> None:
        """Write what a person decided on a pair: one exposure, or two."""
        with self._locked():
            decide_repeat(self.catalogue, first, second, same=same)
            self._write_quarantine()

    def _remember(self, occasion: str, states: Sequence[CriterionState]) -> None:
        with self.catalogue.write() as connection:
            record_snapshot(connection, utc(datetime.now(UTC)), occasion, states)

    def history(self, site: str = "") -> list[dict[str, Any]]:
        """Return how the criteria stood after each run and release, at a site or over all."""
        with self.catalogue.read() as connection:
            return snapshots(connection, (site,))

    def plan(self, scope: Scope = Scope()) -> list[StagePlan]:
        """Return what a run within `scope` would begin with, stage by stage."""
        self._known(scope)
        return plan_stages(replace(self._run(SerialExecutor(), None), scope=scope), STAGES)

    def _run(self, executor: Executor, observer: Observer | None) -> Run:
        with self.catalogue.read() as connection:
            own, reached = kept_sites(connection, self.vault.identity(), self._store_name())
        tools = Tools(self.settings, self.vault.pseudonyms, self.store)
        reach = Reach(frozenset(own), frozenset(reached))
        return Run(self.catalogue, self.vault, executor, tools, observer or Unwatched(), reach=reach)

    def _known(self, scope: Scope) -> None:
        for what, named, known in (
            ("stage", scope.stages, [stage.name for stage in STAGES]),
            ("site", scope.sites, [site.id for site in self.sites()]),
        ):
            for name in named:
                if name not in known:
                    raise UsageError(f"unknown {what}", expected=", ".join(known) or "a site", found=repr(name))

    def standing(self, day: str = "") -> Standing:
        """Return where the workspace stands; papers and registers are judged by `day` (YYYY-MM-DD), today if left."""
        with self.catalogue.read() as connection:
            return standing(connection, self.settings, _day(day))

    def overview(self, day: str = "") -> Overview:
        """Return where the workspace stands by `day` (today if left) and what its studies are made of."""
        with self.catalogue.read() as connection:
            return overview(connection, self.settings, _day(day))

    def device_texts(self, least: float = 0.5, least_images: int = 20) -> list[DeviceText]:
        """Return where each site's devices keep burning text into their images."""
        with self.catalogue.read() as connection:
            return device_texts(connection, least, least_images)

    def write_redactions(self, path: Path) -> Path:
        """Write the page of redacted places, before and after, to `path`; it holds nothing of what stood there."""
        with self.catalogue.read() as connection:
            return write_redactions_page(connection, self.store, path)

    # ------------------------------------------------------------------ release

    def build_release(
        self,
        name: str,
        version: str,
        *,
        title: str = "",
        simulated: tuple[str, ...] = (),
        day: str = "",
        without: tuple[str, ...] = (),
        final: bool = False,
        derived: int = 0,
        allow_unmet: bool = False,
        advance: Callable[[int], None] = lambda step: None,
    ) -> ReleaseSummary:
        """Write `releases/<name>-<version>`; refused while a blocking criterion is short, unless a draft is allowed.

        `simulated` names what in it is made up, for its card. `day` (YYYY-MM-DD) is the release date, by which papers
        and registers are judged and which the card prints; without it today counts and no date is printed. Sites in
        `without` stay out; a `final` release asks for more (its own levels in the table of criteria).
        `derived` asks for PNGs of that longer side.
        """
        from cxrforge.releases import build_release  # charts and tables: loaded where a release is built

        folder = self._release_folder(name, version)
        with self._locked():
            self._pair_what_waits()
            summary = build_release(
                self.catalogue,
                self.store,
                self.settings,
                self.vault.pseudonyms,
                folder,
                name=name,
                version=version,
                title=title,
                simulated=simulated,
                day=_day(day),
                published=day,
                without=without,
                final=final,
                derived=derived,
                derive_all=self._derive_all,
                allow_unmet=allow_unmet,
                advance=advance,
            )
            self._remember(f"{name}-{version}", summary.criteria)
            return summary

    def _derive_all(self, wanted: Sequence[Derivation]) -> Iterator[tuple[str, bytes]]:
        """Make small images in this workspace's executor."""
        from cxrforge.formats.derived import derive

        with self._executor() as executor:
            for result in executor.run(derive, wanted, None):
                if isinstance(result, Lost):
                    raise WorkspaceError("a worker died over a small image", next_step="Repeat the command.")
                yield result

    def _release_folder(self, name: str, version: str) -> Path:
        for what, value in (("name", name), ("version", version)):
            if not _RELEASE_NAME.fullmatch(value) or value.endswith(".partial"):  # the mark of a half-written folder
                raise UsageError(f"release {what}", expected="letters, digits, '.', '_' and '-'", found=repr(value))
        return self.folder / "releases" / f"{name}-{version}"

    def withdraw(self, kind: str, entity: str, reason: str, day: str = "") -> tuple[int, list[HeldBy]]:
        """Take a patient (by pseudonym) or a site out of every further release.

        Return how many studies here that are, and which releases hold them.
        """
        if reason not in governance_table.load().withdrawal_reasons:
            raise UsageError("reason", expected=" or ".join(governance_table.load().withdrawal_reasons))
        with self._locked(), self.catalogue.write() as connection:
            if not is_known(connection, kind, entity):
                raise UsageError(f"this {kind} is not known here", next_step="Name it as catalogue and releases do.")
            studies = record_withdrawal(connection, Withdrawal(kind, entity, reason, _day(day)))
            return studies, held_by(connection, kind, entity)

    def candidates(self) -> list[ReleaseStudy]:
        """Return the studies that a draft would hold: accepted ones and those that wait for a person."""
        with self.catalogue.read() as connection:
            return release_studies(connection, ("accepted", "review"))

    def open_places(self) -> list[Path]:
        """Return everything of the workspace but the vault: what may leave, and what may be looked at."""
        return [path for path in sorted(self.folder.iterdir()) if path.name != "vault"]

    def releases(self) -> list[dict[str, Any]]:
        """Return every release that was built here, by name and version."""
        with self.catalogue.read() as connection:
            return releases(connection)

    def verify_release(self, name: str, version: str, day: str = "") -> list[str]:
        """Return what is wrong with a release; nothing when it is as it was written and its papers hold on `day`.

        Checksums, schemas, tables against each other and the files, criteria, papers, and with this workspace's key a
        search for the identifiers of every study.
        """
        from cxrforge.release_verification import verify_release

        folder = self._built(name, version)
        with self.catalogue.read() as connection:
            found = verify_release(connection, self.vault, folder, name, version, _day(day))
        return [str(problem) for problem in found]

    def diff_releases(self, before: str, after: str) -> ReleaseDifference:
        """Return what changed from one release to another, each named as `<name>-<version>` or by its folder."""
        from cxrforge.formats.release_diff import diff_releases

        def folder(named: str) -> Path:
            here = self.folder / "releases" / named
            return here if re.fullmatch(r"[\w.-]+", named) and here.is_dir() else Path(named)

        return diff_releases(folder(before), folder(after))

    def _built(self, name: str, version: str) -> Path:
        folder = self._release_folder(name, version)
        if not folder.is_dir():
            raise UsageError(f"release {name}-{version} is not here", next_step="See `cxrforge release list`.")
        return folder

    @contextmanager
    def _executor(
        self,
        name: str | None = None,
        workers: int | None = None,
        scheduler: str | None = None,
        memory_limit: str | None = None,
    ) -> Iterator[Executor]:
        address = scheduler or self.settings.run_scheduler
        limit = memory_limit or self.settings.run_memory_limit
        chosen = name or ("dask" if scheduler else self.settings.run_executor)
        executor = make_executor(
            chosen,
            workers or self.settings.workers,
            scheduler=address if chosen == "dask" else "",
            memory_limit=parse_bytes(limit) if limit else None,
        )
        try:
            yield executor
        finally:
            executor.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep others from changing the workspace meanwhile."""
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                yield
        except Timeout as error:
            raise WorkspaceError(
                "another cxrforge works in this workspace", next_step="Wait until it has ended, then repeat."
            ) from error


def _is_empty(folder: Path) -> bool:
    """Tell whether a folder holds nothing, or nothing but what an interrupted `init` began with."""
    entries = {path.name: path for path in folder.iterdir()}
    vault = entries.pop("vault", None)
    entries.pop(_CONFIG_PART, None)
    begun = {"key", "vault.sqlite", "vault.sqlite-wal", "vault.sqlite-shm", "vault.sqlite-journal"}
    if vault and not all(p.name in begun or p.name.startswith(".key-") for p in vault.iterdir()):
        return False
    return all(name in _FOLDERS and path.is_dir() and not any(path.iterdir()) for name, path in entries.items())


def _day(day: str) -> str:
    return iso_day("day", day) if day else datetime.now(UTC).date().isoformat()


def _key_file(folder: Path, settings: Settings) -> Path:
    return folder / Path(os.environ.get(KEY_FILE_VARIABLE) or settings.vault_key_file)


def _modified_ns(locator: str) -> int:
    path, _ = split_locator(locator)
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _is_there(locator: str) -> bool:
    try:
        path, member = split_locator(locator)
        if member is not None:
            find_member(path, member, Limits())
        return path.is_file()
    except (OSError, BrokenMemberError):
        return False


def _examine(file: FoundFile, _tools: None) -> ExaminedFile:
    return examine(file)


def _examined(executor: Executor, files: Sequence[FoundFile]) -> Iterator[ExaminedFile]:
    for result in executor.run(_examine, files, None):
        if isinstance(result, Lost):
            # no size, so that the file counts as changed and is tried again
            yield ExaminedFile(result.item.locator, -1, "", FileKind.OTHER, (Issue("worker-lost"),))
        else:
            yield result


def _batches(files: Iterator[ExaminedFile]) -> Iterator[list[ExaminedFile]]:
    batch: list[ExaminedFile] = []
    for file in files:
        batch.append(file)
        if len(batch) >= _BATCH_FILES:
            yield batch
            batch = []
    if batch:
        yield batch


def _tally(codes: Iterator[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for code in codes:
        counts[code] = counts.get(code, 0) + 1
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))
