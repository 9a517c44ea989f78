"""The outermost layer: which host names are answered (against DNS rebinding), the headers every answer carries,
and an answer in words where a route broke."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kring.settings import Web

log = logging.getLogger("kring.web")

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
    """ASGI middleware around every route."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], broken: Callable[[Request], Response]) -> None:
        self._app = app
        self._hosts = hosts
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        if host_name(Headers(scope=scope).get("host", "")) not in self._hosts:
            await _refusal()(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, receive, send_guarded)
        except Exception:
            if begun:  # too late for words: the server breaks the connection off, and says so in its log
                raise
            log.exception("%s %s", scope["method"], scope["path"])
            await self._broken(Request(scope))(scope, receive, send_guarded)


def _refusal() -> Response:
    return PlainTextResponse(
        "Kring does not answer to this address. Whoever runs it sets KRING_WEB__PUBLIC_URL to the one people use.\n",
        status_code=421,
    )
