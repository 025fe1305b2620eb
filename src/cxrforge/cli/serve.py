"""`serve`: the reading room in a browser."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

import typer

from cxrforge.cli.terminal import err, out
from cxrforge.cli.workspace_commands import open_workspace

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def serve(
    context: typer.Context,
    host: str = typer.Option("127.0.0.1", "--host", help="Address to listen on; the default serves this machine only."),
    port: int = typer.Option(8642, "--port", min=0, max=65535, help="Port to listen on."),
    tls_cert: Path | None = typer.Option(None, "--tls-cert", metavar="FILE", help="Certificate chain, PEM."),
    tls_key: Path | None = typer.Option(None, "--tls-key", metavar="FILE", help="Its private key, PEM."),
    name: list[str] = typer.Option([], "--name", help="Host name that browsers use; may be repeated."),
    behind_proxy: bool = typer.Option(
        False, "--behind-proxy", help="A proxy on this machine ends TLS: believe its X-Forwarded-* headers."
    ),
) -> None:
    """Serve the reading room: audits, queues, the state of the workspace. Stop it with Ctrl-C.

    Example: cxrforge -w study-export serve --port 8642
    """
    import uvicorn  # imported late, so that help is quick

    from cxrforge.errors import UsageError
    from cxrforge.web.application import create_app

    if (tls_cert is None) != (tls_key is None):
        raise UsageError("TLS needs both", expected="--tls-cert and --tls-key")
    if tls_cert is not None and tls_key is not None and not (tls_cert.is_file() and tls_key.is_file()):
        raise UsageError("certificate or key cannot be read", expected="two PEM files")
    local = _is_loopback(host)
    if not local and tls_cert is None and not behind_proxy:
        err.print(
            "warning: passwords and images would cross the network unencrypted. "
            "Use --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy with TLS."
        )
    with open_workspace(context) as workspace:
        if not workspace.reading_room.people():
            err.print("Nobody has an account yet: make one with `cxrforge user add NAME --role curator`.")
        app = create_app(workspace, hosts=(*_LOCAL_NAMES, *name) if local or name else ())
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=behind_proxy,
            forwarded_allow_ips="127.0.0.1,::1",
            ssl_certfile=tls_cert,
            ssl_keyfile=tls_key,
            timeout_graceful_shutdown=5,
            ws="none",
        )
        listening = _listen(host, port)
        shown = f"[{host}]" if ":" in host else host
        scheme = "https" if tls_cert else "http"
        out.print(f"Reading room: {scheme}://{shown}:{listening.getsockname()[1]}/  (Ctrl-C ends it)", soft_wrap=True)
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    from cxrforge.errors import UsageError

    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            "this address and port cannot be listened on",
            found=getattr(error, "strerror", None),
            next_step="Name others with --host and --port.",
        ) from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
