"""How much a request may bring with it. Within these bounds all of it is read in linear time; beyond, some
takes time that grows faster: FastAPI with parameters, Python with cookies in quotes."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

MOST_PARAMETERS = 200
MOST_ADDRESS = 8_000
"""Bytes of an address's path, and of its query."""
MOST_FIELDS = 100
MOST_HEADER = 32_000
"""Bytes of all header fields together, their names and their values."""
OWN_COOKIES = b"kring_"
"""What the names of Kring's cookies begin with. Others that are set at this host, by whatever else runs there, are none
of its business."""

Fields = Iterable[tuple[bytes, bytes]]


def refusal(path: bytes, query: bytes, fields: Fields) -> HTTPStatus | None:
    """The status with which such a request is refused; None: it is read."""
    if max(len(path), len(query)) > MOST_ADDRESS or query.count(b"&") >= MOST_PARAMETERS:
        return HTTPStatus.REQUEST_URI_TOO_LONG
    sizes = [len(name) + len(value) for name, value in fields]
    if len(sizes) > MOST_FIELDS or sum(sizes) > MOST_HEADER:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    return None


def own_cookies(fields: Fields) -> list[tuple[bytes, bytes]]:
    """The header fields with no cookies but Kring's own, in which nothing is in quotes."""
    others = [(name, value) for name, value in fields if name != b"cookie"]
    cookies = [cookie.strip() for name, value in fields if name == b"cookie" for cookie in value.split(b";")]
    own = [cookie for cookie in cookies if cookie.startswith(OWN_COOKIES) and b'"' not in cookie]
    return [*others, (b"cookie", b"; ".join(own))] if own else others


class OwnCookies:
    """ASGI middleware: whatever is inside sees no other cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"] = own_cookies(list(scope["headers"]))
        await self._app(scope, receive, send)
