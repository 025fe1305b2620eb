"""Masks of the truth come back as they were, and as COCO's own reader reads them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cxrforge.synthetic.masks import decoded, encoded

MASKS = arrays.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40)))


@given(MASKS)
def test_masks_come_back(mask: np.ndarray) -> None:
    assert np.array_equal(decoded(encoded(mask)), mask)


@given(MASKS)
def test_cocos_reader_reads_them(mask: np.ndarray) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    row = encoded(mask)
    assert np.array_equal(coco.decode({**row, "counts": row["counts"].encode()}).astype(bool), mask)
    assert coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode() == row["counts"]
