"""Logins that last: an opaque token in a cookie, everything else in the catalogue."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.web_sessions import (
    WebSession,
    begin_session,
    end_session,
    end_sessions_of,
    find_session,
    sweep_sessions,
    touch_session,
)

COOKIE = "cxrforge-session"
LOGIN_COOKIE = "cxrforge-login"
LONGEST_S = 12 * 3600
IDLE_S = 2 * 3600
_TOUCH_S = 60
"""A session's last use is written no more often than this: reading must not cost a transaction for each request."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """The logins of one workspace; `clock` returns seconds since 1970."""

    catalogue: Catalogue
    clock: Callable[[], float]

    def begin(self, person: str) -> tuple[str, WebSession]:
        """Log a person in; return the cookie's token, which is kept nowhere, and the session."""
        token, now = secrets.token_urlsafe(32), int(self.clock())
        session = WebSession(_digest(token), person, secrets.token_urlsafe(32), now, now)
        with self.catalogue.write() as connection:
            sweep_sessions(connection, began_before=now - LONGEST_S, seen_before=now - IDLE_S)
            begin_session(connection, session)
        return token, session

    def find(self, token: str | None) -> WebSession | None:
        """Return the session of a cookie's token, None when there is none or it has run out."""
        if not token or len(token) > 128:
            return None
        now = int(self.clock())
        with self.catalogue.read() as connection:
            session = find_session(connection, _digest(token))
        if session is None or now - session.began > LONGEST_S or now - session.seen > IDLE_S:
            return None
        if now - session.seen >= _TOUCH_S:
            with self.catalogue.write() as connection:
                touch_session(connection, session.digest, now)
        return session

    def end(self, session: WebSession) -> None:
        """Log out."""
        with self.catalogue.write() as connection:
            end_session(connection, session.digest)

    def end_others(self, person: str, keep: WebSession | None = None) -> None:
        """Log a person out everywhere, `keep` excepted."""
        with self.catalogue.write() as connection:
            end_sessions_of(connection, person, but=keep.digest if keep else "")


def same_token(given: str | None, expected: str) -> bool:
    """Compare two tokens in constant time."""
    return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def new_token() -> str:
    """Return a fresh random token."""
    return secrets.token_urlsafe(32)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
