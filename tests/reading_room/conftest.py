"""A small filled workspace, and people in it: made once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from reading_factory import PASSWORD, filled

from cxrforge.audit.people import Person
from cxrforge.workspace import Workspace

ROLES = {"ann": "radiologist", "bob": "radiologist", "cyd": "radiologist", "cur": "curator", "dpo": "dpo"}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "w"
    with filled(folder, {"north": 20, "south": 10}, waiting=True) as made:
        room = made.reading_room
        for name, role in ROLES.items():
            room.add_person(name, role, PASSWORD)
        room.add_person("mgr", "site-manager", PASSWORD, sites=["north"])
        room.add_person("vic", "viewer", PASSWORD)
    return folder


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(template, tmp_path / "w")
    with Workspace(tmp_path / "w") as made:
        yield made


@pytest.fixture
def people(workspace: Workspace) -> dict[str, Person]:
    return {person.name: person for person in workspace.reading_room.people()}
