"""`python -m search_ui` as it runs, and clients that hold connections without using them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from socket import socket

import httpx
import pytest

from index import open_index
from search_ui.http.bodies import START_SECONDS
from search_ui.http.protocol import HEAD_SECONDS
from search_ui.http.room import MOST, RESERVE
from tests.raw_http import connected, head, status_of
from tests.running import eventually, free_port
from tests.seaweed import Weed

REPOSITORY = Path(__file__).parents[2]
FILES = 1024
"""What many systems allow a process."""


@pytest.fixture(scope="module")
def address(seaweed: Weed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = seaweed.store()
    port = free_port()
    settings = seaweed.settings(tmp_path_factory.mktemp("data"), store.bucket)
    with closing(open_index(settings)) as index:
        index.rebuild(())
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KRING_"))}
    environment |= {
        "KRING_CONFIG": os.devnull,
        "KRING_DATA_DIR": str(settings.data_dir),
        "KRING_BUCKET": store.bucket,
        "KRING_WEB__PORT": str(port),
        "AWS_ENDPOINT_URL": seaweed.endpoint,
        "AWS_ACCESS_KEY_ID": seaweed.access_key,
        "AWS_SECRET_ACCESS_KEY": seaweed.secret_key,
    }
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * FILES), hard))
    process = subprocess.Popen(
        [sys.executable, "-m", "search_ui"],
        cwd=REPOSITORY,
        env=environment,
    )
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
    origin = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: asked(f"{origin}/healthz") == 200, seconds=120, what="the web server")
        yield origin
    finally:
        process.terminate()
        process.wait(30)
        store.close()


def asked(url: str) -> int:
    """The status; 0 where nobody answers."""
    try:
        return httpx.get(url, timeout=20).status_code
    except httpx.TransportError:
        return 0


def drip(connection: socket, what: bytes) -> bytes:
    """What comes back before the server hangs up on a client that sends a little again and again, never to an end."""
    come = b""
    until = time.monotonic() + 4 * (HEAD_SECONDS + START_SECONDS)
    connection.settimeout(0.5)
    with suppress(ConnectionError):
        while True:
            assert time.monotonic() < until, "the server still holds the connection"
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                connection.sendall(what)
            else:
                if not piece:
                    break
                come += piece
    return come


SLOW = {
    "nothing": (b"", b"", 0),
    "half a head": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"x", 0),
    "blank lines": (b"", b"\r\n", 0),
    "half a head after an answer": (head("GET /healthz HTTP/1.1") + b"GET / HT", b"", 200),
    "a head in bits after an answer": (head("GET /healthz HTTP/1.1") + b"GET /", b"x", 200),
    "a body that was refused": (head("POST /api/me HTTP/1.1", "Content-Length: 2000000"), b"x", 413),
    "a body": (head("POST /api/me HTTP/1.1", "Content-Length: 100000", "Content-Type: application/json"), b"x", 408),
    "a body of which nothing comes": (head("POST /api/me HTTP/1.1", "Content-Length: 9"), b"", 408),
    "chunks": (head("POST /api/me HTTP/1.1", "Transfer-Encoding: chunked"), b"1\r\nx\r\n", 413),
}


def test_no_client_holds_a_connection_for_ever(address: str) -> None:
    def answered(what: str) -> int:
        first, then, _ = SLOW[what]
        with closing(connected(address)) as connection:
            connection.sendall(first)
            return status_of(drip(connection, then))

    with ThreadPoolExecutor(len(SLOW)) as pool:
        answers = dict(zip(SLOW, pool.map(answered, SLOW), strict=True))
    assert answers == {what: status for what, (_, _, status) in SLOW.items()}


def test_a_thousand_connections_that_ask_for_nothing_keep_nobody_out(address: str) -> None:
    with ExitStack() as held:
        for _ in range(2):
            for number in range(1000):
                connection = held.enter_context(closing(connected(address)))
                if number % 2:
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            assert asked(f"{address}/") == 200
            assert asked(f"{address}/healthz") == 200
            assert asked(f"{address}/api/search?q=x") == 200


@pytest.mark.parametrize("path", ["/facilitate", "/api/me"])
def test_one_address_of_an_office_does_not_take_all_places(address: str, path: str) -> None:
    unfinished = head(f"POST {path} HTTP/1.1", "Content-Length: 100000", "Content-Type: application/json")
    with ExitStack() as held:
        for _ in range(MOST + RESERVE // 2):
            held.enter_context(closing(connected(address))).sendall(unfinished)
        with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2"), timeout=20) as other:
            for _ in range(5):
                assert other.get(f"{address}/").status_code == 200
                assert other.get(f"{address}/healthz").status_code == 200


def test_where_all_connections_are_in_use_health_is_answered_and_others_hear_when_to_come_again(address: str) -> None:
    unfinished = head("POST /api/me HTTP/1.1", "Content-Length: 100000", "Content-Type: application/json")
    with ExitStack() as held:
        for number in range(MOST + RESERVE // 2):
            held.enter_context(closing(connected(address, f"127.0.0.{2 + number % 5}"))).sendall(unfinished)
        eventually(lambda: asked(f"{address}/") == 503, seconds=60, what="a full house")
        assert asked(f"{address}/healthz") == 200
        refused = httpx.get(f"{address}/", headers={"Accept-Language": "nb"}, timeout=20)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert "Prøv igjen" in refused.text
        assert asked(f"{address}/healthz") == 200
    eventually(lambda: asked(f"{address}/") == 200, seconds=60, what="room again")
