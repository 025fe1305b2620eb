"""People of the reading room: added, named, let in, kept out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cxrforge.audit.people import Person
from cxrforge.catalogue.holdings import sites as known_sites
from cxrforge.catalogue.people import all_people, find_person, insert_person, password_hash, update_person
from cxrforge.catalogue.web_sessions import end_sessions_of
from cxrforge.errors import UsageError
from cxrforge.reading_room.desk import Desk, require
from cxrforge.tables import roles

SHORTEST_PASSWORD = 10
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$jb0S9qRhH9bSrcDhOikM0g$khJigGaOnHYUtsSAG27lL2LUVG0DXGt7Y3JJOBqzHfY"
"""The hash of nobody's password: compared where the name is unknown, so that the answer takes as long."""


def add_person(
    desk: Desk,
    name: str,
    role: str,
    password: str,
    *,
    sites: Sequence[str] = (),
    qualification: str = "",
    by: Person | None,
) -> Person:
    """Add a person, whose name is what they log in with."""
    require(by, "manage-people")
    if not _NAME.fullmatch(name):
        raise UsageError("name of a person", expected="letters, digits, '.', '_', '@' and '-', at most 64")
    if role not in roles.load():
        raise UsageError("role", expected=" or ".join(roles.load()), found=repr(role))
    hashed = _hashed(password)
    row = Person(desk.person_id(name), name, role, tuple(dict.fromkeys(sites)), qualification)
    with desk.change(by) as change:
        unknown = set(row.sites) - {s.id for s in known_sites(change.connection)}
        if unknown:
            raise UsageError("a site of the person is unknown", next_step="See `cxrforge site list`.")
        if not insert_person(change.connection, row, hashed):
            raise UsageError("a person of this name is there already")
        change.log("add-person", "person", row.id, {"role": role, "sites": list(row.sites)})
    return row


def people(desk: Desk) -> list[Person]:
    """Return everyone, by name."""
    with desk.catalogue.read() as connection:
        return all_people(connection)


def person(desk: Desk, id: str) -> Person | None:
    """Return the person with this id, for a session that was begun."""
    with desk.catalogue.read() as connection:
        return find_person(connection, id=id)


def authenticate(desk: Desk, name: str, password: str) -> Person | None:
    """Return the person whose name and password these are; as slow for a name that nobody has."""
    with desk.catalogue.read() as connection:
        found, hashed = find_person(connection, name=name), password_hash(connection, name)
    try:
        PasswordHasher().verify(hashed or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return found if found and not found.disabled else None


def set_password(desk: Desk, name: str, password: str, *, by: Person | None) -> None:
    """Give a person another password; everyone may set their own."""
    if by is None or by.name != name:
        require(by, "manage-people")
    hashed = _hashed(password)
    with desk.change(by) as change:
        found = _known(find_person(change.connection, name=name))
        update_person(change.connection, found.id, password=hashed)
        if by is None:  # from the command line: whoever is logged in with the old one is out
            end_sessions_of(change.connection, found.id)
        change.log("set-password", "person", found.id)


def disable(desk: Desk, name: str, *, by: Person | None, disabled: bool = True) -> Person:
    """Keep a person out, or let them in again; what they read and decided stays."""
    require(by, "manage-people")
    with desk.change(by) as change:
        found = _known(find_person(change.connection, name=name))
        update_person(change.connection, found.id, disabled=disabled)
        end_sessions_of(change.connection, found.id)
        change.log("disable-person" if disabled else "enable-person", "person", found.id)
    return replace(found, disabled=disabled)


def _known(found: Person | None) -> Person:
    if found is None:
        raise UsageError("nobody of this name is known", next_step="See `cxrforge user list`.")
    return found


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError("the password is too short", expected=f"at least {SHORTEST_PASSWORD} characters")
    return PasswordHasher().hash(password)
