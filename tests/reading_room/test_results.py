"""Identifier audits and label audits, from the draw to the criteria and a release's files."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from pydicom import dcmread, dcmwrite
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from reading_factory import labels_of, names, outcome

from cxrforge.audit.people import Person
from cxrforge.audit.readings import label_value
from cxrforge.audit.work import Assignment, Audit
from cxrforge.auditing.published import published, whole_pixels
from cxrforge.catalogue.audits import audit_items
from cxrforge.catalogue.schema import image
from cxrforge.reading_room.canaries import burn_line, fake_line
from cxrforge.records import OBSERVATIONS, Box, CriterionState
from cxrforge.stages.deidentify_image import image_key
from cxrforge.tables import criteria, synthetic_people
from cxrforge.workspace import Workspace


def criterion(workspace: Workspace, name: str) -> CriterionState:
    return next(c for c in workspace.standing().criteria if c.id == name)


def read_all(workspace: Workspace, person: Person, audit: Audit, marks: Any = None, simulated: bool = False) -> None:
    """Read everything; `marks` gives the identifiers of an assignment."""
    room = workspace.reading_room
    for row in room.worklist(person, audit.id):
        shown = room.assignment(row.id, person)
        room.save(row.id, person, {"identifiers": marks(shown) if marks else []}, 0, simulated=simulated)
        room.complete(row.id, person, simulated=simulated)


def seen(shown: Assignment) -> list[dict[str, Any]]:
    """What an attentive reader marks: made-up names of the table that stand in the report."""
    names = synthetic_people.load().names.values()
    found = [name for row in names for name in row.family if name in shown.text]
    return [{"section": "", "start": shown.text.index(n), "end": shown.text.index(n) + len(n)} for n in found]


def test_canaries_measure_readers_and_look_like_any_other_report(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    room = workspace.reading_room
    audit = room.draw("reports-phi", share=0.5, canaries=4, readers=["ann"], seed=2)
    assert (audit.sampled, audit.canaries) == (15, 4)
    shown = [room.assignment(row.id, people["ann"]) for row in room.worklist(people["ann"], audit.id)]
    assert len(shown) == 19 and len({a.entity for a in shown}) == 19
    assert {(a.study, a.labels, a.issues, len(a.images), len(a.sections)) for a in shown} == {("", None, (), 0, 2)}
    read_all(workspace, people["ann"], audit, seen)
    found = room.statistics(audit.id)["results"]
    assert found["sensitivity"]["planted"] == found["sensitivity"]["found"] == 4
    assert found["hits"] == 0 and found["read"] == 15
    assert "readers found 4 of 4 planted canaries" in criterion(workspace, "phi-audit").explanation
    assert len(workspace.candidates()) == 30  # what was marked on canaries took nothing out


def test_a_reader_who_overlooks_canaries_is_measured_so(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    audit = room.draw("reports-phi", share=0.5, canaries=3, readers=["ann"])
    read_all(workspace, people["ann"], audit)
    assert room.statistics(audit.id)["results"]["sensitivity"]["found"] == 0


def test_canaries_stand_in_no_table_that_a_release_reads(workspace: Workspace, people: dict[str, Person]) -> None:
    audit = workspace.reading_room.draw("reports-phi", share=0.5, canaries=4, readers=["ann"])
    read_all(workspace, people["ann"], audit)
    with workspace.catalogue.read() as connection:
        planted = {i.entity for i in audit_items(connection, audit.id) if i.canary}
        for table in ("study", "image", "outcome", "issue", "label"):
            rows = connection.execute(sa.text(f"SELECT * FROM {table}")).all()
            assert not planted & {value for row in rows for value in row if isinstance(value, str)}
    assert not planted & {row["entity"] for row in workspace.reading_room.export_readings(audit.id)}


def test_a_hit_asks_for_another_draw_which_then_counts(workspace: Workspace, people: dict[str, Person]) -> None:
    room, ann = workspace.reading_room, people["ann"]
    audit = room.draw("reports-phi", share=1.0, canaries=0, readers=["ann"])
    first = room.worklist(ann, audit.id)[0].entity
    read_all(workspace, ann, audit, lambda a: [{"section": "", "start": 0, "end": 5}] if a.entity == first else [])
    found = room.statistics(audit.id)["results"]
    assert (found["hits"], found["read"], found["more_to_read"]) == (1, 30, None)
    assert "mend the cause of the hits" in criterion(workspace, "phi-audit").explanation
    assert len(workspace.candidates()) == 29
    again = room.draw("reports-phi", share=1.0, canaries=0, readers=["ann"])
    read_all(workspace, ann, again)
    found = room.statistics(again.id)["results"]
    assert (found["hits"], found["upper_bound"]) == (0, 0.0)


def test_a_flag_without_a_mark_in_the_reading_is_a_hit_too_until_it_is_cleared(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    room, ann = workspace.reading_room, people["ann"]
    audit = room.draw("images-phi", share=1.0, canaries=0, readers=["ann"])
    shown = room.assignment(room.worklist(ann, audit.id)[0].id, ann)
    assert not shown.text and [i.id for i in shown.images] == [shown.entity]
    read_all(workspace, ann, audit)
    assert room.statistics(audit.id)["results"]["hits"] == 0
    room.flag_identifier(ann, "image", shown.entity, bbox=(1, 2, 3, 4))
    assert room.statistics(audit.id)["results"]["hits"] == 1
    room.decide("image", shown.entity, "person-flagged-identifier", "accept", "a marker", by=people["dpo"])
    assert room.statistics(audit.id)["results"]["hits"] == 0


def test_what_was_made_anew_after_the_draw_is_not_vouched_for(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    audit = room.draw("reports-phi", share=1.0, canaries=0, readers=["ann"])
    read_all(workspace, people["ann"], audit)
    assert room.statistics(audit.id)["results"]["upper_bound"] == 0
    name = names("north", 1)["study"]
    with workspace.catalogue.write() as connection:
        payload = {"language": "de", "sections": [], "rules": [], "identifiers": {}, "observations": 0}
        outcome(connection, workspace, "deidentify-report", "study", name, "north", "anew", payload, [])
    found = room.statistics(audit.id)["results"]
    assert (found["read"], found["population"], found["upper_bound"]) == (29, 30, pytest.approx(1 / 30))


def store_image(workspace: Workspace, name: str, photometric: str) -> None:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = "2.25.1"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PhotometricInterpretation = (
        meta.MediaStorageSOPClassUID,
        "2.25.1",
        photometric,
    )
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.BitsAllocated, ds.BitsStored, ds.HighBit = 600, 500, 1, 16, 12, 11
    ds.PixelRepresentation = 0
    ds.PixelData = np.tile(np.linspace(0, 4000, 500).astype(np.uint16), (600, 1)).tobytes()
    dcmwrite(workspace.store.path(image_key(name)), ds, enforce_file_format=True)


def test_a_canary_is_a_copy_with_text_burned_in_where_it_says(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    with workspace.catalogue.read() as connection:
        every = connection.execute(sa.select(image.c.id)).scalars().all()
    for n, name in enumerate(every):
        store_image(workspace, name, ("MONOCHROME1", "MONOCHROME2")[n % 2])
    audit = room.draw("images-phi", size=6, canaries=4, readers=["ann"])
    with workspace.catalogue.read() as connection:
        planted = [i for i in audit_items(connection, audit.id) if i.canary]
    assert len(planted) == audit.canaries == 4
    for item in planted:
        assert item.canary is not None
        copy, source = (dcmread(room.image_path(i)) for i in (item.entity, item.canary["copy_of"]))
        changed = np.argwhere(copy.pixel_array != source.pixel_array)
        x, y, w, h = (int(v) for v in item.canary["bbox"])
        inside = (changed[:, 0] >= y) & (changed[:, 0] < y + h) & (changed[:, 1] >= x) & (changed[:, 1] < x + w)
        assert len(changed) > 100 and inside.mean() > 0.95
        assert copy.SOPInstanceUID != source.SOPInstanceUID
    assert not any(p.is_file() for i in planted for p in (workspace.store.root / "images").rglob(f"{i.entity}*"))


def test_planted_lines_are_legible_and_made_up() -> None:
    chance = random.Random(1)
    for inverted in (False, True):
        frame = np.full((1200, 1000), 1500, np.uint16)
        box = burn_line(frame, fake_line(chance), chance, 4095, inverted)
        inked = frame[box.y : box.y + box.h, box.x : box.x + box.w]
        assert box.h >= 10 and (inked < 1000).any() if inverted else (inked > 2000).any()


def read_labels(workspace: Workspace, person: Person, audit: Audit, wrong: set[str]) -> None:
    room = workspace.reading_room
    for row in room.worklist(person, audit.id):
        told = {o: label_value(a) for o, a in labels_of(int(row.entity[-4:])).items()}
        if row.entity in wrong:
            told["Pleural Effusion"] = 1 if told["Pleural Effusion"] == 0 else 0
        box = {"id": "b", "image": f"I{row.entity[1:]}a", "category": "Cardiomegaly", "bbox": [10.4, 20.6, 99.8, 50]}
        room.save(row.id, person, {"report_labels": told, "boxes": [box]}, 0, seconds=60)
        room.complete(row.id, person)


def test_a_label_audit_is_measured_with_its_weights(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    audit = room.draw("label", share=0.5, readers=["ann"], seed=1)
    before = room.statistics(audit.id)
    assert before["left"] == audit.sampled and before["hours_left"] > 0
    assert criterion(workspace, "label-audit").value is not None or not criterion(workspace, "label-audit").met
    wrong = room.worklist(people["ann"], audit.id)[0].entity
    read_labels(workspace, people["ann"], audit, {wrong})
    found = room.statistics(audit.id)
    assert (found["left"], found["seconds_per_reading"]) == (0, 60.0)
    effusion = found["results"]["labels"]["Pleural Effusion"]
    faults = [effusion["positive"][k] for k in ("false_positive", "false_negative")]
    assert sorted(faults) == [0, 1]
    assert effusion["positive"]["f1"]["value"] < 1
    assert found["results"]["labels"]["Edema"]["positive"]["precision"]["value"] is None
    state = criterion(workspace, "label-audit")
    assert state.met and "15 of 30 studies were read" in state.explanation
    boxes = criterion(workspace, "boxes").explanation
    assert boxes.startswith(
        f"{sum(int(r.entity[-4:]) % 2 for r in room.worklist(people['ann'], audit.id))} of 15 studies"
    )
    assert "Pleural Effusion" in state.explanation  # one fault in so few is under the floor


def test_double_reads_say_how_well_readers_agree(workspace: Workspace, people: dict[str, Person]) -> None:
    room = workspace.reading_room
    audit = room.draw("label", share=0.4, double_share=1.0, readers=["ann", "bob"], seed=1)
    read_labels(workspace, people["ann"], audit, set())
    read_labels(workspace, people["bob"], audit, {room.worklist(people["bob"], audit.id)[0].entity})
    found = room.statistics(audit.id)["results"]
    assert found["read_twice"] == audit.sampled and found["waiting_for_third_reader"] == 1
    readers = found["labels"]["Pleural Effusion"]["readers"]
    assert readers["cohen"]["pairs"] == audit.sampled and readers["cohen"]["value"] < 1
    assert readers["gwet"]["value"] < 1 and readers["fleiss"] < 1


def test_a_release_takes_readings_boxes_and_statistics_and_says_what_is_simulated(
    workspace: Workspace, people: dict[str, Person]
) -> None:
    room = workspace.reading_room
    audit = room.draw("label", share=0.5, readers=["ann"], seed=1)
    read_labels(workspace, people["ann"], audit, set())
    phi = room.draw("reports-phi", share=0.5, canaries=0, readers=["bob"])
    read_all(workspace, people["bob"], phi, simulated=True)
    studies = {s.id: {i.id for i in s.images} for s in workspace.candidates()}
    with workspace.catalogue.read() as connection:
        found = published(connection, criteria.resolve_thresholds({}), studies)
    assert len(found.readings) == len(found.boxes) == audit.sampled
    row = found.readings[0]
    assert (row.reader, row.counts, row.simulated) == ("reader 1", True, False) and set(row.labels) == set(OBSERVATIONS)
    assert found.boxes[0].box == Box(10, 21, 100, 50) and found.boxes[0].status == "confirmed"
    assert found.label_audit is not None and not found.label_audit["simulated"]
    assert found.phi_audit is not None and found.phi_audit["reports"]["simulated"] and found.phi_audit["images"] is None
    assert found.simulated == ("readings of the identifier audit of reports",)
    assert "(simulated readings)" in criterion(workspace, "phi-audit").explanation


def test_drawn_boxes_become_whole_pixels_and_never_nothing() -> None:
    assert whole_pixels([0.4, 0.6, 10, 10]) == Box(0, 1, 10, 10)
    assert whole_pixels([5.2, 5.2, 0.1, 0.1]) == Box(5, 5, 1, 1)
