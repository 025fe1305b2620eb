"""Nobody gets at anything that is not theirs: every route, every role, every forged request."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest
from browsers import ROLES, Browser, Clock
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from reading_factory import PASSWORD, names

from cxrforge.web.application import create_app
from cxrforge.web.sessions import COOKIE, IDLE_S, LONGEST_S

PUBLIC = {("GET", "/"), ("GET", "/login"), ("POST", "/login"), ("GET", "/login/federated")}
EVERYONE = set(ROLES)
READERS = {"cur", "ann", "bob", "cyd", "dpo"}
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("POST", "/logout"): EVERYONE,
    ("GET", "/account"): EVERYONE,
    ("POST", "/account/password"): EVERYONE,
    ("GET", "/state"): EVERYONE,
    ("GET", "/state/live"): EVERYONE,
    ("GET", "/audits"): READERS,
    ("GET", "/audits/{audit}"): {"cur", "dpo"},
    ("POST", "/audits"): {"cur", "dpo"},
    ("GET", "/queues"): {"cur", "dpo", "mgr"},
    ("GET", "/queues/{code}"): {"cur", "dpo", "mgr"},
    ("POST", "/queues/{code}/decide"): {"cur", "dpo", "mgr"},
    ("GET", "/images/{image}/preview.png"): {"cur", "dpo", "mgr"},
    ("GET", "/people"): {"cur"},
    ("POST", "/people"): {"cur"},
    ("POST", "/people/{name}/disabled"): {"cur"},
    ("POST", "/people/{name}/password"): {"cur"},
    ("GET", "/log"): {"cur", "dpo"},
    ("POST", "/log/verify"): {"cur", "dpo"},
    ("GET", "/read/{audit}"): READERS,
    ("GET", "/read/{audit}/{assignment}"): READERS,
    ("GET", "/api/me"): EVERYONE,
    ("GET", "/api/audits"): READERS,
    ("GET", "/api/audits/{audit}/worklist"): READERS,
    ("GET", "/api/assignments/{assignment}"): READERS,
    ("PUT", "/api/assignments/{assignment}/reading"): READERS,
    ("POST", "/api/assignments/{assignment}/state"): READERS,
    ("POST", "/api/assignments/{assignment}/flag"): READERS,
    ("GET", "/api/images/{image}/pixels"): READERS | {"mgr"},
}
"""Route to the people of the fixture who may use it; everyone else is refused."""

BODIES: dict[str, dict[str, Any]] = {
    "/api/assignments/{assignment}/reading": {"revision": 0, "reading": {}},
    "/api/assignments/{assignment}/state": {"state": "open", "revision": 0},
    "/api/assignments/{assignment}/flag": {"image": "x", "bbox": [1, 1, 2, 2]},
}
FORMS: dict[str, dict[str, str]] = {
    "/logout": {},
    "/account/password": {"current": "wrong password", "new": PASSWORD, "again": PASSWORD},
    "/audits": {"kind": "none"},
    "/queues/{code}/decide": {"kind": "image", "entity": "x", "verdict": "accept", "reason": "x"},
    "/people": {"name": "", "role": "none", "password": "x"},
    "/people/{name}/disabled": {"disabled": "true"},
    "/people/{name}/password": {"password": "x"},
    "/log/verify": {},
}


def routes(app: FastAPI) -> list[tuple[str, str]]:
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.route if hasattr(context, "route") else context
        if isinstance(route, APIRoute):
            found += [(method, context.path) for method in route.methods]
    return sorted(found)


def concrete(path: str) -> str:
    values = {"code": "image-quality-review", "image": names("south", 0)["PA"], "name": "nobody"}
    return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], "unknown"), path)


def ask(http: TestClient, method: str, path: str, csrf: str | None) -> Any:
    if method == "GET":
        return http.get(concrete(path))
    if path in BODIES:
        headers = {"X-CSRF-Token": csrf} if csrf is not None else {}
        return http.request(method, concrete(path), json=BODIES[path], headers=headers)
    fields = FORMS[path] | ({"csrf": csrf} if csrf is not None else {})
    return http.request(method, concrete(path), data=fields)


def test_every_route_is_in_the_table_of_who_may_use_it(app: FastAPI) -> None:
    assert set(routes(app)) == set(ALLOWED) | PUBLIC


@pytest.mark.parametrize(("method", "path"), sorted(ALLOWED))
def test_without_login_nothing_is_shown_or_changed(app: FastAPI, method: str, path: str) -> None:
    answer = ask(TestClient(app, follow_redirects=False), method, path, "forged")
    if path.startswith("/api/") or method != "GET":
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303 and answer.headers["location"].startswith("/login")


@pytest.mark.parametrize(("method", "path"), sorted(ALLOWED))
def test_each_role_gets_what_it_may_and_nothing_else(browsers: dict[str, Browser], method: str, path: str) -> None:
    if path == "/logout":
        return  # they are needed afterwards; logging out has its own test
    for name, browser in browsers.items():
        status = ask(browser.http, method, path, browser.csrf).status_code
        if name in ALLOWED[(method, path)]:
            # a site manager asks for an image of another site here: not there, as far as they may know
            assert status in (200, 303, 404, 409, 422), (name, status)
        else:
            assert status == 403, (name, status)


WRITES = sorted((m, p) for m, p in ALLOWED if m != "GET")


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("token", [None, "", "forged", "ö", "x" * 300])
def test_a_change_without_the_right_token_is_refused(
    browsers: dict[str, Browser], method: str, path: str, token: str | None
) -> None:
    browser = browsers["cur"]
    if path in BODIES and token == "ö":
        token = "%c3%b6"  # a header is ASCII
    assert ask(browser.http, method, path, token).status_code in (403, 422)
    assert browser.get("/api/me").status_code == 200, "still logged in"


def test_another_persons_token_is_refused(browsers: dict[str, Browser]) -> None:
    answer = browsers["cur"].http.post("/audits", data={"kind": "label", "csrf": browsers["dpo"].csrf})
    assert answer.status_code == 403


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browsers: dict[str, Browser]) -> None:
    cookie = next(v for v in browsers["ann"].login.headers.get_list("set-cookie") if v.startswith(COOKIE))
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower() and "Secure" not in cookie


def test_over_https_the_cookie_is_secure(app: FastAPI) -> None:
    http = TestClient(app, base_url="https://testserver", follow_redirects=False)
    token = re.search(r'name="csrf" value="([^"]+)"', http.get("/login").text)
    assert token
    answer = http.post("/login", data={"name": "vic", "password": PASSWORD, "csrf": token[1]})
    assert answer.status_code == 303
    assert all("Secure" in v for v in answer.headers.get_list("set-cookie") if v.startswith(COOKIE))


def test_logging_out_ends_the_session(app: FastAPI) -> None:
    browser = Browser(app, "vic")
    stolen = browser.http.cookies[COOKIE]
    assert browser.send("/logout").status_code == 303
    thief = TestClient(app, cookies={COOKIE: stolen})
    assert thief.get("/api/me").status_code == 401


def test_sessions_run_out(workspace: Any) -> None:
    clock = Clock()
    app = create_app(workspace, clock=clock)
    idle, busy = Browser(app, "vic"), Browser(app, "vic")
    for _ in range(int(LONGEST_S / IDLE_S * 2) - 1):
        clock.now += IDLE_S / 2
        assert busy.get("/api/me").status_code == 200
    assert idle.get("/api/me").status_code == 401
    clock.now += IDLE_S
    assert busy.get("/api/me").status_code == 401


def test_login_without_the_form_is_refused(app: FastAPI) -> None:
    http = TestClient(app)
    assert http.post("/login", data={"name": "ann", "password": PASSWORD}).status_code == 403
    assert http.post("/login", data={"name": "ann", "password": PASSWORD, "csrf": "x"}).status_code == 403


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""])
def test_login_leads_nowhere_else(app: FastAPI, wanted: str) -> None:
    http = TestClient(app, follow_redirects=False)
    token = re.search(r'name="csrf" value="([^"]+)"', http.get("/login").text)
    assert token
    fields = {"name": "vic", "password": PASSWORD, "csrf": token[1], "next": wanted}
    assert http.post("/login", data=fields).headers["location"] == "/"


@pytest.mark.slow
def test_ten_thousand_guesses_get_nowhere(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, checked = Clock(), []
    app = create_app(workspace, clock=clock)
    genuine = type(app.state.room.reading).authenticate

    def authenticate(self: Any, name: str, password: str) -> Any:
        checked.append(name)
        return genuine(self, name, password) if password == PASSWORD else None  # a wrong one costs no hashing here

    monkeypatch.setattr(type(app.state.room.reading), "authenticate", authenticate)
    statuses = asyncio.run(guess(app, clock, 10_000))
    assert set(statuses) == {403, 429} and statuses.count(403) == len(checked)
    assert len(checked) <= 15, "passwords looked at within a thousand seconds"
    clock.now += 60
    other = Browser(app, "ann", address="10.0.0.10")
    assert other.login.status_code == 303, "the person herself gets in from elsewhere"


async def guess(app: FastAPI, clock: Clock, times: int) -> list[int]:
    transport = httpx.ASGITransport(app, client=("10.0.0.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        token = re.search(r'name="csrf" value="([^"]+)"', (await http.get("/login")).text)
        assert token
        statuses = []
        for n in range(times):
            clock.now += 0.1
            fields = {"name": "ann", "password": f"guess {n}", "csrf": token[1]}
            statuses.append((await http.post("/login", data=fields)).status_code)
        return statuses


def test_ids_of_another_site_are_told_like_ids_that_do_not_exist(browsers: dict[str, Browser]) -> None:
    mine, theirs = names("north", 0)["PA"], names("south", 0)["PA"]
    for path in ("/images/{}/preview.png", "/api/images/{}/pixels"):
        assert browsers["mgr"].get(path.format(mine)).status_code == 200
        hidden, missing = browsers["mgr"].get(path.format(theirs)), browsers["mgr"].get(path.format("Inone"))
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert hidden.content == missing.content


def test_a_site_manager_sees_and_decides_on_their_own_site_alone(browsers: dict[str, Browser]) -> None:
    manager = browsers["mgr"]
    for path in ("/state", "/state/live", "/queues", "/queues/image-quality-review"):
        page = manager.get(path)
        assert page.status_code == 200 and "south" not in page.text, path
    assert manager.get("/queues/image-quality-review?site=south").status_code == 403
    fields = {"kind": "image", "verdict": "accept", "reason": "looks fine"}
    path = "/queues/image-quality-review/decide"
    assert manager.send(path, entity=names("south", 0)["PA"], **fields).status_code == 403
    assert manager.send(path, entity=names("north", 0)["PA"], **fields).status_code == 303


def test_a_site_manager_without_a_site_sees_none(app: FastAPI, workspace: Any) -> None:
    workspace.reading_room.add_person("lost", "site-manager", PASSWORD)
    browser = Browser(app, "lost")
    assert browser.get("/queues").status_code == 403
    assert browser.get(f"/api/images/{names('south', 0)['PA']}/pixels").status_code == 404
    page = browser.get("/state").text
    assert "north" not in page and "south" not in page


def test_another_readers_assignment_is_not_there(browsers: dict[str, Browser]) -> None:
    (name, *_) = [row["assignment"] for row in browsers["ann"].get("/api/audits/label-1/worklist").json()]
    for other in ("bob", "cur"):
        browser = browsers[other]
        path = f"/api/assignments/{name}"
        assert browser.get(path).status_code in (403, 404)
        assert browser.put(f"{path}/reading", {"revision": 0, "reading": {}}).status_code in (403, 404)
        assert browser.post(f"{path}/state", {"state": "done", "revision": 0}).status_code in (403, 404)
        flag = {"section": "findings", "start": 0, "end": 3}
        assert browser.post(f"{path}/flag", flag).status_code in (403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../application.py",
        "/static/..%2fapplication.py",
        "/static/%2e%2e/%2e%2e/cxrforge.toml",
        "/static/....//....//etc/passwd",
        "/static//etc/passwd",
        "/api/images/..%2f..%2fvault%2fkey/pixels",
        "/api/images/..%5c..%5cvault/pixels",
        "/api/images/%00/pixels",
        "/images/..%2fkey/preview.png",
        "/queues/..%2f..%2fvault",
        "/read/..%2f/x",
    ],
)
def test_no_path_leads_out(browsers: dict[str, Browser], path: str) -> None:
    answer = browsers["cur"].get(path)
    assert answer.status_code in (404, 422)
    assert "root:" not in answer.text and "import" not in answer.text


@pytest.mark.parametrize(
    "body", [b"{" * 100_000, b"\xff\xfe", b"[" * 5000 + b"]" * 5000, b"NaN", b'{"revision": 1e999}', b""]
)
def test_malformed_bodies_are_refused_in_one_sentence(browsers: dict[str, Browser], body: bytes) -> None:
    browser = browsers["ann"]
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json"}
    (row, *_) = browser.get("/api/audits/label-1/worklist").json()
    answer = browser.http.put(f"/api/assignments/{row['assignment']}/reading", content=body, headers=headers)
    assert answer.status_code in (400, 422) and set(answer.json()) == {"code", "message"}


def test_oversized_bodies_are_refused(browsers: dict[str, Browser]) -> None:
    browser = browsers["ann"]
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json"}
    pieces = (b" " * 100_000 for _ in range(12))
    for content in (b" " * ((1 << 20) + 1), pieces):
        answer = browser.http.put("/api/assignments/x/reading", content=content, headers=headers)
        assert answer.status_code == 413 and answer.json()["code"] == "too-large"


def test_a_fault_tells_nothing_of_itself(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(workspace)
    browser = Browser(app, "cur")

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("Erika Mustermann, born 1950")

    monkeypatch.setattr(type(app.state.room.reading), "audits", fail)
    for path in ("/audits", "/api/audits"):
        answer = browser.get(path)
        assert answer.status_code == 500
        assert "Mustermann" not in answer.text and "Traceback" not in answer.text
    log = (workspace.folder / "logs" / "serve.jsonl").read_text()
    assert "RuntimeError" in log and "Mustermann" not in log


def test_stored_markup_is_shown_as_text(app: FastAPI, browsers: dict[str, Browser], workspace: Any) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    workspace.reading_room.add_person("evil", "viewer", PASSWORD, qualification=evil)
    page = browsers["cur"].get("/people").text
    assert "<script>alert" not in page and "onerror=&#34;" in page
    shown = Browser(app, "evil").get("/account").text
    assert "<script>alert" not in shown and "&lt;script&gt;" in shown
    for path in (
        f"/queues/image-quality-review?site={evil}",
        f"/login?next={evil}",
        f"/log?entity={evil[:90]}",
        f"/{evil}",
    ):
        assert "<script>alert" not in browsers["cur"].get(path).text


def test_a_person_kept_out_is_out_at_once(app: FastAPI, browsers: dict[str, Browser], workspace: Any) -> None:
    workspace.reading_room.add_person("gone", "viewer", PASSWORD)
    browser = Browser(app, "gone")
    assert browser.get("/state").status_code == 200
    assert browsers["cur"].send("/people/gone/disabled", disabled="true").status_code == 303
    assert browser.get("/api/me").status_code == 401
    assert Browser(app, "gone").login.status_code == 403


def test_another_password_ends_every_other_session(app: FastAPI, workspace: Any) -> None:
    workspace.reading_room.add_person("pat", "viewer", PASSWORD)
    here, there = Browser(app, "pat"), Browser(app, "pat")
    wrong = here.send("/account/password", current="not this one", new="another password", again="another password")
    assert wrong.status_code == 422
    done = here.send("/account/password", current=PASSWORD, new="another password", again="another password")
    assert done.status_code == 303
    assert here.get("/api/me").status_code == 200 and there.get("/api/me").status_code == 401
    assert Browser(app, "pat", "another password").login.status_code == 303


def test_no_page_that_shows_something_is_kept_by_the_browser(browsers: dict[str, Browser]) -> None:
    for path in ("/state", "/audits", "/queues", "/people", "/log", "/account", "/api/me", "/api/audits"):
        assert browsers["cur"].get(path).headers["cache-control"] == "no-store"


def test_the_interface_does_not_describe_itself_to_strangers(app: FastAPI) -> None:
    http = TestClient(app)
    assert [http.get(path).status_code for path in ("/openapi.json", "/docs", "/redoc")] == [404, 404, 404]
