"""Why an image is turned away."""

from __future__ import annotations

import pytest
from imaging_factory import fit_facts

from cxrforge.imaging.screening import ScreeningThresholds, screen
from cxrforge.tables import issue_codes


def test_a_fit_pa_and_a_fit_lateral_raise_nothing() -> None:
    assert screen(fit_facts()) == ()
    assert screen(fit_facts(view="LATERAL")) == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rows": 2047}, "image-matrix"),
        ({"columns": 2047}, "image-matrix"),
        ({"bits_stored": 11}, "image-depth"),
        ({"modality": "MG"}, "image-modality"),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.2"}, "image-modality"),
        ({"kind": "for-processing"}, "image-for-processing"),
        ({"kind": "derived"}, "image-derived"),
        ({"kind": "dual-energy"}, "image-dual-energy"),
        ({"kind": "bone-suppressed"}, "image-bone-suppressed"),
        ({"kind": "cad"}, "image-cad"),
        ({"kind": "secondary-capture"}, "image-secondary-capture"),
        ({"kind": "not-an-image"}, "image-not-an-image"),
        ({"body_part": None}, "image-body-part-unknown"),
        ({"body_part": "HIP"}, "image-body-part"),
        ({"body_part": "ANIMAL"}, "image-not-human"),
        ({"view": "AP"}, "image-view-ap"),
        ({"view": "OTHER"}, "image-view-other"),
        ({"view": None, "view_source": ""}, "image-view-unknown"),
        ({"view_contradicted_by": "SeriesDescription"}, "image-view-contradiction"),
        ({"view_source": "SeriesDescription"}, "image-view-derived"),
        ({"recumbent": True}, "image-recumbent"),
        ({"photometric_interpretation": "RGB"}, "image-color"),
        ({"frames": 2}, "image-frames"),
        ({"lossy": True}, "image-lossy"),
    ],
)
def test_each_fault_has_its_code_and_only_that(changes: dict, code: str) -> None:
    assert [issue.code for issue in screen(fit_facts(**changes))] == [code]
    assert code in issue_codes.load()


def test_thresholds_are_the_callers() -> None:
    small = ScreeningThresholds(min_rows=512, min_columns=512, min_bits_stored=8)
    assert screen(fit_facts(rows=512, columns=600, bits_stored=8), small) == ()
    with pytest.raises(ValueError):
        ScreeningThresholds(min_rows=0)
