"""What every response carries, and what never reaches a route."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cxrforge.web.shield import HEADERS, Shield

LIMIT = 1000


async def answer(scope: Any, receive: Any, send: Any) -> None:
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


def ask(
    chunks: list[bytes], headers: dict[str, str] | None = None, scheme: str = "http"
) -> tuple[int, dict[str, str], bytes]:
    shield = Shield(answer, frozenset({"localhost", "::1"}), LIMIT)
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": c, "more_body": True} for c in chunks]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    named = {"host": "localhost:8642"} | (headers or {})
    raw = [(k.encode(), v.encode()) for k, v in named.items()]
    asyncio.run(shield({"type": "http", "headers": raw, "scheme": scheme}, receive, send))
    told = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(m.get("body", b"") for m in sent[1:])


def test_every_response_carries_the_headers() -> None:
    _, headers, _ = ask([b"x"])
    assert HEADERS.items() <= headers.items()
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


def test_https_is_asked_for_again_where_it_was_used() -> None:
    assert "strict-transport-security" in ask([b"x"], scheme="https")[1]


def test_the_policy_allows_no_inline_code_and_nothing_from_elsewhere() -> None:
    policy = HEADERS["content-security-policy"]
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("chunks", [[b"x" * (LIMIT + 1)], [b"x" * 300] * 4])
def test_a_body_that_is_too_large_is_refused_however_it_arrives(chunks: list[bytes]) -> None:
    status, headers, body = ask(chunks)
    assert status == 413 and b"too-large" in body
    assert HEADERS.items() <= headers.items()


def test_a_declared_length_is_refused_before_anything_is_read() -> None:
    assert ask([], {"content-length": str(LIMIT + 1)})[0] == 413
    assert ask([], {"content-length": "-1"})[0] == 413


def test_a_body_in_pieces_arrives_whole() -> None:
    assert ask([b"x" * 300] * 3)[2] == b"900"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8642", "localhost.evil.example", ""])
def test_a_foreign_host_name_is_not_answered(host: str) -> None:
    assert ask([b"x"], {"host": host})[0] == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "[::1]:8642", "[::1]"])
def test_known_host_names_are_answered(host: str) -> None:
    assert ask([b"x"], {"host": host})[0] == 200
