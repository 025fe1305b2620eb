"""The examination of one object's pixels: decode, find, decide, redact, look again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from cxrforge.dicom.display import is_inverted
from cxrforge.dicom.pixel_data import StoredPixels, Undecodable, decode, decode_fully, encode
from cxrforge.pixels.decide import Decided, decide_all
from cxrforge.pixels.devices import boxes_for
from cxrforge.pixels.find import find_text
from cxrforge.pixels.redact import around, box_of, fill, grow, text_mask
from cxrforge.pixels.render import gray
from cxrforge.records import Box, DeviceRegion, Issue, KnownIdentifiers, PixelOutcome, TextRegion

_BESIDE = 96
"""Pixels around a redaction that are looked at again: room for letters that a box may have missed."""
_LOOKS = 5
"""How often the surroundings of a redaction are looked at; text that is still readable then stops the object."""


@dataclass(frozen=True, slots=True)
class PixelPolicy:
    """What a site asks of the pixel examination.

    `lengths`: what the image's long side is brought to, in pixels, for each look at the whole of it. `fine`: the same
    for the screen that says where to look more closely, 0 without. `readable`: mean character probability from which a
    reading counts. `margin`: how far a redaction reaches beyond the found text, as a share of its height.
    `keep_words`: further words that stay, such as technicians' lead initials. `most`: share of the image that may be
    redacted before a person looks. `devices`: fixed places that go whatever is found there.
    """

    lengths: tuple[int, ...] = (800,)
    fine: int = 1600
    readable: float = 0.6
    margin: float = 0.08
    keep_words: frozenset[str] = field(default_factory=frozenset)
    most: float = 0.05
    devices: tuple[DeviceRegion, ...] = ()


@dataclass(frozen=True, slots=True)
class Redactor:
    """Examine and clean one object; picklable, so that any executor can carry it."""

    policy: PixelPolicy = field(default_factory=PixelPolicy)

    def __call__(self, ds: Dataset, known: KnownIdentifiers) -> PixelOutcome:
        """Redact burned-in text in `ds` in place and return what was found.

        Pixel Data stays byte for byte what it was when nothing is redacted.
        """
        try:
            pixels = decode_fully(ds)
        except Undecodable as error:
            return PixelOutcome(examined=False, issues=(error.issue,))
        judged = [self._judge(frame, known) for frame in pixels.values]
        shape = pixels.values.shape[1:3]
        regions = _regions(judged, shape, self.policy.margin)
        fixed = boxes_for(ds, self.policy.devices)
        regions += tuple(TextRegion(box, "", 1.0, "redact", "device region") for box in fixed)
        mask = text_mask(shape, _going(judged), self.policy.margin)
        for box in fixed:
            mask[box.y : box.y + box.h, box.x : box.x + box.w] = True
        if not mask.any() and not _hides(pixels):
            return PixelOutcome(examined=True, regions=regions, issues=_review_issues(regions))
        cleaned, more, left = self._cover(ds, pixels, mask, known)
        regions += _regions(more, shape, self.policy.margin)
        issues = [*_review_issues(regions), *_measure(mask, pixels, self.policy)]
        encode(ds, cleaned)
        if mask.any():
            _follow_extremes(ds, cleaned)
        issues.extend(_restored(ds, cleaned))
        if left:
            issues.append(Issue("pixels-text-remains", f"{left} places"))
        return PixelOutcome(examined=True, regions=regions, changed=True, issues=tuple(issues))

    def _cover(
        self, ds: Dataset, pixels: StoredPixels, mask: NDArray[np.bool_], known: KnownIdentifiers
    ) -> tuple[NDArray[Any], list[list[Decided]], int]:
        """Fill what `mask` covers, look around it again, and widen it while text is still readable there.

        Covering one line can make its neighbour readable: what a screen capture wrote over itself comes off in layers.
        Return the cleaned values, what later looks found by frame, and how many places were still readable at the end.
        The rest of the image is bit for bit what the first look saw. `mask` is widened in place.
        """
        more: list[list[Decided]] = [[] for _ in pixels.values]
        left, new = 0, mask
        for _ in range(_LOOKS):
            cleaned = fill(pixels.values, mask, inverted=is_inverted(ds))
            windows = around(new, _BESIDE)
            seen = [self._judge(frame, known, windows, mask) for frame in cleaned]
            left = len(_going(seen))
            if not left:
                break
            for frame, found in zip(more, seen, strict=True):
                frame.extend(d for d in found if d.verdict == "redact")
            # What an earlier look found clean and nothing was covered near is bit for bit what that look saw.
            new = text_mask(mask.shape, _going(seen), self.policy.margin)
            mask |= new
        return cleaned, more, left

    def _judge(
        self,
        frame: NDArray[Any],
        known: KnownIdentifiers,
        windows: list[Box] | None = None,
        covered: NDArray[np.bool_] | None = None,
    ) -> list[Decided]:
        policy = self.policy
        found = find_text(frame, policy.lengths, windows, policy.fine, covered)
        return decide_all(gray(frame), found, known, readable=policy.readable, keep_words=policy.keep_words)


def _restored(ds: Dataset, cleaned: NDArray[Any]) -> list[Issue]:
    """Decode what was written and compare: what was looked at is what leaves."""
    try:
        again = decode(ds)
    except Undecodable:
        return [Issue("pixels-not-restored", "the new pixel data cannot be decoded")]
    if not np.array_equal(again, cleaned):
        return [Issue("pixels-not-restored", "the new pixel data decodes to other values")]
    return []


def make_redactor(policy: PixelPolicy | None = None) -> Redactor:
    """Return a picklable redactor for a policy."""
    return Redactor(policy or PixelPolicy())


def _going(judged: list[list[Decided]]) -> list[NDArray[Any]]:
    return [d.candidate.quad.corners for found in judged for d in found if d.verdict == "redact"]


def _regions(judged: list[list[Decided]], shape: tuple[int, ...], margin: float) -> tuple[TextRegion, ...]:
    return tuple(
        _region(decided, number, shape, margin)
        for number, found in enumerate(judged)
        for decided in found
        if decided.verdict != "ignore"
    )


def _region(decided: Decided, frame: int, shape: tuple[int, ...], margin: float) -> TextRegion:
    quad, reading = decided.candidate.quad, decided.candidate.reading
    return TextRegion(
        box=box_of(grow(quad.corners, margin), (shape[0], shape[1])),
        text=reading.text,
        score=reading.score,
        decision=decided.verdict,
        reason=decided.reason,
        frame=frame,
    )


def _hides(pixels: StoredPixels) -> bool:
    return pixels.hidden > 0


def _review_issues(regions: tuple[TextRegion, ...]) -> tuple[Issue, ...]:
    doubtful = sum(region.decision == "review" for region in regions)
    return (Issue("pixels-doubtful-text", f"{doubtful} places"),) if doubtful else ()


def _measure(mask: NDArray[np.bool_], pixels: StoredPixels, policy: PixelPolicy) -> list[Issue]:
    issues = []
    share = float(mask.mean())
    if share > policy.most:
        issues.append(Issue("pixels-much-redacted", f"{share:.1%} of the image"))
    if _hides(pixels):
        issues.append(Issue("pixels-hidden-data", "cleared"))
    return issues


def _follow_extremes(ds: Dataset, stored: NDArray[Any]) -> None:
    """Let Smallest and Largest Image Pixel Value (0028,0106..0107) follow, where the object has them."""
    vr = "SS" if stored.dtype.kind == "i" else "US"
    for keyword, value in (("SmallestImagePixelValue", stored.min()), ("LargestImagePixelValue", stored.max())):
        if keyword in ds:
            ds[keyword].VR = vr
            ds[keyword].value = int(value)
