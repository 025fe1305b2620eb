"""A workspace as a run over the synthetic consortium leaves it, with people and audits: made once for all tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reading_factory import PASSWORD, Watcher

from cxrforge.synthetic.consortium import generate
from cxrforge.workspace import Workspace

PEOPLE = {"rita": "radiologist", "rolf": "radiologist", "ruth": "radiologist", "cora": "curator", "dora": "dpo"}


def make(folder: Path, studies: int = 14, matrix: tuple[int, int] = (720, 600)) -> dict[str, Any]:
    """Make the hospitals and the workspace under `folder`; return the truth about them."""
    generate(folder / "hospitals", studies=studies, seed=11, hospitals=2, matrix=matrix, workers=1)
    truth: dict[str, Any] = json.loads((folder / "hospitals" / "truth.json").read_text(encoding="utf-8"))
    Workspace.create(folder / "w").close()
    config = folder / "w" / "cxrforge.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[criteria]\n", "[criteria.matrix]\npixels = 512\n"), encoding="utf-8")
    with Workspace(folder / "w") as workspace:
        for hospital in truth["hospitals"]:
            workspace.add_site(hospital["id"], hospital["country"], hospital["language"])
            workspace.ingest(folder / "hospitals" / hospital["id"], hospital["id"])
        workspace.run(Watcher(), executor="serial")
        room = workspace.reading_room
        for name, role in PEOPLE.items():
            room.add_person(name, role, PASSWORD)
        room.add_person("sam", "site-manager", PASSWORD, sites=[truth["hospitals"][0]["id"]])
        room.draw("label", share=1.0, seed=1, blinded=False, readers=["rita"])
        room.draw("label", share=1.0, seed=2, double_share=1.0, readers=["rita", "rolf", "ruth"])
        room.draw("images-phi", share=1.0, seed=3)
        room.draw("quality", seed=4)
    return truth
