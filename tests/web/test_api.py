"""What the reader in the browser gets and saves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reading_factory import TEXT, names

from cxrforge.records import OBSERVATIONS


def first(browsers: dict[str, Any], who: str = "ann", audit: str = "label-1", study: str | None = None) -> str:
    """Return an assignment, of one study where that matters."""
    for row in browsers[who].get(f"/api/audits/{audit}/worklist").json():
        answer = browsers[who].get(f"/api/assignments/{row['assignment']}")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        if study is None or found["study"]["id"] == study:
            return str(row["assignment"])
    raise AssertionError(study)


def revision(browser: Any, assignment: str) -> int:
    """Return where a reading stands; another test may have saved it."""
    return int(browser.get(f"/api/assignments/{assignment}").json()["revision"])


def test_me_says_who_is_logged_in(browsers: dict[str, Any]) -> None:
    me = browsers["ann"].get("/api/me").json()
    assert (me["name"], me["role"]) == ("ann", "radiologist") and len(me["csrf"]) > 30


def test_audits_count_ones_own_assignments(browsers: dict[str, Any]) -> None:
    rows = {row["id"]: row for row in browsers["ann"].get("/api/audits").json()}
    assert (
        rows["label-1"]["mine"]["open"] + rows["label-1"]["mine"]["done"] + rows["label-1"]["mine"]["postponed"] == 10
    )
    assert rows["label-1"]["title"] == "Labels 1" and rows["label-1"]["blinded"] is False
    assert rows["label-2"]["mine"] == {"open": 0, "done": 0, "postponed": 0}


def test_an_assignment_shows_images_report_and_what_the_program_says(browsers: dict[str, Any]) -> None:
    study = names("north", 1)
    found = browsers["ann"].get(f"/api/assignments/{first(browsers, study=study['study'])}").json()
    assert [i["id"] for i in found["images"]] == [study["PA"], study["LATERAL"]]
    assert found["images"][0]["proposals"] == [{"category": "Cardiomegaly", "bbox": [100, 200, 300, 400], "score": 0.8}]
    assert found["images"][0]["quality"]["motion"]["verdict"] == "review"
    assert found["observations"] == list(OBSERVATIONS)
    assert found["automatic"]["Pleural Effusion"] == 1
    assert found["study"] == {"id": study["study"], "site": "north"}
    assert found["revision"] == 0 and found["reading"] is None
    sections = found["report"]["sections"]
    assert sections[0] == {"name": "findings", "text": TEXT}
    (mention,) = found["report"]["mentions"]
    assert TEXT[mention["start"] : mention["end"]] == "effusion"


def test_a_blinded_assignment_says_nothing_of_the_program(browsers: dict[str, Any]) -> None:
    found = browsers["bob"].get(f"/api/assignments/{first(browsers, 'bob', 'label-2')}").json()
    assert found["automatic"] is None and found["report"]["mentions"] == []
    assert all(not image["proposals"] and not image["quality"] for image in found["images"])


def test_an_identifier_audit_does_not_say_where_an_image_comes_from(browsers: dict[str, Any]) -> None:
    found = browsers["dpo"].get(f"/api/assignments/{first(browsers, 'dpo', 'images-phi-1')}").json()
    assert found["study"]["id"] == "" and found["report"] is None and len(found["images"]) == 1


def test_neighbours_lead_through_the_worklist(browsers: dict[str, Any]) -> None:
    ids = [row["assignment"] for row in browsers["ann"].get("/api/audits/label-1/worklist").json()]
    rows = [browsers["ann"].get(f"/api/assignments/{i}").json() for i in ids]
    assert [r["position"] for r in rows] == list(range(1, len(ids) + 1))
    assert [r["next"] for r in rows] == [*ids[1:], None]
    assert [r["previous"] for r in rows] == [None, *ids[:-1]]


def test_pixels_are_the_stored_values_and_are_not_sent_twice(browsers: dict[str, Any]) -> None:
    path = f"/api/images/{names('north', 0)['PA']}/pixels"
    answer = browsers["ann"].get(path)
    expected = np.random.default_rng(1).integers(0, 4096, (50, 40), np.uint16)
    assert np.array_equal(np.frombuffer(answer.content, "<u2").reshape(50, 40), expected)
    assert answer.headers["cache-control"].startswith("private")
    again = browsers["ann"].get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and not again.content


def reading(**parts: Any) -> dict[str, Any]:
    return {
        "report_labels": {},
        "image_labels": {},
        "boxes": [],
        "quality": {},
        "identifiers": [],
        "comment": "",
    } | parts


def test_what_is_saved_is_there_after_a_reload(browsers: dict[str, Any]) -> None:
    ann, name = browsers["ann"], first(browsers)
    image = ann.get(f"/api/assignments/{name}").json()["images"][0]["id"]
    box = {
        "id": "b1",
        "image": image,
        "category": "Cardiomegaly",
        "bbox": [10.25, 20.5, 100.0, 50.75],
        "source": "drawn",
    }
    mine = reading(report_labels={"Cardiomegaly": 1, "Edema": None}, boxes=[box], comment="<b>bold</b>")
    saved = ann.put(f"/api/assignments/{name}/reading", {"revision": 0, "reading": mine, "seconds": 12.5})
    assert saved.status_code == 200 and saved.json() == {"revision": 1}
    found = ann.get(f"/api/assignments/{name}").json()
    assert found["revision"] == 1 and found["reading"] == mine


def test_a_stale_save_is_answered_with_what_stands(browsers: dict[str, Any]) -> None:
    ann, name = browsers["ann"], first(browsers, study=names("south", 2)["study"])
    path, begun = f"/api/assignments/{name}/reading", revision(ann, name)
    assert ann.put(path, {"revision": begun, "reading": reading(comment="one")}).json() == {"revision": begun + 1}
    answer = ann.put(path, {"revision": begun, "reading": reading(comment="another tab")})
    assert answer.status_code == 409
    assert (answer.json()["revision"], answer.json()["reading"]["comment"]) == (begun + 1, "one")
    assert answer.json()["code"] == "stale"
    merged = ann.put(path, {"revision": begun + 1, "reading": reading(comment="both")})
    assert merged.json() == {"revision": begun + 2}


def test_repeating_a_save_whose_answer_was_lost_changes_nothing(browsers: dict[str, Any]) -> None:
    ann, name = browsers["ann"], first(browsers, study=names("south", 1)["study"])
    begun = revision(ann, name)
    path, body = f"/api/assignments/{name}/reading", {"revision": begun, "reading": reading(comment="once")}
    assert ann.put(path, body).json() == ann.put(path, body).json() == {"revision": begun + 1}


@pytest.mark.parametrize(
    "bad",
    [
        {"revision": 0, "reading": {"unheard": 1}},
        {"revision": 0, "reading": {"boxes": [{"image": "x", "category": "y", "bbox": [1, 2, 3]}]}},
        {"revision": 0, "reading": {"report_labels": {"Cardiomegaly": 7}}},
        {"revision": 0, "reading": {"identifiers": "all of it"}},
        {"revision": 0, "reading": {"identifiers": [{"section": "findings", "start": 0, "end": 10**6}]}},
        {"revision": 0, "reading": {"boxes": [{"image": "x", "category": "y", "bbox": [1, 2, 3, 10**400]}]}},
        {"revision": -1, "reading": {}},
        {"revision": "x", "reading": {}},
        {"reading": {}},
        {"revision": 0, "reading": [], "more": 1},
        [],
    ],
)
def test_what_is_no_reading_is_refused_in_one_sentence(browsers: dict[str, Any], bad: Any) -> None:
    answer = browsers["ann"].put(f"/api/assignments/{first(browsers)}/reading", bad)
    assert answer.status_code == 422 and set(answer.json()) == {"code", "message"}


def test_a_state_is_set_and_leads_on(browsers: dict[str, Any]) -> None:
    ann, name = browsers["ann"], first(browsers, study=names("north", 3)["study"])
    put_off = ann.post(f"/api/assignments/{name}/state", {"state": "postponed", "revision": 0})
    assert put_off.status_code == 200, put_off.text
    assert put_off.json()["state"] == "postponed" and put_off.json()["next"]
    assert ann.get(f"/api/assignments/{name}").json()["state"] == "postponed"
    done = ann.post(f"/api/assignments/{name}/state", {"state": "done", "revision": 0})
    assert done.status_code == 200
    assert ann.get(f"/api/assignments/{name}").json()["state"] == "done"
    stale = ann.post(f"/api/assignments/{name}/state", {"state": "skipped", "revision": 5})
    assert stale.status_code == 409


def state_of(workspace: Any, study: str) -> str | None:
    import sqlalchemy as sa

    from cxrforge.catalogue.schema import study as table

    with workspace.catalogue.read() as connection:
        found: str | None = connection.execute(sa.select(table.c.state).where(table.c.id == study)).scalar()
        return found


def test_a_flag_in_an_image_takes_it_out_at_once(browsers: dict[str, Any], workspace: Any) -> None:
    study = names("north", 4)
    name = first(browsers, study=study["study"])
    body = {"image": study["PA"], "bbox": [1, 2, 30, 40], "note": "a name"}
    assert browsers["ann"].post(f"/api/assignments/{name}/flag", body).json() == {"flagged": True}
    assert state_of(workspace, study["study"]) == "turned-away"


def test_a_flag_in_the_text_points_into_its_section(browsers: dict[str, Any], workspace: Any) -> None:
    study = names("north", 5)
    name = first(browsers, study=study["study"])
    body = {"section": "impression", "start": 0, "end": 8, "note": ""}
    assert browsers["ann"].post(f"/api/assignments/{name}/flag", body).status_code == 200
    assert state_of(workspace, study["study"]) == "turned-away"
    beyond = {"section": "impression", "start": 0, "end": 800}
    assert browsers["ann"].post(f"/api/assignments/{name}/flag", beyond).status_code == 422


def test_marks_in_the_text_come_back_where_they_were_set(browsers: dict[str, Any]) -> None:
    bob = browsers["bob"]
    name = first(browsers, "bob", "label-2", names("south", 3)["study"])
    mark = {"section": "impression", "start": 1, "end": 5}
    saved = bob.put(f"/api/assignments/{name}/reading", {"revision": 0, "reading": reading(identifiers=[mark])})
    assert saved.status_code == 200
    assert bob.get(f"/api/assignments/{name}").json()["reading"]["identifiers"] == [mark]
