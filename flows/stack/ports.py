"""Free ports on this machine."""

from __future__ import annotations

import socket
from collections.abc import Collection

from kring.errors import SetupError

TRIES = 100


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises SetupError where `host` is not of this machine."""
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


def free_port(host: str, wanted: int, taken: Collection[int] = ()) -> int:
    """`wanted`, or the next port above it that is free and not in `taken`.

    0 asks for any. Raises SetupError where there is none.
    """
    if wanted == 0:
        with socket.create_server((host, 0)) as server:
            return int(server.getsockname()[1])
    for port in range(wanted, min(wanted + TRIES, 65_536)):
        if port not in taken and is_free(host, port):
            return port
    raise SetupError(f"No port from {wanted} to {wanted + TRIES - 1} is free on {host}; set another one.")
