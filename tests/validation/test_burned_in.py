"""The pixel cases of a validation: this copy passes, one that redacts nothing or too much does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxrforge.pixels.redaction import PixelPolicy, make_redactor
from cxrforge.records import DeviceRegion
from cxrforge.validation import burned_in

CASES = burned_in.pixel_cases()


@pytest.mark.parametrize("title", CASES)
def test_this_copy_passes(title: str, tmp_path: Path) -> None:
    checks, wrong = CASES[title](tmp_path)
    assert checks and wrong == []


def test_a_copy_that_redacts_nothing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burned_in, "make_redactor", lambda *_: make_redactor(PixelPolicy(readable=1.1)))
    assert CASES["a name standing upright"](tmp_path)[1] == ["the text is still there"]


def test_a_copy_that_covers_markers_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corner = DeviceRegion(0.0, 0.0, 0.3, 0.3, manufacturer="Z")
    monkeypatch.setattr(burned_in, "make_redactor", lambda *_: make_redactor(PixelPolicy(devices=(corner,))))
    true = burned_in._object
    monkeypatch.setattr(burned_in, "_object", lambda *a, **k: true(*a, **k, Manufacturer="Z"))
    assert "covered" in CASES["markers of eight languages stay, byte for byte"](tmp_path)[1][0]
