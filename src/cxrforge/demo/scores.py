"""Scores of a workspace on a synthetic consortium, computed from its output against the truth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import dcmread

from cxrforge.catalogue.release_queries import ReleaseStudy
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import OBSERVATIONS
from cxrforge.synthetic.plan import FOR_A_PERSON

_COVERED = 0.9  # share of a line's box that redaction has to cover
_VALUES = {"present": 1, "absent": 0, "uncertain": -1, None: None}
_TAG = re.compile(r"\[[A-Z]+\]")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Score:
    """One figure: so many of so many, and what was counted; `floor` is what the project asks of it."""

    name: str
    good: int
    total: int
    explanation: str
    floor: float

    @property
    def share(self) -> float:
        """Return the share that is good; 1 where there was nothing to get wrong."""
        return self.good / self.total if self.total else 1.0

    @property
    def met(self) -> bool:
        """Return whether the share reaches its floor."""
        return self.share >= self.floor


def score(
    truth: Mapping[str, Any],
    studies: Iterable[ReleaseStudy],
    pseudonyms: Pseudonymizer,
    folders: Iterable[Path],
) -> list[Score]:
    """Return every score; `folders` are searched for planted identifiers, all that may leave or be looked at."""
    by_id = {study.id: study for study in studies}
    expected = {pseudonyms.study(row["study_uid"]): row for row in truth["studies"]}
    both = {name: (expected[name], by_id[name]) for name in sorted(expected.keys() & by_id.keys())}
    return [
        _selection(expected, by_id),
        _leaks(truth, folders),
        *_burned_in(both, pseudonyms),
        _sections(both),
        *_labels(both),
    ]


def _selection(expected: Mapping[str, Mapping[str, Any]], got: Mapping[str, ReleaseStudy]) -> Score:
    def is_right(name: str, expect: str) -> bool:
        if expect in FOR_A_PERSON:
            return name not in got or got[name].state == "review"
        return (expect == "accept") == (name in got)

    right = sum(is_right(name, row["expect"]) for name, row in expected.items())
    text = "studies are in, out, or kept for a person as the truth says"
    return Score("studies in or out", right, len(expected), text, 1.0)


# ---------------------------------------------------------------- identifiers


def planted_in(data: bytes, needles: Iterable[bytes]) -> list[bytes]:
    """Return the needles (lower case) that occur in `data` in any case, as UTF-8 or UTF-16."""
    low = data.lower()
    thin = low.replace(b"\0", b"") if low.count(b"\0") > len(low) // 4 else b""
    return [needle for needle in needles if needle in low or (thin and needle in thin)]


def _leaks(truth: Mapping[str, Any], folders: Iterable[Path]) -> Score:
    needles = sorted({s.lower().encode() for s in truth["planted"] if len(s) > 3})
    hit: set[bytes] = set()
    for folder in folders:
        for path in sorted(p for p in (folder, *folder.rglob("*")) if p.is_file()):
            hit.update(planted_in(_searchable(path), needles))
    text = "planted names, numbers, places and UIDs are nowhere in release, store, catalogue and logs"
    return Score("identifiers gone", len(needles) - len(hit), len(needles), text, 1.0)


def _searchable(path: Path) -> bytes:
    """Return a file's bytes; of a DICOM file all but the value of its pixel data, whose text other scores look for."""
    data = path.read_bytes()
    if path.suffix != ".dcm":
        return data
    ds = dcmread(path, defer_size=1024)
    element = ds.get_item("PixelData")
    start = getattr(element, "value_tell", None) or data.rfind(b"\xe0\x7f\x10\x00")
    return data[:start] if start > 0 else data


# ---------------------------------------------------------------- pixels


def _burned_in(both: Mapping[str, tuple[Any, ReleaseStudy]], pseudonyms: Pseudonymizer) -> list[Score]:
    covered = identifying = kept = markers = 0
    for row, study in both.values():
        images = {image.id: image for image in study.images}
        for planted in row["images"]:
            image = images.get(pseudonyms.image(planted["sop_uid"]))
            if image is None:
                continue
            regions = image.outcomes["deidentify-image"]["regions"]
            boxes = [tuple(r["box"]) for r in regions if r["decision"] == "redact"]
            for line in planted["burned_in"]:
                share = _share_covered(tuple(line["box"]), boxes)
                if line["identifier"]:
                    identifying, covered = identifying + 1, covered + (share >= _COVERED)
                else:
                    markers, kept = markers + 1, kept + (share == 0)
    return [
        Score("burned-in lines redacted", covered, identifying, "identifying lines in the pixels are covered", 0.99),
        Score("markers kept", kept, markers, "side and position markers are untouched", 0.95),
    ]


def _share_covered(line: tuple[int, int, int, int], boxes: Iterable[tuple[int, ...]]) -> float:
    """Return the share of a line's box that lies in any of `boxes`, column by column and row by row."""
    x, y, w, h = line
    rows: set[tuple[int, int]] = set()
    for bx, by, bw, bh in boxes:
        across = range(max(x, bx), min(x + w, bx + bw))
        down = range(max(y, by), min(y + h, by + bh))
        rows.update((column, row) for column in across for row in down)
    return len(rows) / (w * h) if w and h else 1.0


# ---------------------------------------------------------------- reports and labels


def _sections(both: Mapping[str, tuple[Any, ReleaseStudy]]) -> Score:
    """Compare Findings and Impression word for word, but for the identifiers that had to go."""
    total = right = 0
    for row, study in both.values():
        reports = [r for r in row["reports"] if r["expect"] == "accept"]
        if len(reports) != 1:
            continue  # versions that were joined have no single text to compare with
        made = study.outcomes["deidentify-report"]
        for name in ("findings", "impression"):
            total += 1
            right += _words(_without(reports[0][name], reports[0]["identifiers"])) == _words(_TAG.sub(" ", made[name]))
    return Score("sections exact", right, total, "Findings and Impression hold every word but the identifiers", 0.99)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _without(text: str, identifiers: Iterable[Mapping[str, str]]) -> str:
    for identifier in sorted((row["text"] for row in identifiers), key=len, reverse=True):
        text = text.replace(identifier, " ")
    return text


def _labels(both: Mapping[str, tuple[Any, ReleaseStudy]]) -> list[Score]:
    same = cells = hits = found = wanted = 0
    for row, study in both.values():
        truth = [r["labels"] for r in row["reports"] if r["expect"] == "accept"]
        if len(truth) != 1:
            continue
        for name in OBSERVATIONS:
            right, got = truth[0][name], _VALUES[study.labels.get(name)]
            cells, same = cells + 1, same + (right == got)
            hits, found, wanted = hits + (right == got == 1), found + (got == 1), wanted + (right == 1)
    return [
        Score("labels", same, cells, "label cells agree with the truth (positive, negative, uncertain, blank)", 0.95),
        Score("positive labels, F1", 2 * hits, found + wanted, "micro-averaged over the fourteen observations", 0.9),
    ]
