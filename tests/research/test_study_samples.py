"""Studies of a release as samples, with numpy alone."""

from __future__ import annotations

import importlib.util
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cxrforge.errors import UsageError
from cxrforge.research import StudySamples, load_release, torch_studies
from cxrforge.research.pixels import inside

STUDIES = 40


def test_native_depth_arrives_whole(release_folder: Path) -> None:
    samples = StudySamples(load_release(release_folder))
    image = samples[0].image
    assert image.shape == (600, 500) and image.dtype == np.float32
    assert 0 <= image.min() < 0.01 and 0.99 < image.max() <= 1
    assert len(np.unique(image)) == 500  # the ramp's 500 values of 4096; 8 bits would leave 256


def test_the_derivative_shows_the_same_study(release_folder: Path) -> None:
    release = load_release(release_folder)
    native, small = StudySamples(release, side=64), StudySamples(release, side=64, source="png-512")
    for one, other in zip(native, small, strict=True):
        assert one.study == other.study
        assert (one.lateral is None) == (other.lateral is None)
        np.testing.assert_allclose(one.image, other.image, atol=0.02)
        if one.lateral is not None and other.lateral is not None:
            np.testing.assert_allclose(one.lateral, other.lateral, atol=0.02)
            assert not np.allclose(one.lateral, one.image, atol=0.1)


def test_a_sample_carries_report_labels_and_domain(release_folder: Path) -> None:
    release = load_release(release_folder)
    sample = StudySamples(release, "default", "train", policy="u-zeros")[0]
    assert release.sites[sample.domain] == sample.site
    assert sample.impression == "Effusion, possibly oedema." and sample.impression in sample.text
    assert sample.language == "en" and sample.labels.shape == (14,)
    assert StudySamples(release, policy="multi-class")[0].labels.dtype == np.int64


def test_splits_share_no_patient_and_lose_none(release_folder: Path) -> None:
    release = load_release(release_folder)
    for splits in (release.split_set(), release.leave_one_site_out("north")):
        parts = [StudySamples(release, splits, name, waiting=True) for name in ("train", "valid", "test")]
        patients = [{s.patient for s in part} for part in parts]
        assert sum(map(len, patients)) == len(set.union(*patients)) == STUDIES
    assert {s.site for s in parts[2]} == {"north"} and {s.site for s in parts[0]} == {"south"}


def test_what_waits_for_a_person_is_left_out_and_counted(release_folder: Path) -> None:
    release = load_release(release_folder)
    samples = StudySamples(release)
    assert (len(samples), samples.left_out) == (STUDIES - 1, 1)
    assert len(StudySamples(release, waiting=True)) == STUDIES


def test_samples_travel_to_worker_processes(release_folder: Path) -> None:
    samples = StudySamples(load_release(release_folder), side=32)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(samples))[3].image, samples[3].image)


def test_a_missing_image_is_told_by_its_place_in_the_release(release_folder: Path, tmp_path: Path) -> None:
    elsewhere = replace(load_release(release_folder), folder=tmp_path)
    with pytest.raises(UsageError) as told:
        StudySamples(elsewhere)[0]
    assert str(tmp_path) not in str(told.value) and "images/" in str(told.value)


def test_options_that_cannot_be_used_are_refused(release_folder: Path) -> None:
    release = load_release(release_folder)
    for options in ({"source": "png-1024"}, {"source": "jpeg"}, {"side": 0}, {"splits": "default"}, {"policy": "x"}):
        with pytest.raises(UsageError):
            StudySamples(release, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["../x.dcm", "/etc/x", "a/../../x", "C:/x", "a\\..\\x"])
def test_a_path_out_of_the_release_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(UsageError, match="outside"):
        inside(tmp_path, path)


def test_without_torch_the_dataset_says_what_to_install(release_folder: Path) -> None:
    if importlib.util.find_spec("torch"):
        pytest.skip("torch is installed")
    with pytest.raises(UsageError, match="pip install torch"):
        torch_studies(load_release(release_folder))
