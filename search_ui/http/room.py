"""Which connections there is room for: where it is full, who has been idle longest makes way for who comes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple, Protocol, TypeVar

MOST = 400
"""Connections; with the files that are open beside them, fewer than the 1,024 that systems allow a process."""
RESERVE = 40
"""Further ones, on which only `/healthz` is answered."""


class Idle(NamedTuple):
    """How long nothing has been done on a connection; who is smallest makes way first.

    `stalled`: an answer is on its way that its client does not take, such as a paused film; a browser asks again by
    itself, but who waits for nothing goes first.
    """

    stalled: bool
    since: float


class Seat(Protocol):
    """A connection; `idle` is None while something is being done on it."""

    @property
    def address(self) -> str: ...

    @property
    def idle(self) -> Idle | None: ...


S = TypeVar("S", bound=Seat)


def who_leaves(seats: Collection[S]) -> S | None:
    """The idlest of these connections, first of the address that has most of them; None: all of them are in use."""
    numbers = Counter(seat.address for seat in seats)
    idle = [(-numbers[seat.address], since, seat) for seat in seats if (since := seat.idle) is not None]
    return min(idle, key=lambda one: one[:2])[2] if idle else None


def is_near(address: str) -> bool:
    """Whether many people may come from there: it may be a proxy, on this machine or beside it."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return True


def household(address: str) -> str:
    """Who is counted together: with IPv6 everybody has a network of addresses (/64)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
