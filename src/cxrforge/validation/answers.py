"""De-identify planted objects and hold what comes out against their answer key."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from cxrforge.dicom.deidentify import Redactor, deidentify_object
from cxrforge.dicom.header import CLEAN_PIXEL_DATA, make_policy
from cxrforge.dicom.reading import read_object
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import Issue
from cxrforge.validation.answer_key import Answer, Tally, score
from cxrforge.validation.midi import OPTIONS, Planted, plant

KEY = bytes(range(32))
"""Everything here is made up, and two runs must agree."""


def answered(planted: Iterable[Planted], redactor: Redactor | None = None) -> Tally:
    """Return the score of this installation on `planted`; with a redactor, pixels are cleaned as well."""
    options = (*OPTIONS, CLEAN_PIXEL_DATA) if redactor else OPTIONS
    policy, pseudonyms = make_policy(options, "validation"), Pseudonymizer(KEY)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output = Path(folder) / "out.dcm"

        def answers() -> Iterator[Answer]:
            for one in planted:
                result = deidentify_object(
                    file_bytes(one.dataset), output, policy=policy, pseudonyms=pseudonyms, redactor=redactor
                )
                after = pydicom.dcmread(BytesIO(output.read_bytes())) if result.written else None
                yield Answer(one.name, one.dataset, after, one.expected)

        return score(answers())


def file_bytes(ds: Dataset) -> bytes:
    """Return `ds` as a file."""
    buffer = BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def real(folder: Path) -> Iterator[Planted]:
    """Yield the images under `folder` with an identity and identifiers planted over what they had."""
    for number, file in enumerate(sorted(p for p in folder.rglob("*") if p.is_file()), 1):
        ds = read_object(file, defer_pixels=False)
        if isinstance(ds, Issue) or "StudyInstanceUID" not in ds or "PixelData" not in ds:
            continue
        _dress(ds, number)
        expected = tuple(plant(ds, number))
        try:
            file_bytes(ds)
        except (ValueError, TypeError, AttributeError, OverflowError, KeyError):
            continue  # a value that pydicom reads but does not write: nothing can be planted beside it
        yield Planted(f"real-{number:04d}", ds, expected)


def _dress(ds: Dataset, number: int) -> None:
    """Give an object an identity that is known and nobody's."""
    family = ["Zorbinian", "Quasselkamp", "Vandersnoot", "Ellerquist", "Brimwhistle"][number % 5]
    given = ["Ottoline", "Fridolf", "Xaveria", "Leontyne"][number % 4]
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = f"{family}^{given}", f"MQ{700100 + number}", "QH"
    ds.AccessionNumber, ds.ReferringPhysicianName = f"ACQ{810200 + number}", "Wimpelstein^Ada"
    ds.StudyDate = ds.SeriesDate = f"2016{number % 12 + 1:02d}17"
    if not ds.get("RequestAttributesSequence"):
        ds.RequestAttributesSequence = [Dataset()]
