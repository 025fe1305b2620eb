"""Canaries: copies with a planted fake identifier, that measure whether readers see what there is to see.

They have ids of their own, lie apart from the images that releases are made of, and stand in no table that a release
reads: only among an audit's items. Names come from the table of made-up people.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np
import sqlalchemy as sa
from pydicom import dcmwrite

from cxrforge.audit.sampling import draw
from cxrforge.audit.work import AuditItem
from cxrforge.catalogue.audits import Drawable, shown
from cxrforge.dicom.pixel_data import Undecodable, decode, encode
from cxrforge.dicom.reading import read_object
from cxrforge.errors import UsageError
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import Box, Issue
from cxrforge.stages.deidentify_image import image_key
from cxrforge.stages.label import compose
from cxrforge.store import Store
from cxrforge.synthetic.lettering import Letters, burn
from cxrforge.tables import synthetic_people

STRATUM = "canary"
_PLACES = ((0.03, 0.02), (0.55, 0.02), (0.03, 0.94), (0.55, 0.94))  # shares of columns and rows, as consoles write
_SMALLEST_LETTERS = 14


@dataclass(frozen=True, slots=True)
class Planter:
    """What planting needs: where copies are made from and put, and the chance that decides."""

    store: Store
    pseudonyms: Pseudonymizer
    audit: str
    key: bytes


def canary_key(image: str) -> str:
    """Return the store key of a canary; apart from the images that releases are made of."""
    return f"canaries/{image}.dcm"


def usual_number(items: int) -> int:
    """Return how many canaries to mix into a sample: a tenth, twenty at most."""
    return min(20, -(-items // 10))


def with_canaries(
    connection: sa.Connection,
    planter: Planter,
    kind: str,
    items: Sequence[AuditItem],
    population: Sequence[Drawable],
    number: int,
) -> list[AuditItem]:
    """Return the items with `number` canaries mixed in, in a new reading order.

    Copies are made of items that were not drawn, as far as there are any, so that nobody meets an image twice.
    """
    drawn = {i.entity for i in items}
    of = {p.entity: p for p in population}
    fresh = draw([e for e in of if e not in drawn], min(number, len(of) - len(drawn)), planter.key, "canary")
    again = draw(drawn, min(number - len(fresh), len(drawn)), planter.key, "canary")
    planted = [_canary(connection, planter, kind, of[source], n) for n, source in enumerate((*fresh, *again), start=1)]
    every = {i.entity: i for i in (*items, *planted)}
    order = draw(every, len(every), planter.key, f"{planter.audit}/order")
    return [replace(every[entity], position=n) for n, entity in enumerate(order, 1)]


def _canary(connection: sa.Connection, planter: Planter, kind: str, source: Drawable, number: int) -> AuditItem:
    chance = random.Random(planter.key + source.entity.encode())
    digest = planter.pseudonyms.identifier("canary", f"{planter.audit}/{number}/{source.entity}")
    if kind == "images-phi":
        entity = "I" + digest
        planted = _plant_in_image(planter, source.entity, entity, chance)
    else:
        entity = "S" + digest
        planted = _plant_in_report(connection, source.entity, chance)
    canary = {"copy_of": source.entity} | planted
    of_kind = "image" if kind == "images-phi" else "study"
    return AuditItem(entity, 0, of_kind, source.site, STRATUM, 0.0, source.made, canary)


def _plant_in_image(planter: Planter, source: str, entity: str, chance: random.Random) -> dict[str, Any]:
    """Write a copy with a burned-in line, and say where the line stands."""
    ds = read_object(planter.store.path(image_key(source)), defer_pixels=False)
    if isinstance(ds, Issue):
        raise _cannot_copy()
    try:
        stored = decode(ds).copy()
    except Undecodable as error:
        raise _cannot_copy() from error
    inverted = ds.PhotometricInterpretation == "MONOCHROME1"
    box = burn_line(stored[0], fake_line(chance), chance, int(stored.max()), inverted)
    encode(ds, stored)
    ds.SOPInstanceUID = planter.pseudonyms.uid(f"canary {entity}")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    buffer = BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    planter.store.write(canary_key(entity), buffer.getvalue())
    return {"bbox": [float(v) for v in box]}


def burn_line(frame: np.ndarray, line: str, chance: random.Random, most: int, inverted: bool) -> Box:
    """Burn a line into a frame `(rows, columns)` in place, as large and where a console would; return its box."""
    height = max(_SMALLEST_LETTERS, min(frame.shape[:2]) // chance.choice((50, 70, 90)))
    letters = Letters(line, chance.choice(_PLACES), height, True, chance.randrange(4), chance.uniform(0.7, 1.0))
    box = burn(frame if frame.ndim == 2 else frame[..., 0], letters, most, inverted)
    return box or Box(0, 0, frame.shape[1], frame.shape[0])


def fake_line(chance: random.Random, language: str | None = None) -> str:
    """Return a made-up name with a made-up date of birth."""
    names = synthetic_people.load().names
    row = names.get(language or "") or names[chance.choice(sorted(names))]
    given = chance.choice((*row.female, *row.male))
    born = f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.{chance.randint(1930, 2005)}"
    return f"{chance.choice(row.family)}, {given} {born}"


def _plant_in_report(connection: sa.Connection, source: str, chance: random.Random) -> dict[str, Any]:
    """Return a copy of a report with a name put behind one of its sentences, and where it stands."""
    found = shown(connection, source, "study")
    if found is None or found.report is None:
        raise _cannot_copy()
    parts = [dict(part) for part in found.report["sections"]]
    chosen = chance.choice([p for p in parts if p["text"].strip()] or parts)
    line = fake_line(chance, found.report["language"])
    ends = [n + 1 for n, letter in enumerate(chosen["text"]) if letter in ".;"] or [len(chosen["text"])]
    at = chance.choice(ends)
    mark = f" ({line})"
    chosen["text"] = chosen["text"][:at] + mark + chosen["text"][at:]
    _, sections = compose(parts)
    begins = sections[parts.index(chosen)].start + at
    return {"sections": parts, "start": begins, "end": begins + len(mark)}


def _cannot_copy() -> UsageError:
    return UsageError(
        "an item cannot be copied for a canary", next_step="Run the stages again, or draw without canaries."
    )
