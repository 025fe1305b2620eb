"""What must have become of each planted attribute of Table E.1-1, judged by a second reading of the table."""

from __future__ import annotations

from datetime import date

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from cxrforge.dicom.header import MODIFIED_DATES
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.tables import profile
from cxrforge.validation.planting import named_tags, needles, planted, planted_text

NUMBER = {tag: n for n, tag in enumerate(named_tags())}
PLANTED: dict[int, DataElement] = {tag: planted(tag, n) for tag, n in NUMBER.items()}


def action_for(tag: int, options: tuple[str, ...]) -> str:
    """Return the action of a row: cleaning beats keeping, either beats the Basic Profile."""
    row = profile.load().rows[tag]
    cells = {row.options[o] for o in options if o in row.options}
    return "C" if "C" in cells else "K" if "K" in cells else row.basic


def shortcoming(
    tag: int, options: tuple[str, ...], holder: Dataset, data: bytes, pseudonyms: Pseudonymizer, patient: str
) -> str | None:
    """Return what is wrong with an attribute of an output, or None; `data` are the output's bytes."""
    action = action_for(tag, options)
    vr = PLANTED[tag].VR
    if action == "K" and vr != "SQ":
        good = tag in holder and str(holder[tag].value) == str(PLANTED[tag].value)
    elif action == "K" or (action == "C" and vr == "SQ") or (action == "X/Z/U*" and _has_items(tag, holder)):
        good = tag in holder and f"{planted_text(NUMBER[tag])}^Nested".encode() not in data
    elif action == "C" and vr in ("DA", "DT", "TM"):
        good = tag in holder and str(holder[tag].value) == _moved(tag, pseudonyms, patient)
    else:
        good = _gone(tag, options, holder, data) and _replaced(tag, action, holder, pseudonyms)
    return None if good else f"{PLANTED[tag].keyword} {action} {' '.join(options)}".strip()


def _has_items(tag: int, holder: Dataset) -> bool:
    return tag in holder and bool(len(holder[tag].value))


def _moved(tag: int, pseudonyms: Pseudonymizer, patient: str) -> str:
    """Return the planted date moved by the patient's shift; times of day stay."""
    text = str(PLANTED[tag].value)
    if PLANTED[tag].VR == "TM":
        return text
    moved = date(int(text[:4]), int(text[4:6]), int(text[6:8])) + pseudonyms.date_shift(patient)
    return f"{moved:%Y%m%d}{text[8:]}"


def _gone(tag: int, options: tuple[str, ...], holder: Dataset, data: bytes) -> bool:
    """Say whether the planted value is nowhere in the output."""
    if PLANTED[tag].VR == "DA" and MODIFIED_DATES in options:  # another's moved date may meet it
        return tag not in holder or holder[tag].value in ("", "19000101")
    return not any(needle in data for needle in needles(PLANTED[tag], NUMBER[tag]))


def _replaced(tag: int, action: str, holder: Dataset, pseudonyms: Pseudonymizer) -> bool:
    """Say whether X is gone, Z is there, D is a value that is not the planted one, U is the pseudonym."""
    if action == "X":
        return tag not in holder
    if action == "Z":
        return tag in holder
    if action == "D":
        value = holder[tag].value if tag in holder else None
        return value not in (None, "", b"") and value != PLANTED[tag].value
    if action == "U":
        return tag in holder and holder[tag].value == pseudonyms.uid(str(PLANTED[tag].value))
    return True
