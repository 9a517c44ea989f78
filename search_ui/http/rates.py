"""How much one address may ask for, over time and at once; beyond that the answer says when to try again."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from search_ui.http.errors import answer
from search_ui.i18n.gettext import N_, _
from search_ui.server.room import HEALTH, MAX_CONNECTIONS, client_network, is_near

A_MINUTE = 3000
"""Requests of one address: a page takes a dozen, and an office shares an address."""
AT_ONCE = 60
EVENTS = 20
"""Pages of one address that follow a recording."""
NEAR = 10
"""How many times as much comes from an address of this machine or its network: that may be a proxy for many people."""
NEAR_AT_ONCE = MAX_CONNECTIONS // 4
"""Requests of such an address at once, and as many that follow a recording: half of the places stay for others."""
REMEMBERED = 10_000
_EVENTS = re.compile(r"/r/[0-9a-f]{16}/events")

TOO_OFTEN = N_("Your address has sent more requests than Kring answers in a minute. Try again in {seconds} seconds.")
TOO_MANY = N_("Your address has sent more requests than Kring answers at once. Try again in {seconds} seconds.")


class Bucket:
    """A leaky bucket for each address, of `A_MINUTE` requests, that runs empty within a minute."""

    def __init__(self) -> None:
        self._empty_at: dict[str, float] = {}
        """In the order of their last requests."""

    def wait(self, address: str, now: float, most: int = A_MINUTE) -> float:
        """Seconds until this address may ask again; 0: it may, and has."""
        drop = 60 / most
        empty_at = max(self._empty_at.pop(address, now), now)
        wait = max(0.0, empty_at + drop - now - 60)
        self._empty_at[address] = empty_at if wait else empty_at + drop
        if len(self._empty_at) > REMEMBERED:
            del self._empty_at[next(iter(self._empty_at))]
        return wait


class RateLimit:
    """ASGI middleware. The address is that of the client, or of a proxy that is not trusted (`web.proxies`)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._bucket = Bucket()
        self._busy: Counter[tuple[str, bool]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == HEALTH:
            await self._app(scope, receive, send)
            return
        client = scope["client"][0] if scope["client"] else ""
        address, times = client_network(client), NEAR if is_near(client) else 1
        wait = self._bucket.wait(address, time.monotonic(), A_MINUTE * times)
        if wait:
            await refused(scope, receive, send, TOO_OFTEN, ceil(wait))
            return
        follows = _EVENTS.fullmatch(scope["path"]) is not None
        if self._busy[address, follows] >= min((EVENTS if follows else AT_ONCE) * times, NEAR_AT_ONCE):
            await refused(scope, receive, send, TOO_MANY, 5)
            return
        with self._counted(address, follows):
            await self._app(scope, receive, send)

    @contextmanager
    def _counted(self, address: str, follows: bool) -> Iterator[None]:
        self._busy[address, follows] += 1
        try:
            yield
        finally:
            self._busy[address, follows] -= 1
            if not self._busy[address, follows]:
                del self._busy[address, follows]


async def refused(scope: Scope, receive: Receive, send: Send, sentence: str, seconds: int) -> None:
    response = answer(Request(scope), 429, _(sentence).format(seconds=seconds))
    response.headers["Retry-After"] = str(seconds)
    await response(scope, receive, send)
