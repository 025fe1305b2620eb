"""Who gets in, and what they may do."""

from __future__ import annotations

import pytest
from reading_factory import PASSWORD

from cxrforge.audit.people import Person
from cxrforge.errors import ForbiddenError, UsageError
from cxrforge.workspace import Workspace


def test_only_name_and_password_together_let_in(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    assert room.authenticate("ann", PASSWORD) == people["ann"]
    assert room.authenticate("ann", PASSWORD + " ") is None
    assert room.authenticate("nobody", PASSWORD) is None


def test_a_disabled_person_stays_out_until_let_in_again(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    room.disable("ann", by=people["cur"])
    assert room.authenticate("ann", PASSWORD) is None
    room.disable("ann", by=people["cur"], disabled=False)
    assert room.authenticate("ann", PASSWORD)


def test_everyone_sets_their_own_password_and_only_curators_anothers(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    room = workspace.reading_room
    room.set_password("ann", "another one, longer", by=people["ann"])
    assert room.authenticate("ann", PASSWORD) is None
    assert room.authenticate("ann", "another one, longer")
    with pytest.raises(ForbiddenError):
        room.set_password("bob", "another one, longer", by=people["ann"])


@pytest.mark.parametrize(
    ("name", "role", "password", "sites"),
    [
        ("", "viewer", PASSWORD, []),
        ("a b", "viewer", PASSWORD, []),
        ("ann", "viewer", PASSWORD, []),
        ("new", "king", PASSWORD, []),
        ("new", "viewer", "short", []),
        ("new", "viewer", PASSWORD, ["nowhere"]),
    ],
)
def test_what_is_no_person_is_refused(
    workspace: Workspace, people: dict[str, Person], name: str, role: str, password: str, sites: list[str]
) -> None:
    with pytest.raises(UsageError):
        workspace.reading_room.add_person(name, role, password, sites=sites)


def test_names_and_passwords_stand_in_no_log_and_no_repr(workspace: Workspace, people: dict[str, Person]) -> None:
    said = repr(workspace.reading_room.log(1000)) + repr(list(people.values()))
    assert "'ann'" not in said and PASSWORD not in said
    assert people["ann"].id in said
