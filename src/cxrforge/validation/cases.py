"""The cases of a validation: each does to made-up data what the tool does to a hospital's, and says what went wrong."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

from cxrforge.dicom.deidentify import DeidentifiedObject, Redactor, deidentify_object
from cxrforge.dicom.header import (
    CLEAN_PIXEL_DATA,
    DEFAULT_OPTIONS,
    FULL_DATES,
    MODIFIED_DATES,
    OPTION_CODES,
    make_policy,
)
from cxrforge.errors import ConfigError
from cxrforge.pixels.redaction import make_redactor
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import KnownIdentifiers
from cxrforge.reports.deidentify import deidentify_report
from cxrforge.validation.answers import KEY, answered
from cxrforge.validation.burned_in import pixel_cases
from cxrforge.validation.expectations import NUMBER, PLANTED, shortcoming
from cxrforge.validation.midi import burned, generate
from cxrforge.validation.odd_places import ODD, SECRETS, STOPPED, identity
from cxrforge.validation.planting import base, file_bytes, nested_twice

ANSWER_KEY_FILES = 200
_SITE = "validation"


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and how to answer it: `work` gets an empty folder and returns checks made and what was wrong."""

    group: str
    title: str
    work: Callable[[Path], tuple[int, list[str]]]


def cases() -> Iterator[Case]:
    """Yield every case, in the order of the report."""
    combinations = [(), *((o,) for o in OPTION_CODES if o != CLEAN_PIXEL_DATA), DEFAULT_OPTIONS]
    for options in combinations:
        told = ", ".join(options) or "Basic Profile alone"
        yield Case("Table E.1-1, every attribute at the top", told, lambda f, o=options: _rows(f, o, False))  # type: ignore[misc]
        yield Case("Table E.1-1, every attribute two sequences deep", told, lambda f, o=options: _rows(f, o, True))  # type: ignore[misc]
    for place in ODD:
        yield Case("Odd places", place, lambda f, p=place: _odd(f, p))  # type: ignore[misc]
    yield Case("Second look", "an identifier where no rule removes it stops the file", _second_look)
    yield Case("Pixel data", "native values pass bit for bit", lambda f: _pixels(f, False))
    yield Case("Pixel data", "a compressed stream passes bit for bit", lambda f: _pixels(f, True))
    yield Case("Burned-in text", "a name on the image is painted over, the rest stays", _burned_in)
    for title, work in pixel_cases().items():
        yield Case("Burned-in text", title, work)
    yield Case("Refusals", "our own output, a second time", _twice)
    yield Case("Refusals", "full and modified dates together", _contradiction)
    yield Case("Reports", "names, dates and numbers of the header go, findings stay", _report)
    yield Case("Answer key (MIDI-B)", f"{ANSWER_KEY_FILES} planted objects", _answer_key)


def _run(
    source: Dataset | bytes, folder: Path, options: tuple[str, ...] = DEFAULT_OPTIONS, redactor: Redactor | None = None
) -> tuple[DeidentifiedObject, Dataset, bytes]:
    data = source if isinstance(source, bytes) else file_bytes(source)
    output = folder / "out.dcm"
    output.unlink(missing_ok=True)
    policy = make_policy(options, _SITE)
    result = deidentify_object(data, output, policy=policy, pseudonyms=Pseudonymizer(KEY), redactor=redactor)
    if not result.written:
        return result, Dataset(), b""
    made = output.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return result, pydicom.dcmread(io.BytesIO(made)), made


def _rows(folder: Path, options: tuple[str, ...], nested: bool) -> tuple[int, list[str]]:
    ds, inner = base(), Dataset()
    holder = inner if nested else ds
    for element in PLANTED.values():
        holder[element.tag] = element
    if nested:
        nested_twice(ds, inner)
    result, out, data = _run(ds, folder, options)
    if not result.written:
        return len(NUMBER), ["nothing was written"]
    if nested:
        out = out.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]
    pseudonyms = Pseudonymizer(KEY)
    found = (shortcoming(tag, options, out, data, pseudonyms, result.patient) for tag in NUMBER)
    return len(NUMBER), [wrong for wrong in found if wrong]


def _odd(folder: Path, place: str) -> tuple[int, list[str]]:
    ds = identity()
    ODD[place](ds)
    result, _, data = _run(ds, folder)
    if not result.written:
        return 1, [] if place in STOPPED else ["nothing was written"]
    return 1, ["a planted identifier came out"] if any(secret in data for secret in SECRETS) else []


def _second_look(folder: Path) -> tuple[int, list[str]]:
    ds = identity()
    ODD["unsigned short"](ds)
    output = folder / "out.dcm"
    known = KnownIdentifiers(patient_names=("Wolkenstein^Adele",))
    policy, pseudonyms = make_policy(("retain-device-identity",), _SITE), Pseudonymizer(KEY)
    result = deidentify_object(file_bytes(ds), output, policy=policy, pseudonyms=pseudonyms, known=known)
    stopped = not result.written and [i.code for i in result.issues] == ["header-leak"]
    return 1, [] if stopped else ["the file was not stopped"]


def _pixels(folder: Path, compressed: bool) -> tuple[int, list[str]]:
    ds = base()
    if compressed:
        ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
        ds.PixelData = encapsulate([bytes(range(256))])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
    _, out, _ = _run(ds, folder)
    syntax = out.file_meta.TransferSyntaxUID if "PixelData" in out else None
    same = out.get("PixelData") == ds.PixelData and syntax == ds.file_meta.TransferSyntaxUID
    return 1, [] if same else ["the pixel data is not the same"]


def _burned_in(folder: Path) -> tuple[int, list[str]]:
    frame, _ = burned("WOLKENSTEIN ADELE")
    ds = identity()
    ds.Rows, ds.Columns = 600, 500
    ds.PixelData, ds.ImageType = frame.tobytes(), ["ORIGINAL", "PRIMARY"]
    result, out, _ = _run(ds, folder, redactor=make_redactor())
    if not result.written:
        return 2, ["nothing was written"]
    after = out.pixel_array
    wrong = [] if not (after[frame == 4095] == 4095).any() else ["the text is still there"]
    return 2, wrong + ([] if (after[120:] == frame[120:]).all() else ["pixels away from the text have changed"])


def _twice(folder: Path) -> tuple[int, list[str]]:
    _, _, data = _run(base(), folder)
    result, _, _ = _run(data, folder)
    refused = [i.code for i in result.issues] == ["dicom-already-deidentified"]
    return 1, [] if refused else ["it was not refused"]


def _contradiction(folder: Path) -> tuple[int, list[str]]:
    try:
        make_policy((FULL_DATES, MODIFIED_DATES))
    except ConfigError:
        return 1, []
    return 1, ["they were not refused"]


def _report(folder: Path) -> tuple[int, list[str]]:
    text = (
        "Patient: Adele Wolkenstein, MRN 83726154, examined on 14 March 2019.\n"
        "FINDINGS: Small right pleural effusion. No pneumothorax.\nIMPRESSION: Small right pleural effusion."
    )
    known = KnownIdentifiers(patient_names=("Wolkenstein^Adele",), ids=("83726154",), dates=("20190314",))
    made = deidentify_report(text, language="en", known=known).text
    left = [f"{what} is still there" for what in ("Wolkenstein", "83726154", "14 March 2019") if what in made]
    lost = [f"{what} is lost" for what in ("right pleural effusion", "No pneumothorax") if what not in made]
    return 5, left + lost


def _answer_key(folder: Path) -> tuple[int, list[str]]:
    tally = answered(generate(ANSWER_KEY_FILES))
    return tally.asked.total(), [] if tally.met else tally.wrong
