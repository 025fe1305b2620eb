"""A look at an export before any approval: headers alone, counts alone, nothing written, nothing kept.

Studies are told apart in memory by a hash under a salt that is thrown away; only aggregates come out, small cells
withheld. Pixels are not read, so what needs them (view seen on the image, grey values really used, burned-in text,
quality) is not answered.
"""

from __future__ import annotations

import hashlib
import secrets
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.config import disable_value_validation

from cxrforge.dicom.identifiers import known_from_dataset
from cxrforge.dicom.reading import looks_like_dicom, read_object
from cxrforge.formats.statistics import Suppressed, suppress
from cxrforge.formats.words import count, number, percent
from cxrforge.identity.match import find_known
from cxrforge.imaging.attributes import text
from cxrforge.imaging.facts import image_facts
from cxrforge.imaging.screening import ScreeningThresholds, screen
from cxrforge.ingest.archives import BrokenMemberError
from cxrforge.ingest.images import is_dicomdir, is_image
from cxrforge.ingest.limits import Limits
from cxrforge.ingest.scan import FoundFile, find_files, open_source
from cxrforge.records import ImageFacts, Issue, Level
from cxrforge.tables import criteria, issue_codes

SMALLEST_CELL = 10
_ADULT = 18
_UNKNOWN = "unknown"
_NOT_MEASURED = "Not told by headers: grey values really used, view on the image, burned-in text, reports, quality."


@dataclass(slots=True)
class _Study:
    """What the headers of one study add up to."""

    device: str = ""
    year: str = _UNKNOWN
    vendor: str = ""
    age: int | None = None
    fit_pa: bool = False
    fit_lateral: bool = False
    doubtful: bool = False  # an image that could be the PA waits for a person
    codes: set[str] = field(default_factory=set)

    @property
    def state(self) -> str:
        """Return eligible, to review or not eligible."""
        return "eligible" if self.fit_pa else "to review" if self.doubtful else "not eligible"


@dataclass(frozen=True, slots=True)
class Outlook:
    """One criterion as the headers let it be foreseen; numbers under the smallest cell are not told."""

    criterion: str
    title: str
    would_be_met: bool
    explanation: str


@dataclass(frozen=True, slots=True)
class Survey:
    """Aggregates of an export. `years` counts studies by device and year, `states` by device and eligibility."""

    files: int
    radiographs: int
    studies: int | None
    states: Suppressed
    years: Suppressed
    turned_away: Mapping[str, int | None]  # issue code -> radiographs
    outlook: tuple[Outlook, ...]
    not_answered: str = _NOT_MEASURED

    def to_json(self) -> dict[str, Any]:
        """Return plain values; null is a count that is withheld."""
        return {
            "files": self.files,
            "radiographs": self.radiographs,
            "studies": self.studies,
            "smallest_cell": self.states.smallest_cell,
            "eligibility": self.states.cells,
            "years": self.years.cells,
            "turned_away": dict(self.turned_away),
            "criteria": [
                {"id": o.criterion, "would_be_met": o.would_be_met, "explanation": o.explanation} for o in self.outlook
            ],
            "not_answered": self.not_answered,
        }


def survey(
    root: Path,
    thresholds: Mapping[str, float],
    *,
    smallest_cell: int = SMALLEST_CELL,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Survey:
    """Return what an export or archive folder would give, by its headers; `progress` gets (files done, files found)."""
    found = list(find_files(root))
    wanted = ScreeningThresholds(
        int(thresholds["matrix.pixels"]), int(thresholds["matrix.pixels"]), int(thresholds["depth.bits"])
    )
    salt = secrets.token_bytes(32)
    studies: dict[bytes, _Study] = {}
    names: Counter[str] = Counter()
    radiographs = 0
    for done, file in enumerate(found, 1):
        for key, facts in _headers(file, salt, names):
            radiographs += 1
            _add(studies.setdefault(key, _Study()), facts, screen(facts, wanted))
        progress(done, len(found))
    return _aggregated(len(found), radiographs, list(studies.values()), names, thresholds, smallest_cell)


def _headers(file: FoundFile, salt: bytes, names: Counter[str]) -> Iterator[tuple[bytes, ImageFacts]]:
    """Yield the study's salted hash and the facts of a file that is an image; nothing for any other file.

    `names` counts the models that hold something the header itself knows of people and places: they are not shown.
    """
    if file.issue:
        return
    try:
        source = open_source(file.locator, Limits())
        if isinstance(source, Path):
            with source.open("rb") as stream:
                head = stream.read(132)
        else:
            head = source[:132]
        if not looks_like_dicom(head):
            return
        with warnings.catch_warnings(), disable_value_validation():
            warnings.simplefilter("ignore")  # their texts quote the values
            ds = read_object(source)
            if isinstance(ds, Issue) or is_dicomdir(ds) or not is_image(ds):
                return
            facts = image_facts(ds)
            uid = text(ds, "StudyInstanceUID") or text(ds, "SOPInstanceUID")
            if facts.model and names[facts.model] >= 0 and find_known(facts.model, known_from_dataset(ds)):
                names[facts.model] = -1
    except (OSError, BrokenMemberError):
        return
    yield hashlib.sha256(salt + uid.encode("utf-8", "surrogatepass")).digest(), facts


def _add(study: _Study, facts: ImageFacts, issues: tuple[Issue, ...]) -> None:
    """Take one image's facts into its study; the device is that of the first image that names one."""
    table = issue_codes.load()
    levels = {table[issue.code].level for issue in issues}
    study.codes.update(i.code for i in issues if table[i.code].level is Level.TURNED_AWAY)
    study.vendor = study.vendor or facts.manufacturer or ""
    if not study.device and (facts.manufacturer or facts.model):
        study.device = f"{facts.manufacturer or _UNKNOWN}|{facts.model or _UNKNOWN}"
    if study.year == _UNKNOWN and facts.year:
        study.year = str(facts.year)
    study.age = study.age if study.age is not None else facts.age_years
    if Level.TURNED_AWAY in levels:
        return
    if facts.view == "LATERAL":
        study.fit_lateral = True
    elif Level.REVIEW in levels:
        study.doubtful = True
    elif facts.view == "PA":
        study.fit_pa = True


def _aggregated(
    files: int,
    radiographs: int,
    studies: list[_Study],
    names: Mapping[str, int],
    thresholds: Mapping[str, float],
    smallest_cell: int,
) -> Survey:
    sizes = Counter(_device(s, names) for s in studies)
    by_state: dict[str, Counter[str]] = {}
    by_year: dict[str, Counter[str]] = {}
    codes: Counter[str] = Counter()
    for study in studies:
        device = _device(study, names)
        shown = device if sizes[device] >= smallest_cell else f"devices with fewer than {smallest_cell} studies"
        by_state.setdefault(shown, Counter())[study.state] += 1
        by_year.setdefault(shown, Counter())[study.year] += 1
        codes.update(study.codes if study.state == "not eligible" else ())
    return Survey(
        files=files,
        radiographs=radiographs,
        studies=_told(len(studies), smallest_cell),
        states=suppress(by_state, smallest_cell),
        years=suppress(by_year, smallest_cell),
        turned_away={
            code: None if 0 < len(studies) - n < smallest_cell else _told(n, smallest_cell)
            for code, n in sorted(codes.items(), key=lambda row: (-row[1], row))
        },
        outlook=tuple(_outlook([s for s in studies if s.fit_pa], thresholds, smallest_cell)),
    )


def _device(study: _Study, names: Mapping[str, int]) -> str:
    if not study.device:
        return f"{_UNKNOWN} device"
    vendor, _, model = study.device.partition("|")
    return f"{vendor} {_UNKNOWN if names.get(model, 0) < 0 else model}"


def _told(n: int, smallest_cell: int) -> int | None:
    return n if n == 0 or n >= smallest_cell else None


def _outlook(eligible: list[_Study], thresholds: Mapping[str, float], smallest_cell: int) -> Iterator[Outlook]:
    """Yield what can be foreseen of each criterion that headers answer, over the eligible studies."""
    of = len(eligible)

    def words(n: int) -> str:
        return number(n) if _told(n, smallest_cell) is not None else f"fewer than {smallest_cell}"

    def row(name: str, met: bool, explanation: str) -> Outlook:
        return Outlook(name, criteria.load()[name].title, met and of > 0, explanation)

    volume = thresholds["volume.studies"]
    yield row("volume", of >= volume, f"{words(of)} eligible studies towards {number(volume)}.")
    laterals, share = sum(s.fit_lateral for s in eligible), thresholds["view-lateral.share"]
    yield row(
        "view-lateral", laterals >= share * of, f"{words(laterals)} have a lateral radiograph; {percent(share)} wanted."
    )
    years = _common((s.year for s in eligible if s.year != _UNKNOWN), smallest_cell)
    wanted = thresholds["years.years"]
    yield row("years", len(years) >= wanted, f"{_list(years, 'calendar year')}; {number(wanted)} wanted.")
    vendors = _common((s.vendor for s in eligible if s.vendor), smallest_cell)
    wanted = thresholds["vendors.vendors"]
    yield row(
        "vendors", len(vendors) >= wanted, f"{_list(vendors, 'manufacturer')}; {number(wanted)} wanted of all sites."
    )
    young = sum(s.age is None or s.age < _ADULT for s in eligible)
    allowed = thresholds["paediatric.share"]
    told = f"{words(young)} are of persons under {_ADULT} or of unknown age; {percent(allowed)} allowed."
    yield row("paediatric", young <= allowed * of, told)


def _common(values: Iterable[str], smallest_cell: int) -> list[str]:
    """Return the values that at least the smallest cell of studies have."""
    return sorted(value for value, n in Counter(values).items() if n >= smallest_cell)


def _list(values: list[str], noun: str) -> str:
    many = count(len(values), noun, f"{noun}s")
    return f"{many} ({', '.join(values)})" if values else f"No {noun} has enough studies to be told"
