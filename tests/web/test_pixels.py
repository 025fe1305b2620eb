"""The browser gets exactly the stored values, decoded once, and what shows them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import RLELossless
from radiograph import write

from cxrforge.web.display_facts import display_facts
from cxrforge.web.errors import MissingError
from cxrforge.web.pixels import PixelCache, StoredValues, UnshowableError, stored_values


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["u1", "<u2", "<i2"]),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 2**32 - 1),
)
def test_every_stored_value_arrives(tmp_path_factory: Any, kind: str, rows: int, columns: int, seed: int) -> None:
    limits = np.iinfo(np.dtype(kind))
    values = np.random.default_rng(seed).integers(
        limits.min, limits.max, (rows, columns), np.dtype(kind), endpoint=True
    )
    path = write(tmp_path_factory.mktemp("image") / "image.dcm", values)
    sent = np.frombuffer(stored_values(path).data, "<i2" if kind == "<i2" else "<u2").reshape(rows, columns)
    assert np.array_equal(sent, values)


def test_compressed_values_arrive_decoded(tmp_path: Path) -> None:
    values = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
    path = write(tmp_path / "image.dcm", values)
    import pydicom

    ds = pydicom.dcmread(path)
    ds.compress(RLELossless)
    ds.save_as(path, enforce_file_format=True)
    assert stored_values(path).data == values.astype("<u2").tobytes()


def test_colour_and_rubbish_are_refused_with_a_code(tmp_path: Path) -> None:
    colour = write(tmp_path / "colour.dcm", np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "rubbish.dcm").write_bytes(b"nothing" * 50)
    for path in (colour, tmp_path / "rubbish.dcm"):
        with pytest.raises(UnshowableError) as refusal:
            stored_values(path)
        assert str(tmp_path) not in refusal.value.line()


def test_an_image_is_decoded_once_for_all_who_ask(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(b"a")
    calls, gate = [], threading.Event()

    def load(path: Path) -> StoredValues:
        calls.append(path)
        gate.wait(5)
        return StoredValues(b"values", "digest")

    cache = PixelCache(load=load)
    threads = [threading.Thread(target=cache.get, args=("a", tmp_path / "a.dcm")) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    cache.close()
    assert len(calls) == 1


def test_the_longest_unused_leaves_first(tmp_path: Path) -> None:
    paths = {name: tmp_path / name for name in "abc"}
    for path in paths.values():
        path.write_bytes(b"x")
    calls: list[str] = []

    def load(path: Path) -> StoredValues:
        calls.append(path.name)
        return StoredValues(b"0" * 100, "digest")

    cache = PixelCache(most_bytes=200, load=load)
    for name in "abacab":
        cache.get(name, paths[name])
    cache.close()
    assert calls.count("a") == 1, "used all the time"
    assert calls.count("b") == 2, "left when c came"


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    answers: list[Any] = [UnshowableError("not yet"), StoredValues(b"values", "digest")]

    def load(path: Path) -> StoredValues:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    cache = PixelCache(load=load)
    with pytest.raises(UnshowableError):
        cache.get("a", tmp_path / "a")
    assert cache.get("a", tmp_path / "a").data == b"values"
    with pytest.raises(MissingError):
        cache.get("b", tmp_path / "b")
    cache.close()


def test_an_image_made_anew_is_decoded_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "image.dcm", np.zeros((4, 4), np.uint16))
    cache = PixelCache()
    before = cache.get("a", path)
    write(tmp_path / "other.dcm", np.ones((6, 4), np.uint16)).replace(path)
    after = cache.get("a", path)
    cache.close()
    assert before.digest != after.digest


def test_facts_say_how_values_become_grey(tmp_path: Path) -> None:
    path = write(
        tmp_path / "image.dcm",
        np.zeros((4, 4), np.int16),
        PhotometricInterpretation="MONOCHROME1",
        WindowCenter=[2000, 1000],
        WindowWidth=[4000, 500],
        RescaleSlope="2",
        RescaleIntercept="-1024",
        ImagerPixelSpacing=["0.14", "0.15"],
        PixelPaddingValue=-2000,
    )
    facts = display_facts(path)
    assert facts is not None
    assert (facts.signed, facts.photometric, facts.window) == (True, "MONOCHROME1", (2000, 4000))
    assert (facts.slope, facts.intercept, facts.pixel_spacing) == (2, -1024, (0.14, 0.15))
    assert facts.padding == (-2000, -2000)


def test_an_inverting_presentation_counts_as_monochrome1(tmp_path: Path) -> None:
    path = write(tmp_path / "image.dcm", np.zeros((4, 4), np.uint16), PresentationLUTShape="INVERSE")
    facts = display_facts(path)
    assert facts is not None and facts.photometric == "MONOCHROME1"


def test_a_header_without_anything_gives_neutral_facts(tmp_path: Path) -> None:
    facts = display_facts(write(tmp_path / "image.dcm", np.zeros((4, 4), np.uint16)))
    assert facts is not None
    assert (facts.window, facts.pixel_spacing, facts.slope, facts.intercept, facts.padding) == (None, None, 1, 0, None)
