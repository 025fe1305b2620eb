"""A small filled workspace, and people in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from reading_factory import PASSWORD, filled

from cxrforge.audit.people import Person
from cxrforge.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with filled(tmp_path / "w", {"north": 20, "south": 10}, waiting=True) as made:
        yield made


@pytest.fixture
def people(workspace: Workspace) -> dict[str, Person]:
    room = workspace.reading_room
    roles = {"ann": "radiologist", "bob": "radiologist", "cyd": "radiologist", "cur": "curator", "dpo": "dpo"}
    made = {name: room.add_person(name, role, PASSWORD) for name, role in roles.items()}
    made["mgr"] = room.add_person("mgr", "site-manager", PASSWORD, sites=["north"])
    made["vic"] = room.add_person("vic", "viewer", PASSWORD)
    return made
