"""Where an image lies that a visitor may look at."""

from __future__ import annotations

from pathlib import Path

from cxrforge.errors import UsageError
from cxrforge.reading_room.looking import may_look
from cxrforge.web.access import Visitor
from cxrforge.web.errors import MissingError


def readable_image(who: Visitor, image: str) -> Path:
    """Return the file of an image that the visitor may look at; what is not theirs is told like what is not there."""
    path = image_path(who, image) if may_look(who.room.reading.desk, who.person, image) else None
    if path is None:
        raise MissingError("there is no such image, or it is not yours to see")
    return path


def image_path(who: Visitor, image: str) -> Path | None:
    """Return where an image's file lies; None where there is none."""
    try:
        return who.room.reading.image_path(image)
    except UsageError:
        return None
