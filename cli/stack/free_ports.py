"""Claims ports for the parts of a stack, so that two stacks that start at the same moment never share one."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from kring.errors import SetupError

TRIES = 100
ANY = range(20_000, 30_000)
"""Below the range that Linux uses for outgoing connections, so that a free port stays free."""


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises SetupError if `host` is not an address of this machine."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except socket.gaierror as error:
        raise SetupError(f"The address {host} is not known here: {error.strerror}.") from None
    with socket.socket(family, kind) as probe:
        # As servers do, so that connections of an earlier server in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


def port_taken(host: str, port: int, setting: str) -> SetupError:
    """The error for a port that is taken but was chosen with `setting`."""
    return SetupError(
        f"Port {port} on {host} is taken, and {setting} asks for this one. "
        "Stop what listens there, or choose another port (0: any that is free)."
    )


class ClaimedPorts:
    """The ports of one stack, claimed until `release`.

    A part needs seconds until it listens, and until then its port looks free to others. So a claim also holds a lock: a
    socket in Linux's abstract namespace, which all users of this machine share and which ends with its process.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` is called with a sentence for every port that differs from the usual one."""
        self._say = say
        self._locks: dict[tuple[str, int], socket.socket] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self, host: str, chosen: int | None, usual: int, setting: str) -> int:
        """Claim the port `chosen` and no other; 0: any. If it is None: `usual`, or the next free one.

        `setting`: its name in error messages. Raises SetupError if no such port is free, or if `host` is not an address
        of this machine.
        """
        if chosen == 0:
            return self._any(host)
        if chosen is not None:
            if self.claim(host, chosen):
                return chosen
            raise port_taken(host, chosen, setting)
        for port in range(usual, usual + TRIES):
            if self.claim(host, port):
                if port != usual:
                    self._say(f"port {usual} is taken, using {port}")
                return port
        raise SetupError(f"No port from {usual} to {usual + TRIES - 1} is free on {host}; choose one with {setting}.")

    def claim(self, host: str, port: int) -> bool:
        """Claim this port; False if it is taken. Raises SetupError if `host` is not an address of this machine."""
        if (host, port) in self._locks:
            return False
        with ExitStack() as undo:
            lock = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            if sys.platform == "linux":
                try:
                    lock.bind(f"\0kring-port-{host}-{port}")
                except OSError:
                    return False
            if not is_free(host, port):
                return False
            undo.pop_all()
        self._locks[host, port] = lock
        return True

    def release(self) -> None:
        """Give all ports up, once nothing listens on them any more."""
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()

    def _any(self, host: str) -> int:
        for _ in range(TRIES):
            if self.claim(host, port := secrets.choice(ANY)):
                return port
        raise SetupError(f"No free port was found on {host}.")
