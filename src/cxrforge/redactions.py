"""What a workspace knows of burned-in text: redacted places, places in question, and where devices write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from cxrforge.catalogue.pixel_queries import ExaminedImage, Place, examined_images
from cxrforge.dicom.display import display, to_uint8
from cxrforge.dicom.pixel_data import Undecodable, decode
from cxrforge.dicom.reading import read_object
from cxrforge.formats.redactions import DeviceRow, ImageRow, PlaceRow, RedactionsContent, write_redactions
from cxrforge.pixels.crops import place_in_question, redacted_places
from cxrforge.pixels.devices import Recurrence, recurring
from cxrforge.records import Box, Issue
from cxrforge.stages.deidentify_image import image_key
from cxrforge.store import Store

_MOST_IMAGES, _MOST_PLACES = 24, 8
_REASONS: Mapping[str, str] = {
    "known": "matched what the header knows of the patient",
    "readable": "could be read",
    "continues a line": "continued a line that went",
    "device region": "a place that this device's images always lose",
}


@dataclass(frozen=True, slots=True)
class DeviceText:
    """One device type at one site: its images, how many lost text, and where they keep losing it."""

    site: str
    manufacturer: str
    model: str
    images: int
    redacted: int
    places: tuple[Recurrence, ...]

    @property
    def device(self) -> str:
        """Return the device in words."""
        return " ".join(part for part in (self.manufacturer, self.model) if part) or "unknown"


@dataclass(frozen=True, slots=True)
class Question:
    """A place that waits for a person, and its picture (PNG), which may identify someone."""

    place: Place
    picture: bytes

    def __repr__(self) -> str:
        return f"Question({self.place})"


def device_texts(connection: sa.Connection, least: float = 0.5, least_images: int = 20) -> list[DeviceText]:
    """Return where each site's devices keep burning text in: in at least the share `least` of their images."""
    by_device: dict[tuple[str, str, str], list[ExaminedImage]] = defaultdict(list)
    for image in examined_images(connection):
        by_device[image.site, image.manufacturer, image.model].append(image)
    return [
        DeviceText(
            *key,
            images=len(images),
            redacted=sum(bool(_boxes(i, "redact")) for i in images),
            places=recurring((((i.rows, i.columns), _boxes(i, "redact")) for i in images), least, least_images),
        )
        for key, images in sorted(by_device.items())
    ]


def questions(connection: sa.Connection, store: Store, image: str) -> list[Question]:
    """Return the places of an image that wait for a person, with pictures made from the stored object.

    Nothing is written: the pictures go to the person who may see them and are gone.
    """
    found = []
    for examined in examined_images(connection, [image]):
        waiting = [place for place in examined.places if place.decision == "review"]
        frames = {n: _shown(store, image, n) for n in {place.frame for place in waiting}}
        for place in waiting:
            shown = frames[place.frame]
            if shown is not None:
                found.append(Question(place, place_in_question(shown, place.box)))
    return found


def write_page(connection: sa.Connection, store: Store, path: Path) -> Path:
    """Write the page of redacted places to `path`."""
    images = examined_images(connection)
    redacted = [image for image in images if _boxes(image, "redact")]
    content = RedactionsContent(
        examined=len(images),
        redacted=len(redacted),
        places=sum(len(_boxes(image, "redact")) for image in images),
        waiting=sum(len(_boxes(image, "review")) for image in images),
        images=[_image_row(store, image) for image in _spread(redacted)],
        devices=[
            DeviceRow(
                site=d.site, device=d.device, images=d.images, redacted=d.redacted, places=[words(p) for p in d.places]
            )
            for d in device_texts(connection)
            if d.redacted
        ],
    )
    return write_redactions(path, content)


def words(place: Recurrence) -> str:
    """Return a place of a device in words, in the shares that a device region is configured with."""
    return (
        f"left {place.left:.2f}, top {place.top:.2f}, width {place.width:.2f}, height {place.height:.2f} "
        f"({place.share:.0%} of images)"
    )


def _spread(images: Sequence[ExaminedImage]) -> list[ExaminedImage]:
    """Return images of every site in turn, most places first, as many as the page holds."""
    by_site: dict[str, list[ExaminedImage]] = defaultdict(list)
    for image in sorted(images, key=lambda i: (-len(_boxes(i, "redact")), i.id)):
        by_site[image.site].append(image)
    rounds = [row[n] for n in range(_MOST_IMAGES) for _, row in sorted(by_site.items()) if n < len(row)]
    return rounds[:_MOST_IMAGES]


def _image_row(store: Store, image: ExaminedImage) -> ImageRow:
    shown = _shown(store, image.id, 0)
    places = [place for place in image.places if place.decision == "redact"][:_MOST_PLACES]
    pictures = redacted_places(shown, [p.box for p in places], _boxes(image, "review")) if shown is not None else []
    return ImageRow(
        image=image.id,
        site=image.site,
        rows=image.rows,
        columns=image.columns,
        kept=len(_boxes(image, "keep")),
        waiting=len(_boxes(image, "review")),
        places=[
            PlaceRow(
                reason=_REASONS.get(place.reason, place.reason),
                where=f"{place.box.w} × {place.box.h} pixels at {place.box.x}, {place.box.y}",
                before=picture.before,
                after=picture.after,
            )
            for place, picture in zip(places, pictures, strict=False)
        ],
    )


def _boxes(image: ExaminedImage, decision: str) -> list[Box]:
    return [place.box for place in image.places if place.decision == decision]


def _shown(store: Store, image: str, frame: int) -> NDArray[np.uint8] | None:
    """Return a frame of a stored object as a viewer shows it, None where it cannot be read."""
    ds = read_object(store.path(image_key(image)), defer_pixels=False)
    if isinstance(ds, Issue):
        return None
    try:
        return to_uint8(display(ds, decode(ds)[frame]))
    except (Undecodable, IndexError):
        return None
