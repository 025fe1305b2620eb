"""A release as a folder: written beside its place, then renamed into it, with the same bytes for the same content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from cxrforge.errors import ReleaseRefusedError
from cxrforge.formats.anonymity import k_anonymity
from cxrforge.formats.card_page import card_page
from cxrforge.formats.charts import release_charts
from cxrforge.formats.chexpert import SPLITS, chexpert_csv
from cxrforge.formats.coco import coco_instances
from cxrforge.formats.croissant import croissant
from cxrforge.formats.data_card import changelog, consortium, data_card, datasheet, label_counts
from cxrforge.formats.derived import Derivation, derivations, derive, derived_documents
from cxrforge.formats.json_text import json_bytes
from cxrforge.formats.registries import card_metadata, citation_cff, datacite
from cxrforge.formats.release_content import ImageFile, ReleaseContent, check_content
from cxrforge.formats.release_tables import (
    LABEL_WORDS,
    TABLES,
    LabelRow,
    ReportRow,
    image_path,
    report_path,
    table_bytes,
)
from cxrforge.formats.splits import DEFAULT_SET
from cxrforge.formats.statistics import Suppressed, suppress
from cxrforge.formats.verify import SUMS_FILE, file_sha256, sums_text
from cxrforge.records import CriterionState
from cxrforge.tables import licences

DeriveAll = Callable[[Sequence[Derivation]], Iterable[tuple[str, bytes]]]
"""Makes small images out of what is wanted, such as in worker processes."""


class Placing(StrEnum):
    """How image files get into a release: hard link where the file system allows it, or always a copy."""

    LINK = "link"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """What was written; `digest` is the SHA-256 of SHA256SUMS and so stands for the whole release."""

    folder: Path
    draft: bool
    studies: int
    images: int
    files: int
    size_bytes: int
    digest: str
    criteria: tuple[CriterionState, ...] = ()


def write_release(
    target: Path,
    content: ReleaseContent,
    *,
    placing: Placing = Placing.LINK,
    again: bool = False,
    derived: int = 0,
    derive_all: DeriveAll = lambda wanted: map(derive, wanted),
    advance: Callable[[int], None] = lambda step: None,
) -> ReleaseSummary:
    """Write `content` as the folder `target`, which must not exist; `advance` is called with images as they are placed.

    With `again` it may exist where it holds the same: a repeat then ends as the first time.

    Everything is written into `<target>.partial` first, so an interruption leaves no half release; what an earlier
    one left there is removed. With `Placing.LINK` images share their bytes with the store and their checksums are
    those that the rows carry; with `Placing.COPY` every byte is read and compared. `derived` asks for PNGs with that
    longer side; `derive_all` makes them, in any order.
    """
    check_content(content)
    if target.exists() and not again:
        raise _in_the_way()
    partial = target.with_name(target.name + ".partial")
    if partial.exists():
        shutil.rmtree(partial)
    writer = _Writer(partial, {}, 0)
    for path, data in _documents(content).items():
        writer.write(path, data)
    for report in content.reports:
        _write_report(writer, report)
    for image in content.images:
        writer.place(image, placing)
        advance(1)
    if derived:
        for path, data in derived_documents(content, derived).items():
            writer.write(path, data)
        for path, data in derive_all(derivations(content, derived, partial)):
            writer.write(path, data)
    sums = sums_text(writer.sums).encode()
    (partial / SUMS_FILE).write_bytes(sums)
    if target.exists():
        if not _holds(target, sums):
            raise _in_the_way()
        shutil.rmtree(partial)
    else:
        if hasattr(os, "sync"):
            os.sync()  # a folder that has its name holds everything, whatever happens to the machine
        partial.rename(target)
    return ReleaseSummary(
        folder=target,
        draft=content.draft,
        studies=len(content.studies),
        images=len(content.images),
        files=len(writer.sums) + 1,
        size_bytes=writer.size_bytes + len(sums),
        digest=hashlib.sha256(sums).hexdigest(),
    )


@dataclass(slots=True)
class _Writer:
    """Writes files under one folder and remembers their checksums."""

    folder: Path
    sums: dict[str, str]
    size_bytes: int

    def write(self, path: str, data: bytes) -> None:
        """Write one small file."""
        self._parent(path).write_bytes(data)
        self.sums[path] = hashlib.sha256(data).hexdigest()
        self.size_bytes += len(data)

    def place(self, image: ImageFile, placing: Placing) -> None:
        """Link or copy one image, refusing one that is not what its row says."""
        path = image_path(image.row)
        place = self._parent(path)
        if image.fetch:
            _fetched(image.fetch, place)
            placing, image = Placing.COPY, replace(image, source=place)
        if not image.source.is_file():
            raise _damaged("is missing from the store")
        if image.source.stat().st_size != image.row.size_bytes:
            raise _damaged("has another size than the catalogue says")
        if placing is Placing.COPY or not _linked(image.source, place):
            if image.source != place:
                shutil.copyfile(image.source, place)
            if file_sha256(place) != image.row.sha256:
                raise _damaged("has another checksum than the catalogue says")
        self.sums[path] = image.row.sha256
        self.size_bytes += image.row.size_bytes

    def _parent(self, path: str) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


def _in_the_way() -> ReleaseRefusedError:
    return ReleaseRefusedError(
        "a folder of that name stands in the way", next_step="Raise the version, or move the folder away."
    )


def _holds(folder: Path, sums: bytes) -> bool:
    there = folder / SUMS_FILE
    return there.is_file() and there.read_bytes() == sums


def _fetched(fetch: Callable[[Path], None], place: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # told by whoever looks for the file next
        fetch(place)


def _linked(source: Path, place: Path) -> bool:
    try:
        os.link(source, place)
    except OSError:  # another file system, or one without hard links
        return False
    return True


def _damaged(what: str) -> ReleaseRefusedError:
    return ReleaseRefusedError(f"an image {what}", next_step="Check the disk, then run the stages again.")


def _write_report(writer: _Writer, report: ReportRow) -> None:
    writer.write(report_path(report, "txt"), report.text.encode())
    writer.write(report_path(report, "json"), json_bytes(_report_object(report)))


def _report_object(report: ReportRow) -> dict[str, Any]:
    """Return one report as its JSON file holds it; offsets point into `text`."""
    return {
        "report": report.report,
        "study": report.study,
        "patient": report.patient,
        "site": report.site,
        "language": report.language,
        "text": report.text,
        "findings": report.findings,
        "impression": report.impression,
        "sections_derived": report.sections_derived,
        "sections": [{"name": s.name, "start": s.start, "end": s.end, "rule": s.rule} for s in report.sections],
        "mentions": [
            {
                "observation": m.observation,
                "label": LABEL_WORDS[m.assertion],
                "start": m.start,
                "end": m.end,
                "section": m.section,
            }
            for m in report.mentions
        ],
        "waiting": list(report.waiting),
    }


# ---------------------------------------------------------------- the small files


def _documents(content: ReleaseContent) -> dict[str, bytes]:
    """Return every file of the release but images and reports, by path."""
    demographics = {name: suppress(table, content.smallest_cell) for name, table in content.demographics.items()}
    coverage = {name: suppress(table, content.smallest_cell) for name, table in content.coverage.items()}
    licence = licences.load()[content.licence]
    charts = release_charts(label_counts(content), demographics, coverage)
    card = data_card(content, demographics, coverage, licence, charts)
    files = {
        "README.md": (card_metadata(content, licence) + card).encode(),
        "index.html": card_page(f"{content.title} {content.version}", card).encode(),
        "CITATION.cff": citation_cff(content, licence),
        "datacite.json": datacite(content, licence),
        "DATASHEET.md": datasheet(content, licence).encode(),
        "CONSORTIUM.md": consortium(content, licence).encode(),
        "CHANGELOG.md": changelog(content).encode(),
        "LICENSE": licence.fill(content.title, content.version).encode(),
        "provenance.json": json_bytes(provenance(content)),
        "statistics/demographics.json": json_bytes(_statistics(demographics)),
        "statistics/coverage.json": json_bytes(_statistics(coverage)),
        "statistics/k_anonymity.json": json_bytes(k_anonymity(content.studies, content.smallest_cell)),
        "governance/states.json": json_bytes(content.governance),
        "tombstones.json": json_bytes(
            [{"patient": patient, "site": site, "state": "withdrawn"} for patient, site in sorted(content.tombstones)]
        ),
        "governance/documents.json": json_bytes([asdict(d) for d in content.documents]),
        "boxes/instances.json": json_bytes(
            coco_instances(content.title, content.version, (f.row for f in content.images), content.boxes), compact=True
        ),
    }
    for name, audit in (("label_audit", content.label_audit), ("phi_audit", content.phi_audit)):
        files[f"statistics/{name}.json"] = json_bytes(audit if audit is not None else {"state": "not done yet"})
    files.update({f"charts/{chart.name}.svg": (chart.svg + "\n").encode() for chart in charts})
    files.update(_tables(content))
    files.update(_chexpert(content))
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    files["croissant.json"] = json_bytes(croissant(content, licence, sums))
    return files


def _tables(content: ReleaseContent) -> dict[str, bytes]:
    rows: Mapping[str, Any] = {
        "studies": content.studies,
        "images": [f.row for f in content.images],
        "reports": content.reports,
        "labels": content.labels,
        "boxes": content.boxes,
        "quality": content.quality,
        "readings": content.readings,
        "splits": content.splits,
    }
    return {f"tables/{name}.parquet": table_bytes(table, rows[name]) for name, table in TABLES.items()}


def _chexpert(content: ReleaseContent) -> dict[str, bytes]:
    split = {row.patient: row.split for row in content.splits if row.set == DEFAULT_SET}
    labels: Mapping[str, LabelRow] = {row.image: row for row in content.labels}
    studies = {row.study: row for row in content.studies}
    return {
        f"chexpert/{name}.csv": chexpert_csv(
            (f.row, labels[f.row.image], studies[f.row.study]) for f in content.images if split[f.row.patient] == name
        )
        for name in SPLITS
    }


def _statistics(tables: Mapping[str, Suppressed]) -> dict[str, Any]:
    """Return suppressed tables as JSON; null is a withheld cell."""
    return {name: {"smallest_cell": t.smallest_cell, "studies": t.cells} for name, t in tables.items()}


def provenance(content: ReleaseContent) -> dict[str, Any]:
    """Return how the release came about; nothing of when or where, so that the same content gives the same bytes."""
    return {
        "name": content.name,
        "version": content.version,
        "draft": content.draft,
        "licence": content.licence,
        **asdict(content.provenance),
        "thresholds": dict(content.thresholds),
        "criteria": [asdict(state) for state in content.criteria],
        "release_class": content.release_class,
        "key_rule": content.key_rule,
        "waivers": [asdict(w) for w in content.waivers],
        "turned_away": dict(content.turned_away),
        "waiting": sorted(row.study for row in content.studies if row.waiting),
    }
