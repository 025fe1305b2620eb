"""Fingerprints, the pairs of images that look like one, and what people decided on them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cxrforge.catalogue.schema import compared, image, issue, outcome, repeat, study
from cxrforge.catalogue.statements import chunks, upsert
from cxrforge.catalogue.withdrawals import not_withdrawn

SAME, DIFFERENT = "same", "different"
STAGE = "find-repeats"
"""The name under which issues about repeats stand in the catalogue."""

_IN = ("accepted", "review")


@dataclass(frozen=True, slots=True)
class Examined:
    """An examined image: whose it is, where, and which examination took its fingerprint."""

    image: str
    patient: str
    site: str
    output_hash: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """Two images of two patients that look like one exposure; `decision` is None, `same` or `different`."""

    first: str
    second: str
    correlation: float
    mirrored: bool
    inverted: bool
    confirmed: bool
    decision: str | None = None


def examined_images(connection: sa.Connection, examination: str) -> list[Examined]:
    """Return every image with a fingerprint that the stage `examination` let go on, by id."""
    query = sa.select(image.c.id, study.c.patient, image.c.site, outcome.c.output_hash)
    query = query.join(study, study.c.id == image.c.study).join(outcome, outcome.c.entity == image.c.id)
    query = query.where(outcome.c.stage == examination, outcome.c.state.in_(("done", "review")))
    query = query.where(outcome.c.payload["fingerprint"].as_string().is_not(None)).order_by(image.c.id)
    return [Examined(*row) for row in connection.execute(query)]


def fingerprints(connection: sa.Connection, examination: str, images: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the stored fingerprints of images."""
    for some in chunks(images):
        query = sa.select(outcome.c.entity, outcome.c.payload["fingerprint"].as_string())
        query = query.where(outcome.c.stage == examination, outcome.c.entity.in_(some))
        for entity, text in connection.execute(query):
            yield entity, base64.b64decode(text)


def compared_images(connection: sa.Connection) -> dict[str, str]:
    """Return for each image that was compared the examination whose fingerprint it was."""
    return {row.image: row.output_hash for row in connection.execute(sa.select(compared))}


def record_repeats(
    connection: sa.Connection,
    fresh: Mapping[str, str],
    gone: Sequence[str],
    found: Sequence[Repeat],
    issues: Sequence[Mapping[str, str]],
) -> None:
    """Write what one search found for `fresh` images (id to examination); forget pairs of `gone` and stale ones.

    A pair that is found again keeps what a person decided on it.
    """
    decided = {(r.first, r.second): r.decision for r in repeats(connection) if r.decision}
    for some in chunks([*fresh, *gone]):
        connection.execute(sa.delete(repeat).where(sa.or_(repeat.c.first.in_(some), repeat.c.second.in_(some))))
        connection.execute(sa.delete(compared).where(compared.c.image.in_(some)))
    rows = [
        {
            "first": r.first,
            "second": r.second,
            "correlation": r.correlation,
            "mirrored": r.mirrored,
            "inverted": r.inverted,
            "confirmed": r.confirmed,
            "decision": decided.get((r.first, r.second)),
        }
        for r in found
    ]
    upsert(connection, repeat, rows)
    upsert(connection, compared, [{"image": name, "output_hash": made} for name, made in fresh.items()])
    connection.execute(sa.delete(issue).where(issue.c.stage == STAGE))
    upsert(connection, issue, list(issues))


def repeats(connection: sa.Connection) -> list[Repeat]:
    """Return every pair, the most alike first."""
    query = sa.select(repeat).order_by(repeat.c.correlation.desc(), repeat.c.first, repeat.c.second)
    return [Repeat(**row._mapping) for row in connection.execute(query)]


def decide(connection: sa.Connection, first: str, second: str, decision: str | None) -> bool:
    """Write what a person decided on a pair; False where there is no such pair."""
    pair = sa.or_(
        sa.and_(repeat.c.first == first, repeat.c.second == second),
        sa.and_(repeat.c.first == second, repeat.c.second == first),
    )
    return connection.execute(sa.update(repeat).where(pair).values(decision=decision)).rowcount > 0


def repeat_counts(connection: sa.Connection, examination: str) -> tuple[int, int] | None:
    """Return how many pairs of candidate studies are repeats, and how many wait for a person.

    A pair beyond doubt counts as a repeat until a person calls it different. None while an examined image has not been
    compared, or where nothing was examined.
    """
    examined = {row.image: row.output_hash for row in examined_images(connection, examination)}
    done = compared_images(connection)
    if not examined or any(done.get(name) != made for name, made in examined.items()):
        return None
    inside = (
        sa.select(image.c.id)
        .join(study, study.c.id == image.c.study)
        .where(
            study.c.state.in_(_IN),
            study.c.stopped.is_(False),
            *not_withdrawn(),
            sa.or_(image.c.role.is_(None), image.c.role.in_(("primary", "lateral"))),
        )
    )
    held = set(connection.execute(inside).scalars())
    kept = [r for r in repeats(connection) if r.first in held and r.second in held and r.decision != DIFFERENT]
    certain = sum(r.confirmed or r.decision == SAME for r in kept)
    return certain, len(kept) - certain
