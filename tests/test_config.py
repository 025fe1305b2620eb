"""`cxrforge.toml`: defaults, refusals, staleness digests."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path

import pytest

from cxrforge.config import TEMPLATE, Settings, load_settings, settings_from
from cxrforge.errors import ConfigError
from cxrforge.records import DeviceRegion, KeptWords


def test_the_template_holds_the_defaults() -> None:
    assert settings_from(tomllib.loads(TEMPLATE)) == Settings()


@pytest.mark.parametrize(
    "text",
    [
        "[run]\nexecutor = 'cluster'",
        "[run]\nworkers = -1",
        "[run]\nworkers = 'two'",
        "[run]\nspeed = 1",
        "speed = 1",
        "[deidentification]\noptions = 'all'",
        "[criteria]\nvolume = 3",
        "[pixels]\nregions = 3",
        "[[pixels.regions]]\nleft = 0.0\ntop = 0.9\nwidth = 1.0\nheight = 0.1",
        "[[pixels.regions]]\nmodel = 'X'\nleft = 0.5\ntop = 0.9\nwidth = 0.7\nheight = 0.1",
        "[[pixels.regions]]\nmodel = 'X'\nleft = 'a'\ntop = 0.9\nwidth = 0.7\nheight = 0.1",
        "[[pixels.regions]]\nmodel = 'X'\nleft = 0.5",
        "[[pixels.regions]]\nplace = 'X'\nleft = 0.5",
        "[[pixels.keep]]\nsite = 'a'\nwords = []",
        "[[pixels.keep]]\nsite = 'a'\nwords = 'JK'",
        "[criteria.volume]\nstudies = 'many'",
        "[criteria.volume",
        "[criteria.matrix]\npixels = inf",
        "[criteria.matrix]\npixels = nan",
        "[criteria.matrix]\npixels = -1",
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cxrforge.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as refusal:
        load_settings(path)
    assert "\n" not in refusal.value.line()


def test_thresholds_are_flattened() -> None:
    assert settings_from({"criteria": {"matrix": {"pixels": 512}}}).criteria == {"matrix.pixels": 512.0}


def test_a_digest_changes_with_its_own_settings_alone() -> None:
    plain, other = Settings(), Settings(deidentification_options=("clean-descriptors",))
    assert plain.digest(["deidentification_options"]) != other.digest(["deidentification_options"])
    assert plain.digest(["run_workers"]) == other.digest(["run_workers"])


def test_settings_travel_to_workers() -> None:
    settings = settings_from({"criteria": {"matrix": {"pixels": 512}}})
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_device_regions_and_kept_words_are_read_and_make_outcomes_stale() -> None:
    document = {
        "pixels": {
            "regions": [{"model": "X", "left": 0, "top": 0.9, "width": 1, "height": 0.1}],
            "keep": [{"site": "st-anna", "words": ["JK", "TW"]}],
        }
    }
    settings = settings_from(document)
    assert settings.pixels_regions == (DeviceRegion(0.0, 0.9, 1.0, 0.1, model="X"),)
    assert settings.pixels_keep == (KeptWords("st-anna", ("JK", "TW")),)
    assert settings.digest(["pixels_regions"]) != Settings().digest(["pixels_regions"])
    assert pickle.loads(pickle.dumps(settings)) == settings
