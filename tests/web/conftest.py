"""A filled workspace behind the application, and people who log in to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from browsers import ROLES, Browser, Clock
from fastapi import FastAPI
from fastapi.testclient import TestClient
from radiograph import write
from reading_factory import PASSWORD, filled, names

from cxrforge.stages.deidentify_image import image_key
from cxrforge.web.application import create_app
from cxrforge.workspace import Workspace


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
        made.reading_room.draw("images-phi", share=0.5, seed=3, canaries=0)
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


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are kept: CXRFORGE_SCREENSHOTS, or a folder of this run."""
    folder = Path(os.environ.get("CXRFORGE_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
