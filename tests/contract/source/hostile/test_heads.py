"""Heads of answers that would keep h11 busy, and the whole process with it: they are refused before h11 sees them."""

from __future__ import annotations

import socket

import h11
import pytest

from flows.sources.http.heads import LONGEST_HEADS
from flows.sources.http.pace import Deadline
from flows.sources.http.web import get
from kring.errors import SourceDown
from tests.support.http.raw_server import OK, Raw, serve_raw

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BLANKS = b"X: " + b" \t" * 47_000 + b"\x00\r\n"
HOSTILE = {
    "blanks": OK + BLANKS + b"\r\n",
    "blanks in early hints": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n" + BLANKS + b"\r\n" + OK,
    "blanks in a trailer": CHUNKED + b"1\r\nx\r\n0\r\n" + BLANKS + b"\r\n",
    "blanks in a chunk's extension": CHUNKED + b"1;" + b" \t" * 47_000 + b"\x00\r\nx\r\n0\r\n\r\n",
    "blanks on folded lines": OK + b"X:\n" + b" \n" * 15_000 + b" \x00\r\n\r\n",
    "few blanks": OK + b"X: " + b" " * 200 + b"\x00\r\n\r\n",
    "a control character": OK + b"X: a\x00b\r\n\r\n",
    "a long line": OK + b"X: " + b"x" * 20_000 + b"\r\n\r\n",
    "many lines": OK + b"X: x\r\n" * 10_000 + b"\r\n",
    "many early hints": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 2_000 + OK + b"\r\n",
}


def told(answer: bytes) -> bytes:
    """The body that comes of it."""

    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(answer)

    with serve_raw(say) as raw, get(raw.address, allow_private=True, limit=Deadline(20)) as got:
        return b"".join(got.body)


@pytest.mark.parametrize("what", HOSTILE)
def test_h11_never_sees_a_hostile_line(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    seen = bytearray()
    receive = h11.Connection.receive_data

    def received(connection: h11.Connection, data: bytes) -> None:
        seen.extend(data)
        receive(connection, data)

    monkeypatch.setattr(h11.Connection, "receive_data", received)
    with pytest.raises(SourceDown, match=r"^127\.0\.0\.1 sends headers that are not read: "):
        told(HOSTILE[what])
    assert b"\x00" not in seen
    assert len(seen) <= LONGEST_HEADS


def test_what_servers_do_send_is_read() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    long = b"Content-Security-Policy: " + b"default-src 'self'; " * 400 + b"\r\n"
    assert told(hints + OK + long + b"Content-Length: 3\r\n\r\n\n\x00\n") == b"\n\x00\n"
    assert told(OK + b"\r\n" + BLANKS) == BLANKS
    chunks = b"5;name=value\r\n\n\x00\n\r\n\r\n" + b"1F40 \r\n" + b"\x00" * 8000 + b"\r\n0\r\nX-Sum: 1\r\n\r\n"
    assert told(hints + CHUNKED + chunks) == b"\n\x00\n\r\n" + b"\x00" * 8000
