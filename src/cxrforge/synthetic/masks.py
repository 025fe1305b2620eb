"""Outlines of the truth as COCO's run lengths: what pycocotools decodes, on a grid coarser than the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def encoded(mask: NDArray[Any]) -> dict[str, Any]:
    """Return `size` (rows, columns) and `counts` (COCO's compressed run lengths, column by column) of a mask."""
    flat = (np.asarray(mask) > 0).ravel(order="F").astype(np.int8)
    edges = np.flatnonzero(np.diff(flat)) + 1
    bounds = np.concatenate([[0], edges, [flat.size]])
    runs = np.diff(bounds).tolist()
    counts = ([0, *runs] if flat.size and flat[0] else runs) if flat.size else []
    return {"size": [int(n) for n in mask.shape], "counts": _packed(counts)}


def decoded(row: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return the mask (rows, columns) of a row that `encoded` made."""
    rows, columns = row["size"]
    counts = _unpacked(row["counts"])
    values = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return values.reshape((rows, columns), order="F")


def _packed(counts: Sequence[int]) -> str:
    """Return counts as characters of six bits, from the third on as differences to the count before the last."""
    out = []
    for n, count in enumerate(counts):
        rest = count - counts[n - 2] if n > 2 else count
        while True:
            bits = rest & 0x1F
            rest >>= 5
            more = rest != (-1 if bits & 0x10 else 0)
            out.append(chr(48 + (bits | 0x20 if more else bits)))
            if not more:
                break
    return "".join(out)


def _unpacked(text: str) -> list[int]:
    counts: list[int] = []
    at = 0
    while at < len(text):
        value = shift = 0
        more = True
        while more:
            bits = ord(text[at]) - 48
            value |= (bits & 0x1F) << shift
            at, shift, more = at + 1, shift + 5, bool(bits & 0x20)
            if not more and bits & 0x10:
                value |= -1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    return counts
