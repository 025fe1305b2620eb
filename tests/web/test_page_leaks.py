"""No planted original identifier occurs in any page, response, log or error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import Browser
from reading_factory import PASSWORD

import consortium
from cxrforge.demo.scores import planted_in
from cxrforge.web.application import create_app
from cxrforge.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, dict[str, Any], Path]]:
    folder = tmp_path_factory.mktemp("consortium")
    truth = consortium.make(folder)
    with Workspace(folder / "w") as workspace:
        yield workspace, truth, folder / "w"


def everything(browser: Browser) -> Iterator[tuple[str, bytes]]:
    """Follow every page and every part of the interface that a person can reach."""
    waiting, seen = ["/", "/state", "/audits", "/api/me", "/api/audits", "/nowhere", "/log", "/queues"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path)
        yield path, answer.content + str(dict(answer.headers)).encode()
        if answer.status_code == 303:
            waiting.append(answer.headers["location"])
        if "html" in answer.headers.get("content-type", ""):
            waiting += [p for p in re.findall(r'(?:href|src)="(/[^"]*)"', answer.text) if not p.startswith("/static")]
        if path == "/api/audits" and answer.status_code == 200:
            waiting += [f"/api/audits/{row['id']}/worklist" for row in answer.json()]
        if path.endswith("/worklist"):
            waiting += [f"/api/assignments/{row['assignment']}" for row in answer.json()]
        if path.startswith("/api/assignments/"):
            waiting += [f"/api/images/{image['id']}/pixels" for image in answer.json()["images"]]


def test_no_planted_identifier_is_in_anything_that_anyone_gets(
    made: tuple[Workspace, dict[str, Any], Path],
) -> None:
    workspace, truth, folder = made
    needles = sorted({s.lower().encode() for s in truth["planted"] if len(s) > 4})
    assert len(needles) > 30
    app = create_app(workspace)
    kinds: dict[str, int] = {}
    for name in (*consortium.PEOPLE, "sam"):
        for path, content in everything(Browser(app, name, PASSWORD)):
            decoded = json.dumps(content.decode("utf-8", "replace"), ensure_ascii=False).encode()
            assert not planted_in(content, needles) and not planted_in(decoded, needles), path
            kind = path.split("/")[1] + ("/" + path.split("/")[2] if path.startswith("/api/") else "")
            kinds[kind] = kinds.get(kind, 0) + 1
    assert {"state", "audits", "queues", "log", "images", "api/assignments", "api/images"} <= set(kinds)
    for log in (folder / "logs").iterdir():
        assert not planted_in(log.read_bytes(), needles), log.name
