"""An answer key for de-identified headers, and the scorer that holds outputs against it.

The ten kinds of action, and the ways of planting, are those of the Medical Image De-Identification Benchmark
(MIDI-B, MICCAI 2024; Rutherford et al. 2025, doi:10.1038/s41597-021-00967-y for the data set it grew from): text
that must go and clinical words beside it that must stay, in descriptions, comments, sequences and private elements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

ACTIONS = (
    "tag_retained",
    "text_notnull",
    "text_retained",
    "text_removed",
    "date_shifted",
    "uid_changed",
    "uid_consistent",
    "patid_consistent",
    "pixels_hidden",
    "pixels_retained",
)
WHOLLY = ("text_removed", "uid_consistent", "patid_consistent")
"""Actions of which every single one must be right."""
FLOOR = 0.9995
"""Share of all actions that must be right."""

Path = tuple[int | str, ...]
"""Keywords or tags with item numbers between them: `("RequestAttributesSequence", 0, "AccessionNumber")`."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One row of the key: what must have become of the element at `path`; `value` is what stood or must stand there.

    For pixels, `path` is `(x, y, width, height)` of a box.
    """

    action: str
    path: Path
    value: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One object: as it was, as it became (None: turned away), and what was expected of it."""

    name: str
    before: Dataset
    after: Dataset | None
    expected: Sequence[Expected]


@dataclass(slots=True)
class Tally:
    """How many actions of each kind were asked for and right, and where the first wrong ones were."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, action: str, good: bool, place: str) -> None:
        """Count one action."""
        self.asked[action] += 1
        self.right[action] += good
        if not good:
            self.wrong.append(f"{action} {place}")

    def add(self, more: Tally) -> None:
        """Count another tally in."""
        self.asked.update(more.asked)
        self.right.update(more.right)
        self.wrong.extend(more.wrong)

    @property
    def share(self) -> float:
        """Return the share of all actions that were right."""
        return self.right.total() / self.asked.total() if self.asked else 0.0

    @property
    def met(self) -> bool:
        """Say whether the floors are reached."""
        return self.share >= FLOOR and all(self.asked[a] == self.right[a] for a in WHOLLY)


def score(answers: Iterable[Answer]) -> Tally:
    """Hold every output against its key; an object turned away has every action wrong."""
    tally = Tally()
    uids: dict[str, set[str]] = {}
    patients: dict[str, set[str]] = {}
    shifts: dict[str, set[int]] = {}
    for answer in answers:
        for row in answer.expected:
            place = f"{answer.name} {'.'.join(map(str, row.path))}"
            if answer.after is None:
                tally.note(row.action, False, place)
            elif row.action == "uid_consistent":
                uids.setdefault(row.value, set()).add(_text(answer.after, row.path))
            elif row.action == "patid_consistent":
                patients.setdefault(row.value, set()).add(_text(answer.after, row.path))
            elif row.action == "date_shifted":
                shift = _shift(row.value, _text(answer.after, row.path))
                shifts.setdefault(_text(answer.after, ("PatientID",)), set()).add(shift)
                tally.note(row.action, shift != 0, place)
            else:
                tally.note(row.action, _right(row, answer.before, answer.after), place)
    _consistent(tally, "uid_consistent", uids)
    _consistent(tally, "patid_consistent", patients)
    for moved in shifts.values():
        tally.note("date_shifted", len(moved) == 1, "one shift for all dates of a patient")
    return tally


def _consistent(tally: Tally, action: str, found: Mapping[str, set[str]]) -> None:
    """Every original has one new value wherever it stands, and no two originals share one."""
    users = Counter(value for values in found.values() for value in values)
    for original, values in found.items():
        one = len(values) == 1 and "" not in values and original not in values
        tally.note(action, one and all(users[v] == 1 for v in values), "across files")


def _right(row: Expected, before: Dataset, after: Dataset) -> bool:
    if row.action in ("pixels_hidden", "pixels_retained"):
        return _pixels(row, before, after)
    text = _text(after, row.path)
    if row.action == "tag_retained":
        return _holder(after, row.path) is not None
    if row.action == "text_notnull":
        return bool(text)
    if row.action == "text_retained":
        return row.value in text
    if row.action == "text_removed":
        return row.value.casefold() not in text.casefold()
    if row.action == "uid_changed":
        return bool(text) and text != row.value
    raise ValueError(f"no such action: {row.action}")


def _holder(ds: Dataset, path: Path) -> Dataset | None:
    """Return the data set that holds the last step of `path`, or None where it is not there."""
    *steps, last = path
    for keyword, number in zip(steps[::2], steps[1::2], strict=True):
        items = ds[keyword].value if keyword in ds else ()
        if not isinstance(number, int) or number >= len(items):
            return None
        ds = items[number]
    return ds if last in ds else None


def _text(ds: Dataset, path: Path) -> str:
    """Return an element's values joined, or nothing where it is not there."""
    holder = _holder(ds, path)
    if holder is None:
        return ""
    value = holder[path[-1]].value
    if value is None:
        return ""
    if isinstance(value, MultiValue | list):
        return "\\".join(map(str, value))
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _shift(before: str, after: str) -> int:
    """Return by how many days a date was moved; 0 where it was not, or is no date any more."""
    days = []
    for text in (before, after):
        if len(text) < 8 or not text[:8].isdigit():
            return 0
        days.append(date(int(text[:4]), int(text[4:6]), int(text[6:8])))
    return (days[1] - days[0]).days


def _pixels(row: Expected, before: Dataset, after: Dataset) -> bool:
    if row.action == "pixels_retained" and before.PixelData == after.PixelData:
        return True
    x, y, w, h = (int(n) for n in row.path)
    one, other = (ds.pixel_array[y : y + h, x : x + w] for ds in (before, after))
    if one.shape != other.shape:
        return False
    if row.action == "pixels_retained":
        return bool((one == other).all())
    ink = one == one.max()  # letters are the brightest there
    return not (ink & (one == other)).any()
