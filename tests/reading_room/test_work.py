"""Drawing, reading, saving as it happens, disagreement and its adjudication."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from reading_factory import names

from cxrforge.audit.people import Person
from cxrforge.audit.work import Assignment
from cxrforge.errors import ConflictError, ForbiddenError, UsageError
from cxrforge.records import OBSERVATIONS
from cxrforge.workspace import Workspace

READERS = ("ann", "bob", "cyd")


def first_of(workspace: Workspace, person: Person, **draw: Any) -> Assignment:
    room = workspace.reading_room
    audit = room.draw("label", seed=1, **{"share": 0.5, "readers": READERS, **draw})
    return room.assignment(room.worklist(person, audit.id)[0].id, person)


def test_the_same_seed_draws_the_same_and_another_one_another(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    drawn = [room.draw("label", share=0.4, seed=seed, readers=["ann"]) for seed in (1, 1, 2)]
    sets = [[row.entity for row in room.worklist(people["ann"], audit.id)] for audit in drawn]
    assert sets[0] == sets[1] and set(sets[0]) != set(sets[2])


def test_at_least_the_wanted_share_of_each_site_is_drawn(workspace: Workspace) -> None:
    audit = workspace.reading_room.draw("label", share=0.1)
    by_site: dict[str, int] = {}
    for s in audit.strata:
        by_site[s.site] = by_site.get(s.site, 0) + s.sampled
    assert by_site["north"] >= 2 and by_site["south"] >= 1
    assert audit.population == 30


def test_an_unblinded_reader_sees_what_the_program_said_and_a_blinded_one_does_not(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    shown = first_of(workspace, people["ann"], blinded=False)
    assert shown.labels is not None and set(shown.labels) == set(OBSERVATIONS)
    assert shown.text[shown.mentions[0]["start"] : shown.mentions[0]["end"]] == "effusion"
    assert [i.view for i in shown.images] == ["PA", "LATERAL"] and shown.images[0].proposals
    assert [shown.text[s.start : s.end] for s in shown.sections][1] == "Effusion."
    blind = first_of(workspace, people["ann"], blinded=True)
    assert blind.labels is None and not blind.mentions and not blind.images[0].proposals and not blind.issues
    assert blind.text


def test_a_stale_save_is_refused_with_what_stands_and_a_repeated_one_is_not(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    room, ann = workspace.reading_room, people["ann"]
    shown = first_of(workspace, ann)
    box = {"id": "b1", "image": shown.images[0].id, "category": "Cardiomegaly", "bbox": [10.25, 20.5, 30, 40]}
    saved = room.save(shown.id, ann, {"boxes": [box]}, 0)
    assert saved.revision == 1
    assert room.save(shown.id, ann, {"boxes": [box]}, 0).revision == 1
    with pytest.raises(ConflictError) as refusal:
        room.save(shown.id, ann, {"comment": "from another tab"}, 0)
    assert refusal.value.revision == 1
    assert room.assignment(shown.id, ann).reading["boxes"][0]["bbox"] == [10.25, 20.5, 30.0, 40.0]
    assert room.save(shown.id, ann, {"comment": "from another tab"}, 1).revision == 2


def test_two_tabs_at_once_lose_nothing_that_was_acknowledged(workspace: Workspace, people: dict[str, Person]) -> None:
    room, ann = workspace.reading_room, people["ann"]
    shown = first_of(workspace, ann)

    def save(n: int) -> bool:
        try:
            room.save(shown.id, ann, {"comment": str(n)}, 0)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(save, range(8)))
    assert sum(done) == 1
    assert room.assignment(shown.id, ann).reading["comment"] == str(done.index(True))
    assert room.verify_log() == []


@pytest.mark.parametrize(
    "reading",
    [
        {"labels": {}},
        {"report_labels": {"Edema": 2}},
        {"report_labels": {"Edema": True}},
        {"report_labels": {"Ascites": 1}},
        {"boxes": [{"image": "I1", "category": "Edema", "bbox": [0, 0, 1]}]},
        {"boxes": [{"image": "I1", "category": "Edema", "bbox": [0, 0, 0, 5]}]},
        {"boxes": [{"image": "I1", "category": "Edema", "bbox": [float("nan"), 0, 1, 5]}]},
        {"identifiers": [{"start": 5, "end": 5}]},
        {"quality": {"I1": {"motion": "splendid"}}},
        {"comment": 3},
        [],
    ],
)
def test_what_is_no_reading_is_refused(workspace: Workspace, people: dict[str, Person], reading: Any) -> None:
    shown = first_of(workspace, people["ann"])
    with pytest.raises(UsageError):
        workspace.reading_room.save(shown.id, people["ann"], reading, 0)


def test_nobody_reads_anothers_assignment(workspace: Workspace, people: dict[str, Person]) -> None:
    shown = first_of(workspace, people["ann"])
    for name in ("bob", "cur", "vic", "mgr"):
        with pytest.raises(ForbiddenError):
            workspace.reading_room.assignment(shown.id, people[name])
        with pytest.raises(ForbiddenError):
            workspace.reading_room.save(shown.id, people[name], {}, 0)


def test_without_readers_whoever_may_takes_what_is_free(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    audit = room.draw("label", share=0.2, double_share=1.0)
    row = room.worklist(people["ann"], audit.id)[0]
    room.save(row.id, people["ann"], {}, 0)
    assert row.entity in {r.entity for r in room.worklist(people["ann"], audit.id) if r.person == people["ann"].id}
    second = next(r for r in room.worklist(people["bob"], audit.id) if r.entity == row.entity)
    assert second.id != row.id
    with pytest.raises(ForbiddenError):
        room.save(second.id, people["ann"], {}, 0)


def complete(workspace: Workspace, person: Person, id: str, labels: dict[str, int | None]) -> None:
    room = workspace.reading_room
    room.save(id, person, {"report_labels": labels}, room.assignment(id, person).revision)
    room.complete(id, person)


def test_two_who_disagree_are_decided_by_a_third(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    audit = room.draw("label", share=0.2, double_share=1.0, readers=READERS)
    first = room.worklist(people["ann"], audit.id)[0]
    rows = {
        name: next((r for r in room.worklist(people[name], audit.id) if r.entity == first.entity), None)
        for name in READERS
    }
    two = [name for name, row in rows.items() if row]
    (third,) = set(READERS) - set(two)
    for name, value in zip(two, (1, 0), strict=True):
        row = rows[name]
        assert row is not None
        complete(workspace, people[name], row.id, {"Edema": value})
    (asked,) = room.adjudications(people[third])
    assert not any(room.adjudications(people[name]) for name in two)
    shown = room.assignment(asked.id, people[third])
    assert [o["reading"]["report_labels"]["Edema"] for o in shown.others] == [1, 0]
    complete(workspace, people[third], asked.id, {"Edema": 1})
    assert not room.adjudications(people[third])


def test_two_who_agree_need_no_third(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    audit = room.draw("label", share=0.1, double_share=1.0, readers=["ann", "bob"])
    for name in ("ann", "bob"):
        for row in room.worklist(people[name], audit.id):
            complete(workspace, people[name], row.id, {"Edema": -1})
    assert room.audit(audit.id).states == {"done": len(room.worklist(people["ann"], audit.id)) * 2}


def test_postponed_and_skipped_work_keeps_what_was_saved(workspace: Workspace, people: dict[str, Person]) -> None:
    room, ann = workspace.reading_room, people["ann"]
    shown = first_of(workspace, ann)
    room.save(shown.id, ann, {"comment": "later"}, 0)
    assert room.postpone(shown.id, ann).state == "postponed"
    assert room.skip(shown.id, ann).state == "skipped"
    assert room.assignment(shown.id, ann).reading["comment"] == "later"


def test_an_identifier_in_a_reading_takes_the_study_out_at_once(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    room, ann = workspace.reading_room, people["ann"]
    shown = first_of(workspace, ann)
    mark = {"image": shown.images[0].id, "bbox": [1, 2, 30, 40]}
    room.save(shown.id, ann, {"identifiers": [mark]}, 0)
    assert shown.study not in {s.id for s in workspace.candidates()}
    room.save(shown.id, ann, {"identifiers": []}, 1)
    assert shown.study not in {s.id for s in workspace.candidates()}  # only a decision takes it in again


def test_a_quality_review_decides_on_its_images(workspace: Workspace, people: dict[str, Person]) -> None:
    room, cur = workspace.reading_room, people["cur"]
    audit = room.draw("quality", readers=["cur"])
    assert audit.sampled == 30
    kept, lost, unsure = room.worklist(cur, audit.id)[:3]
    for row, verdict in ((kept, "pass"), (lost, "fail"), (unsure, "review")):
        room.save(row.id, cur, {"quality": {row.entity: {"motion": verdict, "reason": "seen"}}}, 0)
        room.complete(row.id, cur)
    waiting = {w.entity for w in room.queue("image-quality-review")}
    assert unsure.entity in waiting and not {kept.entity, lost.entity} & waiting
    states = {r.code: r.items for r in workspace.standing().reasons}
    assert states["person-turned-away"] == 1
    criterion = next(c for c in workspace.standing().criteria if c.id == "quality")
    assert "A person reviewed 1;" in criterion.explanation


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "poem"},
        {"kind": "label", "size": 0},
        {"kind": "label", "share": 1.5},
        {"kind": "label", "share": 0.5, "size": 3},
        {"kind": "label", "readers": ["nobody"]},
        {"kind": "label", "readers": ["vic"]},
        {"kind": "label", "readers": ["ann"], "double_share": 0.5},
        {"kind": "label", "canaries": 1},
    ],
)
def test_what_cannot_be_drawn_is_refused(
    workspace: Workspace, people: dict[str, Person], wanted: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        workspace.reading_room.draw(wanted.pop("kind"), **wanted)


def test_images_are_found_by_id_alone(workspace: Workspace) -> None:
    room = workspace.reading_room
    name = names("north", 0)["PA"]
    workspace.store.write(f"images/{name}.dcm", b"an object")
    assert room.image_path(name).read_bytes() == b"an object"
    for wrong in ("../../vault/key", "Inowhere"):
        with pytest.raises(UsageError):
            room.image_path(wrong)
