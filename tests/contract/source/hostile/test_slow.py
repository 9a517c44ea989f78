"""Servers that drip or stay silent are given up at a deadline, and the next try goes on from there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.sources.download import download
from flows.sources.http.pace import Speed
from kring.errors import KringError, SlowSource, SourceDown, SourceError
from kring.settings import Settings
from tests.support.feeds import feed_at
from tests.support.http.raw_server import OK, Raw, serve_raw

QUICK = Speed(head_seconds=0.5, floor=1000, stretch_seconds=0.5, turn_seconds=30, grace_seconds=30, overall=50_000)


def head_that_drips(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"X-Slow: ")
    raw.drip(connection)


def headers_without_end(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK)
    raw.drip(connection, b"X-More: x\r\n")


def never_more_than_early_hints(raw: Raw, connection: socket.socket, _: bytes) -> None:
    raw.drip(connection, b"HTTP/1.1 103 Early Hints\r\n\r\n")


def silence(raw: Raw, connection: socket.socket, _: bytes) -> None:
    raw.over.wait()


def body_that_drips(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"Content-Length: 1000000\r\n\r\n")
    raw.drip(connection)


def chunks_that_drip(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    raw.drip(connection, b"1\r\nx\r\n")


def a_chunk_of_nothing_but_its_size(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n1;x=")
    raw.drip(connection)


def redirects_that_drip(raw: Raw, connection: socket.socket, _: bytes) -> None:
    raw.over.wait(0.2)
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /on\r\nContent-Length: 0\r\n\r\n")


DRIPS = [
    head_that_drips,
    headers_without_end,
    never_more_than_early_hints,
    silence,
    body_that_drips,
    chunks_that_drip,
    a_chunk_of_nothing_but_its_size,
    redirects_that_drip,
]


@pytest.mark.parametrize("say", DRIPS)
def test_a_feed_that_drips_is_given_up_at_its_deadline(
    settings: Settings, say: Callable[[Raw, socket.socket, bytes], None]
) -> None:
    with serve_raw(say) as raw, pytest.raises(SourceDown, match=r"^127\.0\.0\.1 "):
        list(feed_at(f"{raw.address}/feed", settings).list())


def test_tls_that_never_comes_about_is_given_up_too(settings: Settings) -> None:
    def handshake(raw: Raw, connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 kB follows
        raw.drip(connection, b"\x02")

    with serve_raw(handshake, listen_only=True) as raw, pytest.raises(SourceDown):
        list(feed_at(raw.address.replace("http", "https"), settings).list())


def test_a_name_that_nobody_looks_up_is_given_up_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver has no deadline of its own."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait() and [])
    with pytest.raises(SourceDown):
        list(feed_at("http://nowhere.example/feed", settings).list())
    over.set()


@pytest.mark.parametrize("say", DRIPS)
def test_a_download_that_drips_gives_its_place_back(
    tmp_path: Path, say: Callable[[Raw, socket.socket, bytes], None]
) -> None:
    with serve_raw(say) as raw, pytest.raises(SourceDown, match=r"^127\.0\.0\.1 "):
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9, speed=QUICK)


# Slow enclosures


def test_a_slow_download_goes_on_later_where_it_stopped(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40

    def slow_at_first(raw: Raw, connection: socket.socket, head: bytes) -> None:
        validators = b'ETag: "1"\r\nAccept-Ranges: bytes\r\n'
        if b"Range: bytes=5000-" in head:
            told = b"Content-Range: bytes 5000-10239/10240\r\nContent-Length: 5240\r\n"
            connection.sendall(b"HTTP/1.1 206 Partial Content\r\n" + validators + told + b"\r\n" + data[5000:])
            return
        connection.sendall(OK + validators + b"Content-Length: 10240\r\n\r\n" + data[:5000])
        raw.over.wait()

    speed = Speed(floor=1000, stretch_seconds=0.5)
    with serve_raw(slow_at_first) as raw:
        with pytest.raises(SlowSource, match=r"sends less than 1 kB a second"):
            download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9, speed=speed)
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert (tmp_path / "a").read_bytes() == data
    assert [b"Range:" in head for head in raw.asked] == [False, True]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_slow_again_and_again_it_is_given_up_for_good(tmp_path: Path) -> None:
    speed = Speed(floor=100_000, stretch_seconds=1, grace_seconds=3)
    said: list[KringError] = []
    with serve_raw(body_that_drips) as raw:
        while not said or isinstance(said[-1], SlowSource):
            with pytest.raises((SlowSource, SourceError)) as caught:
                download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9, speed=speed)
            said.append(caught.value)
    assert isinstance(said[-1], SourceError)
    assert str(said[-1]).startswith("127.0.0.1 has sent 0.0 MB in ")
    assert 2 <= len(said) <= 5
    with serve_raw(body_that_drips) as other, pytest.raises(SourceError):  # at once, when it is asked for again
        download(f"{other.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9, speed=speed)
    assert not other.asked
