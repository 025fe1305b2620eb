"""Which runner works on what: claims that lapse unless they are kept, so that a dead runner holds nothing for long."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cxrforge.catalogue.schema import claim
from cxrforge.catalogue.statements import chunks, seconds_now


def take(
    connection: sa.Connection, stage: str, entities: Collection[str], *, runner: str, place: str, lease_s: float
) -> set[str]:
    """Claim what nobody holds, for `lease_s` seconds, and return it."""
    taken: set[str] = set()
    until = seconds_now(connection) + lease_s
    for some in chunks(sorted(entities)):  # in one order everywhere: two runners never wait for each other
        _drop_lapsed(connection, stage, some)
        rows = [{"stage": stage, "entity": e, "runner": runner, "place": place, "until": until} for e in some]
        insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(claim).values(rows)
        statement = insert.on_conflict_do_nothing().returning(claim.c.entity)
        taken.update(connection.execute(statement).scalars())
    return taken


def _drop_lapsed(connection: sa.Connection, stage: str, entities: Sequence[str]) -> None:
    of_these = sa.and_(claim.c.stage == stage, claim.c.entity.in_(entities))
    lapsed = sa.select(claim.c.entity).where(of_these, claim.c.until < seconds_now(connection))
    lapsed = lapsed.with_for_update(skip_locked=True)  # its owner may be keeping it at this moment
    connection.execute(sa.delete(claim).where(claim.c.stage == stage, claim.c.entity.in_(lapsed)))


def keep(connection: sa.Connection, runner: str, lease_s: float) -> None:
    """Let a runner's claims stand for another `lease_s` seconds."""
    until = seconds_now(connection) + lease_s
    connection.execute(sa.update(claim).where(claim.c.runner == runner).values(until=until))


def give_back(connection: sa.Connection, stage: str, entities: Sequence[str], runner: str) -> set[str]:
    """End claims and return those that were the runner's until now: what lapsed may be another's by now."""
    ended: set[str] = set()
    for some in chunks(sorted(entities)):
        mine = sa.delete(claim).where(claim.c.stage == stage, claim.c.runner == runner, claim.c.entity.in_(some))
        ended.update(connection.execute(mine.returning(claim.c.entity)).scalars())
    return ended


def forget_place(connection: sa.Connection, place: str) -> None:
    """End every claim of earlier runners of a place: whoever holds the place's lock knows that they are dead."""
    connection.execute(sa.delete(claim).where(claim.c.place == place))
