"""How long the state page takes with 40,000 and with a million studies, beside counting afresh for each request.

    python benchmarks/web.py [STUDIES ...]

The catalogue is made up by SQL, as large as after a run: images, outcomes with payloads of real length (a
tenth of it beyond 100,000 studies), labels.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from fastapi.testclient import TestClient

from cxrforge.catalogue.holdings import Site, add_site
from cxrforge.records import OBSERVATIONS
from cxrforge.web.application import create_app
from cxrforge.web.pages.rendering import render
from cxrforge.web.pages.state import state_page
from cxrforge.web.sessions import COOKIE
from cxrforge.workspace import Workspace

SITES = 20
STAGES = {"image": {"screen": 2, "deidentify-image": 545, "examine-image": 1000}}
STAGES["study"] = {"deidentify-report": 1000, "label": 1800, "select": 70}
REPEATS = 20
MOST_AT_FULL_LENGTH = 100_000


def fill(connection: sa.Connection, studies: int) -> None:
    """Write studies with one and a half images each, nine in ten accepted."""
    for n in range(SITES):
        add_site(connection, Site(f"site{n:02}", "DE", "de"))
    run = connection.exec_driver_sql
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {studies - 1})"
    site = f"printf('site%02d', i % {SITES})"
    run(f"INSERT INTO patient (id, site) {numbers} SELECT 'P' || i, {site} FROM n")
    run(
        "INSERT INTO study (id, site, patient, report_input, stopped, year, manufacturer, sex, age_decade, paediatric,"
        f" sections_derived, state, primary_image) {numbers} SELECT 'S' || i, {site}, 'P' || i, 'r', 0, 2014 + i % 11,"
        " 'Vendor ' || (i % 7), substr('FM', 1 + i % 2, 1), 10 * (i % 10), i % 10 = 0, i % 9 = 0,"
        " CASE WHEN i % 10 = 3 THEN 'review' ELSE 'accepted' END, 'I' || i || 'a' FROM n"
    )
    shorter = 1 if studies <= MOST_AT_FULL_LENGTH else 10  # counting reads no payload; the disk is spared
    facts = "x" * (600 // shorter)
    for letter, view, role, where in (("a", "PA", "primary", "1"), ("b", "LATERAL", "lateral", "i % 2 = 0")):
        run(
            "INSERT INTO image (id, site, study, file, content, facts, view, least_side, bits_stored, pixels_examined,"
            f" view_confirmed, depth_used, quality, role) {numbers} SELECT 'I' || i || '{letter}', {site},"
            f" 'S' || i, 'F', 'c', '\"{facts}\"', '{view}', 2500, 14, 1, 1, 1,"
            f" CASE WHEN i % 10 = 3 THEN 'review' ELSE 'pass' END, '{role}' FROM n WHERE {where}"
        )
    for kind, stages in STAGES.items():
        for stage, length in stages.items():
            run(
                "INSERT INTO outcome (stage, entity, site, version, input_hash, config_hash, state, output_hash,"
                f" payload, tries) SELECT '{stage}', id, site, '1', 'i', 'c', 'done', 'o',"
                f" '\"{'x' * (length // shorter)}\"', 1 FROM {kind}"
            )
    for n, observation in enumerate(OBSERVATIONS):
        values = f"CASE (rowid + {n}) % 9 WHEN 0 THEN 'present' WHEN 1 THEN 'uncertain' WHEN 2 THEN 'absent' END"
        run(f"INSERT INTO label (study, observation, assertion) SELECT id, '{observation}', {values} FROM study")
    run(
        "INSERT INTO issue (entity, stage, code, kind, site, level, detail) SELECT id, 'examine-image',"
        " 'image-quality-review', 'image', site, 'review', 'motion' FROM image WHERE quality = 'review'"
    )


def measure(folder: Path, studies: int) -> None:
    """Print what the first page, further pages, a page after a change and counting alone cost."""
    with Workspace.create(folder / f"w{studies}") as workspace:
        began = time.perf_counter()
        with workspace.catalogue.write() as connection:
            fill(connection, studies)
        size = sum(f.stat().st_size for f in workspace.folder.glob("catalogue.sqlite*"))
        print(f"{studies:,} studies: catalogue of {size / 1e6:,.0f} MB made in {time.perf_counter() - began:.0f} s")
        person = workspace.reading_room.add_person("bench", "curator", "a long password")
        began, spent = time.perf_counter(), time.process_time()
        found = workspace.overview()
        print(
            f"  counting everything    {time.perf_counter() - began:9.3f} s   ({time.process_time() - spent:.3f} s CPU)"
        )
        began = time.process_time()
        render("state_live.html", None, state_page(found, None, None))
        print(f"  drawing the page alone {time.process_time() - began:9.3f} s CPU")
        with TestClient(create_app(workspace)) as http:
            token, _ = http.app.state.room.sessions.begin(person.id)  # type: ignore[attr-defined]
            http.cookies.set(COOKIE, token)
            began = time.perf_counter()
            while "being counted; this page" in http.get("/state").text:
                time.sleep(0.05)
            print(f"  first page after start {time.perf_counter() - began:9.3f} s")
            print(f"  page                   {_median(http):9.3f} s   (median of {REPEATS})")
            workspace.reading_room.add_person("other", "viewer", "a long password")
            time.sleep(2.1)
            print(f"  page while counting    {_median(http):9.3f} s   (median of {REPEATS}, right after a change)")


def _median(http: TestClient) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        assert http.get("/state").status_code == 200
        times.append(time.perf_counter() - began)
    return sorted(times)[REPEATS // 2]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for number in [int(a) for a in sys.argv[1:]] or [40_000]:
            measure(Path(place), number)
