"""What was acknowledged is on the disk, whatever happens to the server; many readers lose nothing."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from reading_factory import PASSWORD, filled
from served import Served

from cxrforge.workspace import Workspace

pytestmark = pytest.mark.slow
READERS = 20
SAVES = 8


class Reader:
    """A scripted reader: logs in and saves, again and again."""

    def __init__(self, url: str, name: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        token = re.search(r'name="csrf" value="([^"]+)"', self.http.get("/login").text)
        assert token
        fields = {"name": name, "password": PASSWORD, "csrf": token[1]}
        assert self.http.post("/login", data=fields).status_code == 303
        self.http.headers["X-CSRF-Token"] = self.http.get("/api/me").json()["csrf"]
        (row, *_) = self.http.get("/api/audits/label-1/worklist").json()
        self.assignment = row["assignment"]
        found = self.http.get(f"/api/assignments/{self.assignment}").json()
        self.revision, self.image = found["revision"], found["images"][0]["id"]

    def save(self, number: int) -> float:
        """Save a reading that tells its number; return how long the answer took."""
        box = {
            "id": "b",
            "image": self.image,
            "category": "Cardiomegaly",
            "bbox": [number + 0.5, 1, 10, 10],
            "source": "drawn",
        }
        body = {"revision": self.revision, "reading": {"comment": f"save {number}", "boxes": [box]}}
        began = time.perf_counter()
        answer = self.http.put(f"/api/assignments/{self.assignment}/reading", json=body)
        took = time.perf_counter() - began
        assert answer.status_code == 200, answer.text
        self.revision = answer.json()["revision"]
        return took

    def reread(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/api/assignments/{self.assignment}").json()
        return found


def people() -> list[str]:
    return [f"r{n:02}" for n in range(READERS)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("durable") / "w"
    with filled(place, {"north": 2 * READERS}) as workspace:
        for name in people():
            workspace.reading_room.add_person(name, "radiologist", PASSWORD)
        workspace.reading_room.draw("label", share=1.0, seed=1, readers=people())
    yield place


def test_a_killed_server_has_lost_nothing_it_acknowledged(folder: Path) -> None:
    acknowledged: dict[str, int] = {}
    for round_number in range(3):
        server = Served(folder)
        readers = {name: Reader(server.url, name) for name in people()[:4]}

        def work(name: str, reader: Reader, first: int) -> None:
            for number in range(first, first + 1000):
                try:
                    reader.save(number)
                except httpx.HTTPError:
                    return
                acknowledged[name] = number

        threads = [threading.Thread(target=work, args=(n, r, 1000 * round_number)) for n, r in readers.items()]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 4 or min(acknowledged.values()) < 1000 * round_number + 2:
            time.sleep(0.05)
        server.kill()
        for thread in threads:
            thread.join()
    with Workspace(folder) as workspace:
        room = workspace.reading_room
        for person in room.people():
            if person.name in acknowledged:
                row = room.worklist(person, "label-1")[0]
                kept = room.assignment(row.id, person).reading
                number = int(kept["comment"].split()[1])
                assert number in (acknowledged[person.name], acknowledged[person.name] + 1)
                assert kept["boxes"][0]["bbox"][0] == number + 0.5, "all of a save, or nothing of it"
        assert room.verify_log() == []


def test_twenty_readers_at_once_lose_nothing_and_are_answered_soon(folder: Path) -> None:
    server = Served(folder)
    try:
        readers = [Reader(server.url, name) for name in people()]
        times: list[float] = []
        alone = sorted(readers[0].save(5000 + n) for n in range(10))[5]

        def work(reader: Reader) -> None:
            for number in range(SAVES):
                times.append(reader.save(number))
                time.sleep(1.0)  # a reader who clicks every second, without ever looking

        threads = [threading.Thread(target=work, args=(reader,)) for reader in readers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(times) == READERS * SAVES
        for reader in readers:
            assert reader.reread()["reading"]["comment"] == f"save {SAVES - 1}"
        p95 = sorted(times)[int(0.95 * len(times))]
        print(f"p95 of saves by {READERS} readers {p95 * 1000:.0f} ms; one alone {alone * 1000:.0f} ms")
        assert p95 < max(0.3, 20 * alone), f"p95 {p95:.3f} s, one alone {alone:.3f} s"
    finally:
        server.kill()
    with Workspace(folder) as workspace:
        assert workspace.reading_room.verify_log() == []
