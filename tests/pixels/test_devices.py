"""Places that a device's images always lose, and where text keeps appearing."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from radiographs import radiograph

from cxrforge.dicom.pixel_data import decode
from cxrforge.pixels.devices import boxes_for, recurring
from cxrforge.pixels.redaction import PixelPolicy, make_redactor
from cxrforge.records import Box, DeviceRegion, KnownIdentifiers

FOOT = DeviceRegion(0.0, 0.9, 1.0, 0.1, manufacturer="Acme", station="ROOM 1")


def test_a_region_applies_to_its_device_alone() -> None:
    ds = Dataset()
    ds.Rows, ds.Columns = 1000, 400
    ds.Manufacturer, ds.StationName = "ACME Imaging", "Room1"
    assert boxes_for(ds, [FOOT]) == (Box(0, 900, 400, 100),)
    ds.StationName = "Room2"
    assert boxes_for(ds, [FOOT]) == ()


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.6, 0.1), (-0.1, 0, 1, 1), (0, 0, 0, 1)])
def test_a_region_outside_the_image_is_refused(shares: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="inside"):
        DeviceRegion(*shares, model="X")


def test_a_region_for_every_device_is_refused() -> None:
    with pytest.raises(ValueError, match="names"):
        DeviceRegion(0, 0, 1, 0.1)


def test_a_devices_region_goes_even_where_nothing_is_read() -> None:
    ds = radiograph(Manufacturer="Acme", StationName="ROOM 1")
    before = decode(ds)
    outcome = make_redactor(PixelPolicy(devices=(FOOT,), most=0.2))(ds, KnownIdentifiers())
    after = decode(ds)
    assert outcome.changed and len(np.unique(after[0, 540:])) == 1
    np.testing.assert_array_equal(after[0, :540], before[0, :540])
    assert [r.reason for r in outcome.regions] == ["device region"]


def test_text_that_keeps_appearing_in_one_place_is_reported() -> None:
    stamp, rare = Box(20, 940, 300, 40), Box(500, 100, 100, 40)
    images = [((1000, 800), (stamp, rare) if n < 3 else (stamp,)) for n in range(30)]
    (place,) = recurring(images)
    assert place.share == 1 and place.top == pytest.approx(0.94) and place.left == pytest.approx(0.02)
    assert place.height == pytest.approx(0.04)
    assert recurring(images[:10]) == ()
