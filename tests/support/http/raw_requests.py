"""Requests as no client sends them: bytes on a socket."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from urllib.parse import urlsplit

from tests.support.patience import PATIENCE


def connected(address: str, source: str = "", *, seconds: float = PATIENCE) -> socket.socket:
    """A connection from `source` to the server at `address`; a wait on it of more than `seconds` is TimeoutError."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 80), seconds, (source, 0))


def head(line: str, *fields: str | bytes) -> bytes:
    """A request line and header fields, with the blank line that ends them."""
    written = [field if isinstance(field, bytes) else field.encode() for field in (line, "Host: localhost", *fields)]
    return b"\r\n".join([*written, b"", b""])


def status_of(answer: bytes) -> int:
    """Of the answer's first line; 0 where there is no answer."""
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 else 0


def received(connection: socket.socket) -> bytes:
    """What comes until the server is silent for good: it closes the connection, or breaks it."""
    come = bytearray()
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            come += piece
    return bytes(come)


def exchanged(address: str, request: bytes) -> tuple[int, bytes]:
    """Status and bytes of the answer to a request that asks for the connection to be closed."""
    with closing(connected(address)) as connection:
        with suppress(ConnectionError):  # refused before all of it was sent
            connection.sendall(request)
        answer = received(connection)
    return status_of(answer), answer
