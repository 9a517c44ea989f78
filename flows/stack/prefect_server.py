"""The Prefect server, as `prefect server start` runs it, with a browser policy that keeps its pages at home.

    python -m flows.stack.prefect_server HOST PORT

Prefect 3.8's pages load the configuration of an analytics service from its makers' provider even where
PREFECT_SERVER_ANALYTICS_ENABLED is false; that tells them who looks at which server. A Content-Security-Policy
lets the pages talk to this server only. Everything else is set by the environment (`environment.py`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class StaysAtHome:
    """Adds the policy to every HTTP answer of `app`."""

    def __init__(self, app: ASGIApp, *addresses: str) -> None:
        """`addresses`: what pages may call besides the address they came from."""
        self._app = app
        self._policy = " ".join(["connect-src", "'self'", *addresses]).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", self._policy)]
            await send(message)

        await self._app(scope, receive, send_with_policy if scope["type"] == "http" else send)


def main(host: str, port: int) -> None:
    import uvicorn
    from prefect.server.api.server import create_app

    names = {host, "127.0.0.1", "localhost"}
    addresses = sorted(f"{scheme}://{name}:{port}" for name in names for scheme in ("http", "ws"))
    uvicorn.run(
        StaysAtHome(create_app(final=True), *addresses),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=2,  # an open browser tab keeps its connections
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
