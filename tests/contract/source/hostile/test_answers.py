"""Answers that are broken, packed or lead nowhere end in one sentence."""

from __future__ import annotations

import gzip
import socket
import zlib
from pathlib import Path

import pytest

from flows.sources.download import download
from flows.sources.http.pace import Deadline
from flows.sources.http.web import get
from kring.errors import SourceDown, SourceError
from kring.settings import Settings
from tests.support.feeds import feed_at, item, rss
from tests.support.http.raw_server import OK, Raw, serve_raw
from tests.support.http.web_server import serve


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "²", "x", "1, 2"])
def test_a_length_that_is_none_is_no_bare_error(tmp_path: Path, length: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(OK + b"Content-Length: " + length.encode("latin-1") + b"\r\n\r\nx")

    with serve_raw(say) as raw, pytest.raises((SourceDown, SourceError)) as caught:
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("told", ["bytes 9-10/" + "9" * 5000, "bytes " + "9" * 5000 + "-", "x", ""])
def test_a_range_that_was_not_asked_for_is_no_bare_error(tmp_path: Path, told: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(
            b"HTTP/1.1 206 Partial Content\r\nContent-Range: " + told.encode() + b"\r\nContent-Length: 1\r\n\r\nx"
        )

    with serve_raw(say) as raw, pytest.raises(SourceDown, match="another file than before"):
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)


@pytest.mark.parametrize("etag", ['"' + "x" * 5000 + '"', '"\x80"', 'W/"1"', '"a\tb"'])
def test_a_validator_that_cannot_be_sent_back_is_none(tmp_path: Path, etag: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(OK + b"ETag: " + etag.encode("latin-1") + b"\r\nContent-Length: 2\r\n\r\nx")

    with serve_raw(say) as raw:
        for _ in range(2):
            with pytest.raises(SourceDown, match="stopped sending"):
                download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert not any(b"Range:" in head for head in raw.asked)


# Packed answers

BOMB = gzip.compress(gzip.compress(bytes(50_000_000)))

PACKED = {
    "gzip": gzip.compress(rss(item("a"))),
    "gzip, gzip": BOMB,
    "deflate": zlib.compress(rss(item("a"))),
    "br": b"x",
    "zstd": b"x",
    "identity, gzip": BOMB,
    "x-gzip": BOMB,
    "GZIP": BOMB,
}


@pytest.mark.parametrize("coding", PACKED)
def test_what_is_packed_is_neither_asked_for_nor_unpacked(settings: Settings, tmp_path: Path, coding: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        body = PACKED[coding]
        connection.sendall(OK + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    with serve_raw(say) as raw:
        with pytest.raises(SourceError, match="sends it packed"):
            list(feed_at(f"{raw.address}/feed", settings, seconds=30).list())
        with pytest.raises(SourceError, match="sends it packed"):
            download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert all(b"accept-encoding: identity" in head.lower() for head in raw.asked)
    assert not (tmp_path / "a").exists()


# Redirects

BROKEN = [
    "http://[::1",
    "http:///x",
    "http://x:99999/",
    "http://x:0/",
    "http://user:secret@127.0.0.1/",
    "http://xn--/",
    "http://\x80\xff/",
    "//",
    "ftp://x/y",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http:x",
    "data:,x",
    "http://x/" + "a" * 9000,
    "http://[v1.x]/",
    "http://%zz[/",
]


@pytest.mark.parametrize("location", BROKEN)
def test_a_redirect_to_a_broken_address_is_a_sentence(tmp_path: Path, location: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        head = b"HTTP/1.1 302 Found\r\nLocation: " + location.encode("latin-1")
        connection.sendall(head + b"\r\nContent-Length: 0\r\n\r\n")

    with serve_raw(say) as raw, pytest.raises((SourceError, SourceDown)) as caught:
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    said = str(caught.value)
    assert said.startswith("127.0.0.1 ") or "is not known" in said
    assert "secret" not in said
    assert len(said) < 300


@pytest.mark.parametrize("address", [*BROKEN, "http://[::1]x/", "x", "", "http://x/\n", "http://\ud800/"])
def test_a_broken_address_is_a_sentence(tmp_path: Path, address: str) -> None:
    with pytest.raises((SourceError, SourceDown)) as caught:
        download(address, tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert "secret" not in str(caught.value)


def test_what_a_server_says_wrongly_is_not_repeated(tmp_path: Path) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(b"<script>" + b"x" * 1000 + b"\r\n\r\n")

    with serve_raw(say) as raw, pytest.raises(SourceDown) as caught:
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert str(caught.value) == "127.0.0.1 broke off, or does not answer as a web server does."


def test_an_answer_that_is_neither_file_nor_redirect_is_none(tmp_path: Path) -> None:
    with serve() as site:
        for status in (300, 304, 399):
            site.statuses["/a"] = status
            with (
                pytest.raises(SourceDown, match=str(status)),
                get(f"{site.address}/a", allow_private=True, limit=Deadline(30)),
            ):
                pass
