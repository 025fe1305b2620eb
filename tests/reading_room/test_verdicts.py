"""Flags and decisions take items out and in at once, and the next run finds nothing to add."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from reading_factory import Watcher, names, outcome

from cxrforge.audit.people import Person
from cxrforge.catalogue.schema import study
from cxrforge.errors import ForbiddenError, UsageError
from cxrforge.stages.select import reselect
from cxrforge.workspace import Workspace

FIRST = names("north", 0)


def state(workspace: Workspace, entity: str = FIRST["study"]) -> str:
    with workspace.catalogue.read() as connection:
        found: str = connection.execute(sa.select(study.c.state).where(study.c.id == entity)).scalar_one()
        return found


def accept(workspace: Workspace, entity: str = FIRST["PA"], code: str = "image-quality-review") -> None:
    workspace.reading_room.decide("image", entity, code, "accept", "looked at it")


def select_anew(workspace: Workspace) -> None:
    with workspace.catalogue.write() as connection:
        reselect(connection, [FIRST["study"]], workspace.reading_room.desk.tools)


def select_has_nothing_to_do(workspace: Workspace) -> bool:
    counts = {c.stage: c.pending for c in workspace.run(Watcher(), executor="serial")}
    return counts["select"] == 0


def test_an_accepted_issue_holds_its_item_no_longer(workspace: Workspace) -> None:
    assert state(workspace) == "review"
    before = workspace.reading_room.queues()
    accept(workspace)
    assert state(workspace) == "accepted"
    (after,) = workspace.reading_room.queues()
    assert (before[0].items, after.items) == (30, 29)
    assert select_has_nothing_to_do(workspace)


def test_an_acceptance_ends_with_the_input_it_was_given_on(workspace: Workspace) -> None:
    accept(workspace)
    with workspace.catalogue.write() as connection:
        issues = [("image-quality-review", "motion")]
        outcome(connection, workspace, "examine-image", "image", FIRST["PA"], "north", "made anew", {}, issues)
    select_anew(workspace)
    assert state(workspace) == "review"
    assert workspace.reading_room.queues()[0].items == 30


def test_a_turn_away_takes_the_image_out_and_a_later_acceptance_in_again(workspace: Workspace) -> None:
    room = workspace.reading_room
    room.decide("image", FIRST["PA"], "image-quality-review", "turn-away", "moved")
    assert state(workspace) == "turned-away"
    reasons = {r.code: r.items for r in workspace.standing().reasons}
    assert reasons["person-turned-away"] == 1
    assert select_has_nothing_to_do(workspace)
    accept(workspace)
    assert state(workspace) == "accepted"


def test_a_flag_takes_the_item_out_at_once_and_a_run_does_not_bring_it_back(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    room = workspace.reading_room
    accept(workspace)
    assert room.flag_identifier(people["ann"], "image", FIRST["PA"], bbox=(1, 2, 3, 4), note="a name")
    assert state(workspace) == "turned-away"
    assert FIRST["study"] not in {s.id for s in workspace.candidates()}
    assert select_has_nothing_to_do(workspace)
    assert [q.items for q in room.queues() if q.name == "person-flagged-identifier"] == [1]


def test_a_flag_on_a_report_takes_the_study_out(workspace: Workspace, people: dict[str, Person]) -> None:
    workspace.reading_room.flag_identifier(people["ann"], "report", FIRST["study"], span=("findings", 0, 5))
    assert state(workspace) == "turned-away"


def test_a_flag_on_a_lateral_takes_the_lateral_out(workspace: Workspace, people: dict[str, Person]) -> None:
    accept(workspace)
    workspace.reading_room.flag_identifier(people["ann"], "image", FIRST["LATERAL"], bbox=(1, 2, 3, 4))
    assert state(workspace) == "accepted"
    (found,) = [s for s in workspace.candidates() if s.id == FIRST["study"]]
    assert [i.id for i in found.images] == [FIRST["PA"]]


def test_only_who_may_clears_a_flag(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    accept(workspace)
    room.flag_identifier(people["ann"], "image", FIRST["PA"], bbox=(1, 2, 3, 4))
    for name in ("ann", "mgr", "vic"):
        with pytest.raises(ForbiddenError):
            room.decide("image", FIRST["PA"], "person-flagged-identifier", "accept", "no", by=people[name])
    room.decide("image", FIRST["PA"], "person-flagged-identifier", "accept", "a marker", by=people["dpo"])
    assert state(workspace) == "accepted"


def test_a_flag_outlasts_another_run_and_goes_when_a_person_clears_it(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    room = workspace.reading_room
    accept(workspace)
    room.flag_identifier(people["ann"], "image", FIRST["PA"], bbox=(1, 2, 3, 4))
    with workspace.catalogue.write() as connection:
        outcome(connection, workspace, "deidentify-image", "image", FIRST["PA"], "north", "mended", {}, [])
    select_anew(workspace)
    assert state(workspace) == "turned-away"
    room.decide(
        "image", FIRST["PA"], "person-flagged-identifier", "accept", "mended, and looked at again", by=people["cur"]
    )
    assert state(workspace) == "accepted"
    assert "person-flagged-identifier" not in {r.code for r in workspace.standing().reasons}


def test_decisions_need_a_reason_an_issue_and_the_right_site(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    with pytest.raises(UsageError, match="reason"):
        room.decide("image", FIRST["PA"], "image-quality-review", "accept", " ")
    with pytest.raises(UsageError, match="nothing waits"):
        room.decide("image", FIRST["LATERAL"], "image-quality-review", "accept", "looked")
    with pytest.raises(UsageError, match="repeats"):
        room.decide("study", FIRST["study"], "study-images-wait", "accept", "looked")
    with pytest.raises(UsageError, match="not held"):
        room.decide("image", "I0", "image-quality-review", "accept", "looked")
    with pytest.raises(ForbiddenError):
        room.decide("image", names("south", 0)["PA"], "image-quality-review", "accept", "looked", by=people["mgr"])
    room.decide("image", FIRST["PA"], "image-quality-review", "accept", "looked", by=people["mgr"])


def test_a_site_s_manager_sees_the_queues_of_that_site(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    assert room.queues(by=people["mgr"])[0].items == 20
    assert {w.site for w in room.queue("image-quality-review", by=people["mgr"])} == {"north"}
    with pytest.raises(ForbiddenError):
        room.queues("south", by=people["mgr"])
    with pytest.raises(ForbiddenError):
        room.queues(by=people["vic"])


def test_a_queue_is_paged_by_pseudonym(workspace: Workspace) -> None:
    room = workspace.reading_room
    page = room.queue("image-quality-review", limit=12)
    rest = room.queue("image-quality-review", limit=100, after=page[-1].entity)
    assert len(page) == 12 and len({w.entity for w in (*page, *rest)}) == 30
