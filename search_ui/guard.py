"""Which host names are answered (against DNS rebinding), and the headers every answer carries."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kring.settings import Web

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, not bound to


def host_names(web: Web) -> frozenset[str]:
    """The host names this application answers to, in lower case, without ports."""
    names = {"localhost", "127.0.0.1", "::1", web.host.lower()}
    if web.public_url:
        names.add((urlsplit(web.public_url).hostname or "").lower())
    return frozenset(names - EVERY_ADDRESS - {""})


def host_name(header: str) -> str:
    """`Example.org:8420` → `example.org`; `[::1]:8420` → `::1`; empty where it is no host."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


class Guard:
    """ASGI middleware around every route; the answer to an unexpected error carries `HEADERS` by itself."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        if host_name(Headers(scope=scope).get("host", "")) in self._hosts:
            await self._app(scope, receive, send_guarded)
            return
        refusal = PlainTextResponse(
            "Kring does not answer to this address. Whoever runs it sets KRING_WEB__PUBLIC_URL to the address people use.\n",
            status_code=421,
        )
        await refusal(scope, receive, send_guarded)
