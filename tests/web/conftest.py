"""A filled workspace behind the application, and people who log in to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from radiograph import write
from reading_factory import PASSWORD, filled, names

from cxrforge.stages.deidentify_image import image_key
from cxrforge.web.application import create_app
from cxrforge.workspace import Workspace

ROLES = {
    "cur": ("curator", ()),
    "ann": ("radiologist", ()),
    "bob": ("radiologist", ()),
    "cyd": ("radiologist", ()),
    "dpo": ("dpo", ()),
    "mgr": ("site-manager", ("north",)),
    "vic": ("viewer", ()),
}


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


class Browser:
    """One person's browser: cookies, and the token that changes carry."""

    def __init__(self, app: FastAPI, name: str, password: str = PASSWORD, address: str = "testclient") -> None:
        self.http = TestClient(app, follow_redirects=False, client=(address, 50000))
        self.login = log_in(self.http, name, password)
        self.csrf = self.http.get("/api/me").json().get("csrf", "")

    def get(self, path: str, **more: object):
        return self.http.get(path, **more)

    def put(self, path: str, body: object, **headers: str):
        return self.http.put(path, json=body, headers={"X-CSRF-Token": self.csrf} | headers)

    def post(self, path: str, body: object, **headers: str):
        return self.http.post(path, json=body, headers={"X-CSRF-Token": self.csrf} | headers)

    def send(self, path: str, **fields: object):
        """Send a form."""
        return self.http.post(path, data={"csrf": self.csrf} | fields)


def log_in(http: TestClient, name: str, password: str):
    token = re.search(r'name="csrf" value="([^"]+)"', http.get("/login").text)
    assert token
    return http.post("/login", data={"name": name, "password": password, "csrf": token[1]})


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("reading") / "w"
    with filled(folder, {"north": 6, "south": 4}, waiting=True) as made:
        for site, n in (("north", 0), ("north", 1), ("south", 0)):
            for view in ("PA", "LATERAL"):
                image(made.store.path, names(site, n)[view])
        for name, (role, sites) in ROLES.items():
            made.reading_room.add_person(name, role, PASSWORD, sites=sites)
        made.reading_room.draw("label", share=1.0, seed=1, blinded=False, readers=["ann"])
        made.reading_room.draw("label", share=1.0, seed=2, readers=["bob", "cyd"], double_share=1.0)
        made.reading_room.draw("images-phi", share=0.5, seed=3)
        yield made


def image(path: Callable[[str], Path], name: str) -> None:
    values = np.random.default_rng(1).integers(0, 4096, (50, 40), np.uint16)
    write(path(image_key(name)), values)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def app(workspace: Workspace, clock: Clock) -> Iterator[FastAPI]:
    made = create_app(workspace, clock=clock)
    with TestClient(made):
        yield made


@pytest.fixture(scope="module")
def browsers(app: FastAPI) -> dict[str, Browser]:
    """Everyone, logged in."""
    return {name: Browser(app, name) for name in ROLES}
