"""People who log in to the application, each with a browser of their own, and a clock that tests move."""

from __future__ import annotations

import re

from fastapi import FastAPI
from fastapi.testclient import TestClient
from reading_factory import PASSWORD

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
