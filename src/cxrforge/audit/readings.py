"""One person's reading of one item: its shape, checked, and in one form for the same content.

`{"report_labels": {observation: 1 | 0 | -1 | null}, "image_labels": {…}, "boxes": [{"id", "image", "category",
"bbox": [x, y, w, h], "source"}], "quality": {image: {measure: verdict, "reason": text}}, "identifiers": [{"image",
"bbox"} | {"section", "start", "end"}], "comment": text}`. A label that is absent was not answered; null means "not
mentioned". Boxes are in stored pixels, the origin at the top left corner of the first pixel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxrforge.errors import UsageError
from cxrforge.records import OBSERVATIONS, Assertion

VERDICTS = ("pass", "review", "fail")
EMPTY: Mapping[str, Any] = {
    "report_labels": {},
    "image_labels": {},
    "boxes": [],
    "quality": {},
    "identifiers": [],
    "comment": "",
}
LABEL_VALUES: Mapping[int | None, Assertion | None] = {
    1: Assertion.PRESENT,
    0: Assertion.ABSENT,
    -1: Assertion.UNCERTAIN,
    None: None,
}
_LONGEST_TEXT, _MOST_MARKS = 4000, 500


def label_value(assertion: str | None) -> int | None:
    """Return an assertion as 1, 0, -1 or None."""
    return {"present": 1, "absent": 0, "uncertain": -1, None: None}[assertion]


def clean_reading(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reading with every part, checked; raise `UsageError` for what is none."""
    if not isinstance(reading, Mapping) or set(reading) - set(EMPTY):
        raise _refused("a reading", "the parts " + ", ".join(EMPTY))
    return {
        "report_labels": _labels(reading.get("report_labels", {})),
        "image_labels": _labels(reading.get("image_labels", {})),
        "boxes": [_box(b) for b in _many(reading.get("boxes", []))],
        "quality": _quality(reading.get("quality", {})),
        "identifiers": [_identifier(i) for i in _many(reading.get("identifiers", []))],
        "comment": _text(reading.get("comment", "")),
    }


def _labels(labels: Any) -> dict[str, int | None]:
    if not isinstance(labels, Mapping) or set(labels) - set(OBSERVATIONS):
        raise _refused("labels", "the fourteen observations")
    if any(isinstance(v, bool) or (v is not None and v not in (1, 0, -1)) for v in labels.values()):
        raise _refused("labels", "1, 0, -1 or null")
    return {name: None if labels[name] is None else int(labels[name]) for name in OBSERVATIONS if name in labels}


def _box(box: Any) -> dict[str, Any]:
    if not isinstance(box, Mapping) or not {"image", "category", "bbox"} <= set(box):
        raise _refused("a box", "id, image, category, bbox, source")
    return {
        "id": _short(box.get("id", "")),
        "image": _short(box["image"]),
        "category": _short(box["category"]),
        "bbox": _rectangle(box["bbox"]),
        "source": _short(box.get("source", "drawn")),
    }


def _identifier(mark: Any) -> dict[str, Any]:
    if isinstance(mark, Mapping) and {"image", "bbox"} <= set(mark):
        return {"image": _short(mark["image"]), "bbox": _rectangle(mark["bbox"])}
    if isinstance(mark, Mapping) and {"start", "end"} <= set(mark):
        start, end = mark["start"], mark["end"]
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end:
            return {"section": _short(mark.get("section", "")), "start": start, "end": end}
    raise _refused("an identifier", "image and bbox, or section, start and end")


def _rectangle(value: Any) -> list[float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 4:
        raise _refused("a bbox", "[x, y, width, height]")
    if any(isinstance(v, bool) or not isinstance(v, int | float) or not abs(v) <= 1e6 for v in value):
        raise _refused("a bbox", "four numbers")
    numbers = [float(v) for v in value]
    if min(numbers) < 0 or numbers[2] == 0 or numbers[3] == 0 or max(numbers) > 1e6:
        raise _refused("a bbox", "a rectangle inside the image")
    return numbers


def _quality(value: Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, Mapping) or not all(isinstance(v, Mapping) for v in value.values()):
        raise _refused("quality", "image to measure to verdict")
    rows: dict[str, dict[str, str]] = {}
    for image, verdicts in value.items():
        if any(v not in VERDICTS for name, v in verdicts.items() if name != "reason"):
            raise _refused("a quality verdict", " or ".join(VERDICTS))
        rows[_short(image)] = {
            _short(name): _text(v) if name == "reason" else str(v) for name, v in sorted(verdicts.items())
        }
    return dict(sorted(rows.items()))


def _many(value: Any) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > _MOST_MARKS:
        raise _refused("marks", f"a list of at most {_MOST_MARKS}")
    return value


def _short(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 100:
        raise _refused("a name", "a short text")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise _refused("a text", f"at most {_LONGEST_TEXT} characters")
    return value


def _refused(what: str, expected: str) -> UsageError:
    return UsageError(f"{what} of this reading cannot be used", expected=expected)
