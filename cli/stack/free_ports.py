"""ClaimedPorts for the parts, each for one stack only: also of two stacks that start at the same moment."""

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
"""Below the range that Linux takes for outgoing connections, so that a port found free stays free."""


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises SetupError if `host` is not of this machine."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except socket.gaierror as error:
        raise SetupError(f"The address {host} is not known here: {error.strerror}.") from None
    with socket.socket(family, kind) as probe:
        # As servers do: connections of an earlier server that still fade away do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


def port_taken(host: str, port: int, setting: str) -> SetupError:
    """For a port that was chosen with this setting."""
    return SetupError(
        f"Port {port} on {host} is taken, and {setting} asks for this one. "
        "Stop what listens there, or choose another port (0: any that is free)."
    )


class ClaimedPorts:
    """The ports of one stack, claimed until `release`.

    A part takes seconds until it listens, and until then its port looks free to everybody. So a claim is a lock as
    well: a socket in Linux's abstract namespace, which all users of this machine share and which ends with its process.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` is told of every port that had to move."""
        self._say = say
        self._locks: dict[tuple[str, int], socket.socket] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self, host: str, wanted: int | None, usual: int, setting: str) -> int:
        """The port `wanted`, that one or none; 0: any. If none was chosen: `usual`, or the next that can be had.

        `setting`: its name for people. Raises SetupError if the port cannot be had, or `host` is not of this machine.
        """
        if wanted == 0:
            return self._any(host)
        if wanted is not None:
            if self.claim(host, wanted):
                return wanted
            raise port_taken(host, wanted, setting)
        for port in range(usual, usual + TRIES):
            if self.claim(host, port):
                if port != usual:
                    self._say(f"port {usual} is taken, using {port}")
                return port
        raise SetupError(f"No port from {usual} to {usual + TRIES - 1} is free on {host}; choose one with {setting}.")

    def claim(self, host: str, port: int) -> bool:
        """Whether the port is ours from now on. Raises SetupError if `host` is not of this machine."""
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
        """Once nothing listens on them any more."""
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()

    def _any(self, host: str) -> int:
        for _ in range(TRIES):
            if self.claim(host, port := secrets.choice(ANY)):
                return port
        raise SetupError(f"No free port was found on {host}.")
