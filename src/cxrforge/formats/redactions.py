"""The page of redacted places: before and after, image by image, in one self-contained HTML file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """A place: why it went, where it is, and its pictures before and after as PNG."""

    reason: str
    where: str
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)

    @property
    def before_source(self) -> str:
        """Return the picture before as a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.before).decode()

    @property
    def after_source(self) -> str:
        """Return the picture after as a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.after).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRow:
    """A de-identified image with its redacted places, and the words that were kept on it."""

    image: str
    site: str
    rows: int
    columns: int
    kept: int
    waiting: int
    places: Sequence[PlaceRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """A device at a site: how many of its images lost text, and where they keep losing it."""

    site: str
    device: str
    images: int
    redacted: int
    places: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionsContent:
    """What the page shows; `images` is a part of the `redacted` of `examined` images."""

    examined: int
    redacted: int
    places: int
    waiting: int
    images: Sequence[ImageRow]
    devices: Sequence[DeviceRow]


def write_redactions(path: Path, content: RedactionsContent) -> Path:
    """Write the page to `path`, whole or not at all, and return it."""
    partial = path.with_suffix(".part")
    partial.write_text(redactions_html(content), encoding="utf-8")
    partial.replace(path)
    return path


def redactions_html(content: RedactionsContent) -> str:
    """Return the page."""
    environment = Environment(
        loader=PackageLoader("cxrforge.formats"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("redactions.html.j2").render(content=content)
