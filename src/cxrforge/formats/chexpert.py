"""CheXpert's own CSV files (Irvin et al. 2019): the one place where a label becomes 1.0, 0.0, -1.0 or blank."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from cxrforge.formats.release_tables import ImageRow, LabelRow, StudyRow, image_path
from cxrforge.records import OBSERVATIONS, Assertion

COLUMNS: tuple[str, ...] = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *OBSERVATIONS)
SPLITS: tuple[str, ...] = ("train", "valid", "test")
VALUES: Mapping[Assertion | None, str] = {
    Assertion.PRESENT: "1.0",
    Assertion.ABSENT: "0.0",
    Assertion.UNCERTAIN: "-1.0",
    None: "",
}
_SEX = {"F": "Female", "M": "Male", "O": "Unknown"}


class View(NamedTuple):
    """A view in CheXpert's two columns."""

    direction: str
    projection: str


VIEWS: Mapping[str, View] = {
    "PA": View("Frontal", "PA"),
    "AP": View("Frontal", "AP"),
    "LATERAL": View("Lateral", ""),
    "OTHER": View("", ""),
}


def chexpert_csv(
    images: Iterable[tuple[ImageRow, LabelRow, StudyRow]], path: Callable[[ImageRow], str] = image_path
) -> bytes:
    """Return one split's CSV, rows in the order of their paths; `path` names an image's file.

    Sex and Age stay empty unless the study row carries them; Age is the lower end of the ten-year band.
    """
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    for image, label, study in sorted(images, key=lambda entry: path(entry[0])):
        view = VIEWS[image.view]
        writer.writerow(
            [
                path(image),
                _SEX.get(study.sex or "", ""),
                study.age_band.split("-")[0] if study.age_band else "",
                view.direction,
                view.projection,
                *(VALUES[label.labels[name]] for name in OBSERVATIONS),
            ]
        )
    return sink.getvalue().encode()
