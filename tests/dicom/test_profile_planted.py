"""A recognisable value in every attribute of Table E.1-1: none survives, and each meets the action the table asks for."""

from __future__ import annotations

import io
import itertools
import warnings
from datetime import date
from pathlib import Path

import pydicom
import pytest
from planting import base, file_bytes, named_tags, needles, nested_twice, planted, planted_text
from pydicom.dataset import Dataset

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import OPTION_CODES, make_policy
from cxrforge.errors import ConfigError
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.tables import profile

OPTIONS = tuple(o for o in OPTION_CODES if o != "clean-pixel-data")
KEPT_IDENTITY = {0x0020000D, 0x0020000E, 0x00080018}
OURS = {0x00080016, 0x00280303, 0x00120062, 0x00120063, 0x00120064}
NUMBER = {tag: n for n, tag in enumerate(named_tags())}


def permitted() -> list[tuple[str, ...]]:
    """Every combination of options that do not contradict each other."""
    found = []
    for size in range(len(OPTIONS) + 1):
        for options in itertools.combinations(OPTIONS, size):
            try:
                make_policy(options)
            except ConfigError:
                continue
            found.append(options)
    return found


def deidentified(ds: Dataset, options: tuple[str, ...], folder: Path, pseudonyms: Pseudonymizer):
    result = deidentify_object(
        file_bytes(ds), folder / "out.dcm", policy=make_policy(options, "site"), pseudonyms=pseudonyms
    )
    assert result.written, result.issues
    data = (folder / "out.dcm").read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = pydicom.dcmread(io.BytesIO(data))
    return result, out, data


def action_for(tag: int, options: tuple[str, ...]) -> str:
    """The table read again, by itself: cleaning beats keeping, either beats the Basic Profile."""
    row = profile.load().rows[tag]
    cells = {row.options[o] for o in options if o in row.options}
    return "C" if "C" in cells else "K" if "K" in cells else row.basic


def check(
    tag: int, options: tuple[str, ...], holder: Dataset, data: bytes, pseudonyms: Pseudonymizer, patient: str
) -> None:
    source = planted(tag, NUMBER[tag])
    action, there = action_for(tag, options), tag in holder
    vr = source.VR
    where = f"{source.keyword} {action} {options}"
    if action == "K" and vr != "SQ":
        expected = str(source.value)
        assert there, where
        assert str(holder[tag].value) == expected, where
        return
    if action == "K" or (action == "C" and vr == "SQ") or (action == "X/Z/U*" and there and len(holder[tag].value)):
        assert there, where
        assert f"{planted_text(NUMBER[tag])}^Nested".encode() not in data, where
        return
    if action == "C" and vr in ("DA", "DT"):
        shift = pseudonyms.date_shift(patient)
        moved = date(int(str(source.value)[:4]), int(str(source.value)[4:6]), int(str(source.value)[6:8])) + shift
        assert str(holder[tag].value) == f"{moved:%Y%m%d}" + str(source.value)[8:], where
        return
    if action == "C" and vr == "TM":
        assert str(holder[tag].value) == str(source.value), where
        return
    moved_dates = vr == "DA" and "retain-longitudinal-modified-dates" in options  # may meet another's planted date
    for needle in needles(source, NUMBER[tag]) if not moved_dates else ():
        assert needle not in data, where
    assert not moved_dates or not there or holder[tag].value in ("", "19000101"), where
    if action == "X":
        assert not there, where
    elif action == "D":
        assert there, where
        assert holder[tag].value not in (None, "", b""), where
        assert holder[tag].value != source.value, where
    elif action == "Z":
        assert there, where
    elif action == "U":
        assert holder[tag].value == pseudonyms.uid(str(source.value)), where


def all_planted() -> Dataset:
    ds = Dataset()
    for tag, number in NUMBER.items():
        ds.add(planted(tag, number))
    return ds


def with_all_planted_on_top() -> Dataset:
    ds = base()
    for element in all_planted():
        ds[element.tag] = element
    return ds


def with_all_planted_nested() -> Dataset:
    ds = base()
    nested_twice(ds, all_planted())
    return ds


@pytest.mark.parametrize("options", [(), *((o,) for o in OPTIONS), ("clean-pixel-data", "clean-descriptors")])
def test_every_attribute_at_the_top_meets_its_action(options, tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    result, out, data = deidentified(with_all_planted_on_top(), options, tmp_path, pseudonyms)
    for tag in NUMBER:
        check(tag, options, out, data, pseudonyms, result.patient)


@pytest.mark.parametrize("options", [(), *((o,) for o in OPTIONS), ("clean-pixel-data", "clean-descriptors")])
def test_every_attribute_two_sequences_deep_meets_its_action(
    options, tmp_path: Path, pseudonyms: Pseudonymizer
) -> None:
    result, out, data = deidentified(with_all_planted_nested(), options, tmp_path, pseudonyms)
    inner = out.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]
    for tag in NUMBER:
        check(tag, options, inner, data, pseudonyms, result.patient)


@pytest.mark.slow
def test_every_permitted_combination_meets_its_actions(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    combinations = permitted()
    assert len(combinations) == 2**8 * 3
    for options in combinations:
        result, out, data = deidentified(with_all_planted_on_top(), options, tmp_path, pseudonyms)
        for tag in NUMBER:
            check(tag, options, out, data, pseudonyms, result.patient)
