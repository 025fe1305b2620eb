"""What every response carries and every request must meet, whatever route it asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""No inline script or style, nothing from elsewhere. `blob:` and `data:` are for pictures the reader makes itself."""

HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000"


@dataclass(frozen=True, slots=True)
class Shield:
    """ASGI middleware: known host names alone, bodies of a sane size alone, security headers on everything.

    Refusing foreign host names keeps a page elsewhere from reaching this machine by a name that it made point here.
    """

    app: ASGIApp
    hosts: frozenset[str]  # empty: any
    most_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it when it may not go on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return  # no web sockets here
        guarded = _with_headers(send, scope)
        headers = Headers(scope=scope)
        if self.hosts and _host_name(headers.get("host", "")) not in self.hosts:
            await _refuse(guarded, 421, "host-unknown", "This server does not answer under that name.")
            return
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self.most_bytes:
            await _refuse(guarded, 413, "too-large", f"A request holds at most {self.most_bytes} bytes.")
            return
        body = await _whole_body(receive, self.most_bytes)
        if body is None:
            await _refuse(guarded, 413, "too-large", f"A request holds at most {self.most_bytes} bytes.")
            return
        await self.app(scope, _replay(body, receive), guarded)


async def _whole_body(receive: Receive, most: int) -> bytes | None:
    """Read the body, however it arrives; None when it is too large."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _with_headers(send: Send, scope: Scope) -> Send:
    secure = scope.get("scheme") == "https"

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if secure:
                headers["strict-transport-security"] = _HSTS
            if "cache-control" not in headers:
                headers["cache-control"] = "no-store"
        await send(message)

    return sender


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"code": code, "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _host_name(host: str) -> str:
    """Return a Host header without its port, in lower case."""
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[").lower()
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()
