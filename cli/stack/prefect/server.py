"""The Prefect server, as `prefect server start` runs it, behind a guard.

    python -m cli.stack.prefect.server HOST PORT

Whoever may call its API can have the worker run commands. So Prefect asks for PREFECT_SERVER_API_AUTH_STRING, without
which this server does not start; and the guard answers only to this machine's own names (against DNS rebinding),
refuses what a page from elsewhere sends (Prefect 3.8 allows every origin by default), and lets no page frame it. And
since its pages load the configuration of an analytics service even where PREFECT_SERVER_ANALYTICS_ENABLED is false, a
Content-Security-Policy lets them talk to this server only. The rest is set by the environment.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from cli.stack.prefect.forgetting import Forgetting
from cli.stack.prefect.login import Login

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REFUSAL = b"This Prefect server answers only to its own pages and to this machine.\n"


class Guard:
    """ASGI middleware: refuses foreign hosts and origins, and adds the policy to every HTTP answer of `app`."""

    def __init__(self, app: ASGIApp, names: set[str], port: int) -> None:
        """`names`: the host names it answers to."""
        self._app = app
        self._hosts = {f"{name}:{port}".encode() for name in names}
        self._origins = {b"http://" + host for host in self._hosts}
        sockets = [f"ws://{name}:{port}" for name in sorted(names)]
        addresses = [f"http://{name}:{port}" for name in sorted(names)]
        policy = " ".join(["connect-src", "'self'", *addresses, *sockets])
        self._policy = f"{policy}; frame-ancestors 'none'".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", self._policy)]
            await send(message)

        if scope["type"] == "lifespan" or self._is_ours(dict(scope["headers"])):
            await self._app(scope, receive, send_with_policy if scope["type"] == "http" else send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(REFUSAL)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": REFUSAL})

    def _is_ours(self, headers: dict[bytes, bytes]) -> bool:
        return headers.get(b"host") in self._hosts and headers.get(b"origin", b"") in {b"", *self._origins}


def main(host: str, port: int) -> None:
    auth_string = os.environ.get("PREFECT_SERVER_API_AUTH_STRING")
    if not auth_string:
        sys.exit("Set PREFECT_SERVER_API_AUTH_STRING: whoever reaches Prefect's API without it could run commands.")
    import uvicorn
    from prefect.server.api.server import create_app

    uvicorn.run(
        Guard(
            Login(Forgetting(create_app(final=True), auth_string), auth_string), {host, "127.0.0.1", "localhost"}, port
        ),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=2,  # an open browser tab keeps its connections
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
