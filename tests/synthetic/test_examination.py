"""Flaws that only the image shows are in the image."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest

from cxrforge.synthetic import plan
from cxrforge.synthetic.contact_sheet import sheet, tile
from cxrforge.synthetic.examination import Written, examined
from cxrforge.synthetic.masks import decoded

STUDIES = plan.consortium(100, 4, 3, (1000, 820))


def first(expect: str) -> plan.Study:
    return next(s for s in STUDIES if s.expect == expect)


def primary(study: plan.Study) -> Written:
    return examined(study)[0]


def values(written: Written) -> np.ndarray:
    return pydicom.dcmread(io.BytesIO(written.data)).pixel_array.astype(np.float64)


def detail(pixels: np.ndarray) -> float:
    """Contrast of single pixels against their neighbours, as a share of the whole contrast."""
    middle = pixels[200:-200, 200:-200]
    return float(np.abs(np.diff(middle, 2, axis=0)).mean() / middle.std())


def test_the_first_studies_have_no_flaw_that_only_the_image_shows() -> None:
    hidden = {*plan.QUALITY, *plan.LATER_FLAWS[len(plan.FLAWS) :], "duplicate"}
    assert not hidden & {s.expect for s in STUDIES if s.index < plan.PLAIN}
    assert hidden <= {s.expect for s in STUDIES}


def test_stretched_eight_bit_has_few_grey_values() -> None:
    assert len(np.unique(values(primary(first("stretched-eight-bit"))))) < 300


def test_upsampled_lacks_detail_and_underexposed_has_noise() -> None:
    plain = detail(values(primary(first("accept"))))
    assert detail(values(primary(first("upsampled")))) < 0.8 * plain
    assert detail(values(primary(first("underexposed")))) > 2 * plain


def test_a_resaved_jpeg_has_full_depth_and_lost_its_detail() -> None:
    shown = values(primary(first("jpeg-resaved")))
    assert len(np.unique(shown)) > 1024
    assert detail(shown) < 0.6 * detail(values(primary(first("accept"))))


def test_a_wrong_view_position_contradicts_the_image() -> None:
    ds = pydicom.dcmread(io.BytesIO(primary(first("wrong-view")).data), stop_before_pixels=True)
    assert ds.ViewPosition == "AP"
    assert first("wrong-view").images[0].view == "PA"


def test_masks_lie_in_their_boxes_and_cover_lungs_heart_and_findings() -> None:
    truth = primary(first("accept")).truth
    assert {"heart", "left_lung", "right_lung"} <= set(truth["masks"]) == set(truth["boxes"])
    for name, row in truth["masks"].items():
        rows, columns = np.nonzero(decoded(row))
        x, y, _, _ = truth["boxes"][name]
        assert (columns.min() * truth["mask_scale"], rows.min() * truth["mask_scale"]) == (x, y)


def test_poor_inspiration_lifts_the_domes() -> None:
    lungs = [primary(first(expect)).truth["boxes"]["right_lung"][3] for expect in ("poor-inspiration", "accept")]
    assert lungs[0] < 0.92 * lungs[1]


def test_clipped_lungs_touch_the_edge() -> None:
    boxes = primary(first("clipped")).truth["boxes"]
    _, y, _, h = boxes["right_lung"]
    assert y == 0 or y + h >= 1000 - 8


def test_a_duplicate_shows_another_patients_chest() -> None:
    copy = first("duplicate")
    assert copy.copy_of is not None
    assert copy.person.id != copy.copy_of.person.id
    shown, original = primary(copy), primary(copy.copy_of)
    assert shown.truth["boxes"]["heart"] == original.truth["boxes"]["heart"]


@pytest.mark.slow
def test_an_enlarged_heart_has_an_enlarged_ratio() -> None:
    for study in [s for s in STUDIES[:24] if s.expect == "accept" and s.age > 17][:8]:
        boxes = primary(study).truth["boxes"]
        right, left = boxes["right_lung"], boxes["left_lung"]
        ratio = boxes["heart"][2] / (left[0] + left[2] - right[0])
        assert (ratio > 0.52) == any(f.kind == "cardiomegaly" for f in study.findings), ratio


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_tiles_show_bone_bright(photometric: str) -> None:
    ds = pydicom.dcmread(io.BytesIO(primary(first("accept")).data))
    pixels = ds.pixel_array
    bright = pixels if ds.PhotometricInterpretation == "MONOCHROME2" else pixels.max() - pixels
    ds.PixelData = (bright if photometric == "MONOCHROME2" else bright.max() - bright).astype(np.uint16).tobytes()
    ds.PhotometricInterpretation = photometric
    ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OW", False
    shown = tile(ds, 200)
    assert shown[150:170, 90:110].mean() > shown[60:100, 50:70].mean()
    assert sheet([shown] * 3, 2).shape == (400, 400)


def test_boxes_of_pleural_findings_stay_on_their_side_of_the_spine() -> None:
    for study in STUDIES[:24]:
        for finding in study.findings:
            if finding.kind in {"effusion", "pneumothorax"} and study.images[0].view == "PA":
                boxes = primary(study).truth["boxes"]
                x, _, w, _ = boxes[f"{finding.kind}_{finding.side}"]
                other = boxes["left_lung" if finding.side == "right" else "right_lung"]
                assert x + w <= other[0] if finding.side == "right" else x >= other[0] + other[2]
