"""The outermost layer: which host names are answered (against DNS rebinding), that changes come from our own pages, how
much they may send, the headers every answer carries, and an answer in words if a route broke."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kring.settings import WebSettings
from search_ui.i18n.gettext import N_, _
from search_ui.server import bounds
from search_ui.server.bodies import paced, sparing

log = logging.getLogger("kring.web")

MOST_BYTES = 1_000_000
"""Of what a page sends, if it is not a file."""
FILES = re.compile(r"/api/(uploads/[0-9a-f]{16}/(parts/\d{1,5}|files)|recordings/[0-9a-f]{16}/attachments)")
"""Addresses that take files; they count their bytes themselves."""
ELSEWHERE = N_(
    "Kring does not answer at this address. Its operator must set KRING_WEB__PUBLIC_URL to the address that people use."
)
FOREIGN = N_("A page of another site asked for this change, so it was not made. Open Kring itself and try again.")
TOO_MUCH = N_("That is more than Kring takes at once; send less, or a file where files are taken.")
TOO_LONG = N_(
    "This address is longer than Kring reads (200 parameters, 8 kB). Search for fewer words, or choose fewer filters."
)
TOO_LARGE = N_("The header of this request is larger than Kring reads (100 fields, 32 kB).")
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


def policy(*, frame_ancestors: str = "'none'", connect: str = "") -> str:
    """A Content-Security-Policy; `connect`: one more origin that scripts may talk to."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        f"connect-src 'self'{f' {connect}' if connect else ''}; worker-src 'self'; font-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {frame_ancestors}"
    )


HEADERS = {
    "Content-Security-Policy": policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, not bound to


def host_names(web: WebSettings) -> frozenset[str]:
    """The host names this application answers to, in lower case, without ports."""
    names = {"localhost", "127.0.0.1", "::1", web.host.lower()}
    if web.public_url:
        names.add((urlsplit(web.public_url).hostname or "").lower())
    return frozenset(names - EVERY_ADDRESS - {""})


def own_origins(web: WebSettings) -> frozenset[str]:
    """Origins of our own pages beside the address a request came to, for proxies that change that: `https://host`."""
    parts = urlsplit(web.public_url)
    return frozenset({f"{parts.scheme}://{parts.netloc}".lower()} if parts.netloc else ())


def host_name(header: str) -> str:
    """`Example.org:8420` → `example.org`; `[::1]:8420` → `::1`; empty if it is no host."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


class RequestGuard:
    """ASGI middleware around every route."""

    def __init__(
        self, app: ASGIApp, hosts: frozenset[str], origins: frozenset[str], broken: Callable[[Request], Response]
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins
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
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refusal(scope)
        if refused is not None:
            await refused(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, _bounded(scope, receive), send_guarded)
        except ClientDisconnect:  # in the middle of a body; there is no client left to answer
            return
        except Exception:
            if begun:  # too late for words: the server breaks the connection off, and says so in its log
                raise
            log.exception("%s %s", scope["method"], scope["path"])
            await self._broken(Request(scope))(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        path, headers = scope["path"], Headers(scope=scope)
        status = bounds.refusal(scope["raw_path"], scope["query_string"], headers.raw)
        if status is not None:
            return said(path, status, _(TOO_LONG if status == HTTPStatus.REQUEST_URI_TOO_LONG else TOO_LARGE))
        if host_name(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse(f"{_(ELSEWHERE)}\n", status_code=421)
        if scope["method"] in HARMLESS:
            return None
        if not comes_from_here(headers, self._origins):
            return JSONResponse({"error": _(FOREIGN)}, status_code=403)
        return JSONResponse({"error": _(TOO_MUCH)}, status_code=413) if _too_much(scope, headers) else None


def said(path: str, status: int, sentence: str) -> Response:
    """A sentence for who asked, before anything is known of the request but its path."""
    if path.startswith("/api/"):
        return JSONResponse({"error": sentence}, status_code=status)
    return PlainTextResponse(f"{sentence}\n", status_code=status)


def comes_from_here(headers: Headers, origins: frozenset[str]) -> bool:
    """Whether no page of another site sent this: browsers say so in one of two ways, other programs need not.

    Sec-Fetch-Site: https://www.w3.org/TR/fetch-metadata/
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    return origin is None or origin.lower() in origins or _place(origin) == headers.get("host", "").lower()


def _place(origin: str) -> str:
    """`https://Example.org:8420` → `example.org:8420`; empty if it is no address, as in `null`."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """`receive`, if something may come."""
    if scope["method"] in HARMLESS:
        return receive
    return paced(receive) if takes_files(scope) else paced(sparing(receive))


def takes_files(scope: Scope) -> bool:
    return FILES.fullmatch(scope["path"]) is not None


def _too_much(scope: Scope, headers: Headers) -> bool:
    if takes_files(scope):
        return False
    size = byte_count(headers.get("content-length", "0"))
    return "transfer-encoding" in headers or size is None or size > MOST_BYTES


def byte_count(header: str) -> int | None:
    """The number of bytes a `Content-Length` says; None if it says none, or more than any disk holds."""
    return int(header) if header.isdecimal() and len(header) <= 18 else None
