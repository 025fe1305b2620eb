"""A consortium of made-up hospitals written to disk: raw exports as hospitals would hand them over, and the truth.

`truth.json`, stable:

- `seed`; `hospitals`: `id`, `name`, `country`, `language`, `vendor`
- `studies`: `hospital`, `patient` (`id`, `issuer`, `name`, `birth_date`, `sex`), `study_uid`, `accession`,
  `study_date` (YYYYMMDD), `year`, `expect` (`accept`, or one of
  `plan.LATER_FLAWS` and `plan.QUALITY`, or `duplicate`), `duplicate_of` (a study_uid), `indication` (one of
  `synthetic_wording.INDICATIONS`), `findings` (`kind`, `side`, `amount`),
  - `images`: `path` relative to the consortium's folder (inside a zip: `…/lot1.zip/name`), `sop_uid`, `kind` (primary,
    other, or one of `plan.LATER_EXTRAS`), `view`, `rows`, `columns`, `bits_stored`, `photometric_interpretation`,
    `transfer_syntax`, `burned_in` (`text`, `box` [x, y, w, h] in stored pixels, `identifier`), `expect` (`accept` or
    `turned-away`), `reason`, `boxes` of heart, lungs and findings [x, y, w, h] in stored pixels, `masks` of the same
    as COCO run lengths (`size`, `counts`) on a grid whose squares are `mask_scale` stored pixels wide
  - `reports`: `path`, `format`, `language`, `status`, `expect` (`accept`, `superseded` or `turned-away`),
    `indication`, `findings` and `impression` (as written, identifiers still in), `labels`, `identifiers` (`category`,
    `text`)
- `other_files`: `path`, `expect` (`turned-away`, or `tolerated` for a DICOMDIR), `reason`
- `planted`: every planted name, number, place and UID; `planted_dates`: for each study every rendering of its dates.
  Dates stand apart because a shifted date of one patient may by chance be a true date of another.
"""

from __future__ import annotations

import json
import multiprocessing
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from cxrforge.errors import UsageError
from cxrforge.synthetic import documents, plan, texts
from cxrforge.synthetic.documents import Document
from cxrforge.synthetic.examination import Written, examined
from cxrforge.synthetic.exports import dicomdir, stray_files
from cxrforge.synthetic.plan import Study
from cxrforge.synthetic.planted import date_strings, planted_strings
from cxrforge.tables import synthetic_people

ZIP_TIME = (2020, 1, 1, 0, 0, 0)
FULL = (2500, 2048)
"""Rows and columns of radiographs that reach what the dataset asks for."""


def reduced(pixels: int) -> tuple[int, int]:
    """Return rows and columns of a cheap consortium whose radiographs are `pixels` wide."""
    return round(pixels * FULL[0] / FULL[1]), pixels


def thresholds(matrix: tuple[int, int]) -> dict[str, dict[str, int]]:
    """Return the `[criteria]` of a workspace that takes a consortium of this matrix as full-sized."""
    return {} if min(matrix) >= FULL[1] else {"matrix": {"pixels": min(matrix)}}


def generate(
    directory: Path,
    *,
    studies: int = 24,
    seed: int = 1,
    hospitals: int = 3,
    matrix: tuple[int, int] = FULL,
    workers: int = 2,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Write a consortium under `directory` and return the path of its `truth.json`.

    The same arguments give the same bytes, whatever `workers` is. `progress` is called with the number of studies
    that are done. `matrix` is (rows, columns) of the radiographs; with a smaller one than `FULL` studies cost a
    fraction, and a workspace needs the `thresholds` that go with it.
    """
    known = len(synthetic_people.load().hospitals)
    if not 1 <= hospitals <= known:
        raise UsageError("no such number of hospitals", expected=f"1 to {known}", found=str(hospitals))
    if studies < 1 or min(matrix) < 256:
        raise UsageError("too few studies or too small a matrix", expected="1 study, 256 rows and columns or more")
    planned = plan.consortium(studies, seed, hospitals, matrix)
    writer = _Writer(directory)
    rows = []
    for done, (study, images) in enumerate(_rendered(planned, workers), 1):
        for image in images:
            writer.add(study.hospital.id, image.path, image.data)
        rows.append(_study_row(study, [_placed(study, image) for image in images]))
        if progress:
            progress(done)
    by_study = {row["study_uid"]: row for row in rows}
    for path, row, data in _reports(planned):
        writer.add_path(path, data)
        for study_uid in row.pop("studies"):
            by_study[study_uid]["reports"].append(row)
    others = list(_others(planned, writer))
    writer.close()
    truth = {
        "seed": seed,
        "hospitals": [
            {"id": h.id, "name": h.name, "country": h.country, "language": h.language, "vendor": h.vendor}
            for h in synthetic_people.load().hospitals[:hospitals]
        ],
        "studies": rows,
        "other_files": others,
        "planted": planted_strings(planned),
        "planted_dates": [{"study_uid": s.study_uid, "strings": date_strings(s)} for s in planned],
    }
    target = directory / "truth.json"
    target.write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    return target


def _rendered(planned: tuple[Study, ...], workers: int) -> Iterator[tuple[Study, list[Written]]]:
    """Yield each study with its images, in the order of the plan."""
    if workers < 2:
        yield from ((study, examined(study)) for study in planned)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from zip(planned, pool.map(examined, planned), strict=True)


class _Writer:
    """Puts files into folders and zips; a zip keeps the order and has no clock in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._zips: dict[Path, zipfile.ZipFile] = {}

    def add(self, hospital: str, path: str, data: bytes) -> None:
        self.add_path(f"{hospital}/{path}", data)

    def add_path(self, path: str, data: bytes) -> None:
        head, zipped, inner = path.partition(".zip/")
        target = self.directory / (head + ".zip" if zipped else path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not zipped:
            target.write_bytes(data)
            return
        if target not in self._zips:
            self._zips[target] = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED)
        self._zips[target].writestr(zipfile.ZipInfo(inner, ZIP_TIME), data)

    def close(self) -> None:
        for archive in self._zips.values():
            archive.close()


def _placed(study: Study, image: Written) -> dict[str, Any]:
    return {**image.truth, "path": f"{study.hospital.id}/{image.path}"}


def _study_row(study: Study, images: list[dict[str, Any]]) -> dict[str, Any]:
    person = study.person
    return {
        "hospital": study.hospital.id,
        "patient": {
            "id": person.id,
            "issuer": person.issuer,
            "name": person.pn,
            "birth_date": f"{person.born:%Y%m%d}",
            "sex": person.sex,
        },
        "study_uid": study.study_uid,
        "accession": study.accession,
        "study_date": f"{study.day:%Y%m%d}",
        "year": study.day.year,
        "age": study.age,
        "duplicate_of": study.copy_of.study_uid if study.copy_of else "",
        "expect": study.expect,
        "indication": study.indication,
        "findings": [{"kind": f.kind, "side": f.side, "amount": round(f.amount, 3)} for f in study.findings],
        "images": images,
        "reports": [],
    }


def _documents(planned: Iterable[Study]) -> Iterator[Document]:
    """Yield every report document; the twin of an ambiguous pair has none of its own."""
    for study in planned:
        if study.expect == "no-report" or study.index >= 10**6:
            continue
        keyed = study.expect != "ambiguous-report"
        if study.extra == "preliminary":
            yield Document(study, texts.report(study, "preliminary"), "preliminary")
        addendum = study.extra == "addendum"
        yield Document(study, texts.report(study, "addendum" if addendum else "final", keyed), "final", keyed)


def _reports(planned: tuple[Study, ...]) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    """Yield (path, truth, bytes) for each report; rows of one CSV share its bytes."""
    twins = {(s.person.id, s.day): s.study_uid for s in planned if s.index >= 10**6}
    found = list(_documents(planned))
    tables = {
        hospital: documents.csv_bytes(list(group))
        for hospital, group in groupby(
            sorted((d for d in found if d.study.report_format == "csv"), key=lambda d: d.study.hospital.id),
            key=lambda d: d.study.hospital.id,
        )
    }
    for document in found:
        study = document.study
        is_csv = study.report_format == "csv"
        data = tables[study.hospital.id] if is_csv else documents.encoded(document)
        name = "ris_export.csv" if is_csv else documents.file_name(document)
        path = f"{study.hospital.id}/{'RIS' if study.hospital.language == 'de' else 'reports'}/{name}"
        both = [study.study_uid] if document.keyed else [study.study_uid, twins[study.person.id, study.day]]
        yield path, {"path": path, "studies": both, **_report_row(document)}, data


def _report_row(document: Document) -> dict[str, Any]:
    study, text = document.study, document.text
    expect = "superseded" if document.status == "preliminary" else "accept"
    if not document.keyed:
        expect = "turned-away"
    return {
        "format": study.report_format,
        "language": study.hospital.language,
        "status": document.status,
        "expect": expect,
        "reason": "" if expect == "accept" else "ambiguous-report" if not document.keyed else "preliminary",
        "findings": text.findings,
        "impression": text.impression,
        "indication": text.indication,
        "labels": text.labels,
        "identifiers": [{"category": category, "text": value} for category, value in text.identifiers],
    }


def _others(planned: tuple[Study, ...], writer: _Writer) -> Iterator[dict[str, str]]:
    """Write what else lies about in an export: a DICOMDIR, an orphan report, empty and non-medical files."""
    for hospital in dict.fromkeys(s.hospital.id for s in planned):
        own = [s for s in planned if s.hospital.id == hospital]
        listed = [(s, i) for s in own for i in s.images if i.path.startswith("DICOM/")]
        if listed:
            writer.add(hospital, "DICOMDIR", dicomdir(listed))
            yield {"path": f"{hospital}/DICOMDIR", "expect": "tolerated", "reason": "dicomdir"}
        for path, data, reason in stray_files(own[0].hospital):
            writer.add(hospital, path, data)
            yield {"path": f"{hospital}/{path}", "expect": "turned-away", "reason": reason}
    first = planned[0]
    orphan = replace(plan.orphan(first), report_format="json")
    document = Document(orphan, texts.report(orphan))
    path = f"{first.hospital.id}/reports/{documents.file_name(document)}"
    writer.add_path(path, documents.encoded(document))
    yield {"path": path, "expect": "turned-away", "reason": "report-without-study"}
