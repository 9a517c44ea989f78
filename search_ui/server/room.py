"""Which connections there is room for: if it is full, one that waits for its client is closed for a new one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple, Protocol, TypeVar

HEALTH = "/healthz"
"""Answered even if there is no room: it tells whether Kring is well."""
MAX_CONNECTIONS = 400
"""Connections; with the files that are open beside them, fewer than the 1,024 that systems allow a process."""
RESERVE = 40
"""Further ones, on which only `/healthz` is answered."""
RECENT_SECONDS = 2.0
"""Seconds. A client that was waited for no longer than this is closed only if all of them are such: a slow line stands
still now and then, and a client that has just come has not asked yet."""


class Idle(NamedTuple):
    """That a connection waits for its client, and since when, in the event loop's seconds.

    `unfinished`: for a body that was begun and does not come, or with an answer that is not taken, such as a paused
    film. A browser asks again by itself, but connections on which nothing was begun go first.
    """

    unfinished: bool
    since: float


class WaitingConnection(Protocol):
    """A connection; `idle` is None while a request is being answered on it."""

    @property
    def address(self) -> str: ...

    @property
    def idle(self) -> Idle | None: ...


S = TypeVar("S", bound=WaitingConnection)


def connection_to_close(seats: Collection[S], now: float) -> S | None:
    """The idlest of these connections, first of the address that has most of them; None: all of them are in use."""
    numbers = Counter(seat.address for seat in seats)

    def rank(seat: S, idle: Idle) -> tuple[bool, int, bool, float]:
        lately = now - idle.since < RECENT_SECONDS
        return lately, -numbers[seat.address], idle.unfinished and not lately, idle.since

    ranked = [(rank(seat, idle), seat) for seat in seats if (idle := seat.idle) is not None]
    return min(ranked, key=lambda candidate: candidate[0])[1] if ranked else None


def is_near(address: str) -> bool:
    """Whether many people may come from there: it may be a proxy, on this machine or beside it."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return True


def client_network(address: str) -> str:
    """The addresses that are counted together: with IPv6 each client has a network of them (/64)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))
