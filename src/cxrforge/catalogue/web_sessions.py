"""Who is logged in: sessions of the reading room, by the digest of their token."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from cxrforge.catalogue.schema import metadata

web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("digest", sa.String, primary_key=True),  # SHA-256 of the cookie's token: the table opens no door
    sa.Column("person", sa.String, nullable=False, index=True),
    sa.Column("csrf", sa.String, nullable=False),
    sa.Column("began", sa.BigInteger, nullable=False),  # seconds since 1970
    sa.Column("seen", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class WebSession:
    """One login: who, the token that its writes must carry, when it began and was last used (seconds since 1970)."""

    digest: str
    person: str
    csrf: str
    began: int
    seen: int

    def __repr__(self) -> str:
        """Show nothing that a log line must not carry."""
        return f"WebSession(began={self.began}, seen={self.seen})"


def begin_session(connection: sa.Connection, session: WebSession) -> None:
    """Record a login."""
    values = {name: getattr(session, name) for name in WebSession.__slots__}
    connection.execute(sa.insert(web_session).values(**values))


def find_session(connection: sa.Connection, digest: str) -> WebSession | None:
    """Return the session whose token has this digest."""
    row = connection.execute(sa.select(web_session).where(web_session.c.digest == digest)).first()
    return WebSession(*row) if row else None


def touch_session(connection: sa.Connection, digest: str, seen: int) -> None:
    """Record that a session was used."""
    connection.execute(sa.update(web_session).where(web_session.c.digest == digest).values(seen=seen))


def end_session(connection: sa.Connection, digest: str) -> None:
    """Forget one session."""
    connection.execute(sa.delete(web_session).where(web_session.c.digest == digest))


def end_sessions_of(connection: sa.Connection, person: str, *, but: str = "") -> None:
    """Forget every session of a person, `but` the one with this digest."""
    connection.execute(sa.delete(web_session).where(web_session.c.person == person, web_session.c.digest != but))


def sweep_sessions(connection: sa.Connection, *, began_before: int, seen_before: int) -> None:
    """Forget the sessions that have run out."""
    old = sa.or_(web_session.c.began < began_before, web_session.c.seen < seen_before)
    connection.execute(sa.delete(web_session).where(old))
