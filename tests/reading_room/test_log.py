"""The log is only ever added to, and says so when somebody did otherwise."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from cxrforge.catalogue.reading_schema import action_log
from cxrforge.workspace import Workspace


@pytest.fixture
def logged(workspace: Workspace) -> Workspace:
    """Seven people were added to it."""
    return workspace


def tamper(workspace: Workspace, statement: Any) -> None:
    """Do what the triggers forbid, as somebody with the file in hand could."""
    with workspace.catalogue.write() as connection:
        for event in ("update", "delete"):
            connection.execute(sa.text(f"DROP TRIGGER action_log_no_{event}"))
        connection.execute(statement)


def test_an_untouched_log_has_no_problems_and_is_paged_newest_first(logged: Workspace) -> None:
    room = logged.reading_room
    assert room.verify_log() == []
    newest = room.log(2)
    assert [e.number for e in newest] == [7, 6]
    assert [e.number for e in room.log(2, before=6)] == [5, 4]
    assert [e.number for e in room.log(9, entity=newest[0].entity)] == [7]
    assert room.log_head().hash == newest[0].hash


@pytest.mark.parametrize(
    "statement", [sa.update(action_log).values(person="U0"), sa.delete(action_log).where(action_log.c.number == 2)]
)
def test_the_database_itself_refuses_to_change_the_log(logged: Workspace, statement: Any) -> None:
    with pytest.raises(sa.exc.DatabaseError, match="only ever added"), logged.catalogue.write() as connection:
        connection.execute(statement)
    assert logged.reading_room.verify_log() == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (sa.update(action_log).where(action_log.c.number == 3).values(person="U0"), "row 3 was changed"),
        (sa.delete(action_log).where(action_log.c.number == 3), "row 3 is missing"),
        (sa.delete(action_log).where(action_log.c.number == 7), "should end with row 7"),
        (sa.update(action_log).where(action_log.c.number == 4).values(previous=""), "row 4 does not follow"),
    ],
)
def test_what_was_tampered_with_is_told(logged: Workspace, statement: Any, told: str) -> None:
    tamper(logged, statement)
    assert any(told in problem for problem in logged.reading_room.verify_log())


def test_a_change_that_fails_leaves_no_row(logged: Workspace) -> None:
    with pytest.raises(RuntimeError), logged.reading_room.desk.change(None) as change:
        change.log("something")
        raise RuntimeError
    assert logged.reading_room.log_head().number == 7
