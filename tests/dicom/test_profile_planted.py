"""A recognisable value in every attribute of Table E.1-1: none survives, and each meets the action the table asks for."""

from __future__ import annotations

import io
import itertools
import warnings
from functools import cache
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import OPTION_CODES, make_policy, rules_for
from cxrforge.errors import ConfigError
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.tables import profile
from cxrforge.validation.expectations import NUMBER, PLANTED, action_for, shortcoming
from cxrforge.validation.planting import base, file_bytes, nested_twice

OPTIONS = tuple(o for o in OPTION_CODES if o != "clean-pixel-data")


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


def deidentified(source: bytes, options: tuple[str, ...], folder: Path, pseudonyms: Pseudonymizer):
    result = deidentify_object(source, folder / "out.dcm", policy=make_policy(options, "site"), pseudonyms=pseudonyms)
    assert result.written, result.issues
    data = (folder / "out.dcm").read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = pydicom.dcmread(io.BytesIO(data))
    return result, out, data


def check(tag: int, options: tuple[str, ...], holder: Dataset, data: bytes, pseudonyms: Pseudonymizer, patient: str):
    wrong = shortcoming(tag, options, holder, data, pseudonyms, patient)
    assert wrong is None, wrong


def all_planted() -> Dataset:
    ds = Dataset()
    for element in PLANTED.values():
        ds.add(element)
    return ds


@cache
def with_all_planted_on_top() -> bytes:
    ds = base()
    for element in all_planted():
        ds[element.tag] = element
    return file_bytes(ds)


@cache
def with_all_planted_nested() -> bytes:
    ds = base()
    nested_twice(ds, all_planted())
    return file_bytes(ds)


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


ROUNDS = 16
"""Of the attributes for which no two options compete, each combination plants one in so many."""


def planted_in(number: int) -> list[int]:
    """Which attributes the combination of this number plants: those with competing options, and some of the rest."""
    rows = profile.load().rows
    return [tag for n, tag in enumerate(NUMBER) if len(rows[tag].options) > 1 or n % ROUNDS == number % ROUNDS]


def cells(tag: int, options: tuple[str, ...]) -> frozenset[str]:
    """The options in force that a row of the table knows: all that its action can depend on."""
    return frozenset(profile.load().rows[tag].options) & frozenset(options)


def test_every_permitted_combination_resolves_every_row() -> None:
    combinations = permitted()
    assert len(combinations) == 2**8 * 3
    for options in combinations:
        rules = rules_for(make_policy(options)).by_tag
        wrong = [tag for tag in NUMBER if rules[tag].action != action_for(tag, options)]
        assert not wrong, (options, wrong)


@pytest.mark.slow
def test_every_permitted_combination_meets_its_actions_at_the_top_and_nested(
    tmp_path: Path, pseudonyms: Pseudonymizer
) -> None:
    combinations, seen = permitted(), set()
    for number, options in enumerate(combinations):
        tags = planted_in(number)
        ds, nested = base(), Dataset()
        nested_twice(ds, nested)
        for tag in tags:
            ds[tag] = nested[tag] = PLANTED[tag]
        result, out, data = deidentified(file_bytes(ds), options, tmp_path, pseudonyms)
        inner = out.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]
        for tag in tags:
            check(tag, options, out, data, pseudonyms, result.patient)
            check(tag, options, inner, data, pseudonyms, result.patient)
        seen |= {(tag, cells(tag, options)) for tag in tags}
    assert seen == {(tag, cells(tag, options)) for tag in NUMBER for options in combinations}
