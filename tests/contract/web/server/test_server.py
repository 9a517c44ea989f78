"""`python -m search_ui` as it runs, and clients that hold connections without using them."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import httpx
import pytest

from index import open_index
from search_ui.server.bodies import START_SECONDS
from search_ui.server.protocol import HEAD_SECONDS
from search_ui.server.room import MAX_CONNECTIONS, RESERVE
from search_ui.server.server import BACKLOG
from tests.support.http.raw_requests import connected, head, status_of
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.stack.ports import free_port
from tests.support.stack.running import eventually
from tests.support.stack.seaweed import Weed

FILES = 1024
"""What many systems allow a process."""


@dataclass(frozen=True)
class Server:
    address: str
    process: subprocess.Popen[bytes]

    @property
    def files(self) -> int:
        """How many it has open."""
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())


@pytest.fixture(scope="module")
def server(seaweed: Weed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
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
        eventually(lambda: asked(f"{origin}/healthz") == 200, what="the web server")
        yield Server(origin, process)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        store.close()


@pytest.fixture
def address(server: Server) -> str:
    return server.address


def asked(url: str) -> int:
    """The status; 0 where nobody answers."""
    try:
        return httpx.get(url, timeout=PATIENCE).status_code
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


@pytest.mark.parametrize("path", ["/sign-in", "/api/me"])
def test_one_address_of_an_office_does_not_take_all_places(address: str, path: str) -> None:
    with ExitStack() as held:
        for _ in range(MAX_CONNECTIONS + RESERVE // 2):
            held.enter_context(closing(connected(address))).sendall(unfinished(path))
        with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2"), timeout=PATIENCE) as other:
            for _ in range(5):
                assert other.get(f"{address}/").status_code == 200
                assert other.get(f"{address}/healthz").status_code == 200


NEAR_BY = [f"127.0.0.{number}" for number in range(2, 7)]
"""Addresses of which each may ask for a quarter of the places."""


def unfinished(path: str, *, length: int = 100) -> bytes:
    return head(f"POST {path} HTTP/1.1", f"Content-Length: {length}", "Content-Type: application/json")


@pytest.mark.parametrize("path", ["/sign-in", "/api/me"])
def test_bodies_that_do_not_come_keep_nobody_out(address: str, path: str) -> None:
    with ExitStack() as held:
        for number in range(MAX_CONNECTIONS + RESERVE // 2):
            connection = held.enter_context(closing(connected(address, NEAR_BY[number % len(NEAR_BY)])))
            connection.sendall(unfinished(path) + b"c" * (number % 3))
        for _ in range(5):
            assert asked(f"{address}/") == 200
        assert asked(f"{address}/healthz") == 200
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):  # they made way while the time of others was not over
            connection.recv(1)


def test_a_body_that_comes_slowly_stays_while_others_make_way(address: str) -> None:
    """Also if most connections come from its own address, and all of them began after it."""
    name = b'{"name": "Kari"' + b" " * 50_000 + b"}"
    pieces = [name[at : at + 50] for at in range(0, len(name), 50)]
    assert len(pieces) > 2 * MAX_CONNECTIONS
    with ExitStack() as held:
        slow = held.enter_context(closing(connected(address, NEAR_BY[0])))
        slow.sendall(unfinished("/api/me", length=len(name)))
        for number, piece in enumerate(pieces):
            near_by = NEAR_BY[number % len(NEAR_BY) if number < MAX_CONNECTIONS else 0]
            held.enter_context(closing(connected(address, near_by))).sendall(unfinished("/api/me"))
            slow.sendall(piece)
            if number % 20 == 0:  # more at once than there are places would leave nobody the time to be read
                assert asked(f"{address}/healthz") == 200
        assert status_of(slow.recv(65536)) == 403, "what a stranger hears once all of it was read"


def test_many_that_come_at_the_same_moment_each_take_a_place_that_was_left(server: Server) -> None:
    """While the server stands still, so that it takes them up all at once, before it has seen anybody leave."""
    with ExitStack() as held:
        for _ in range(8):
            server.process.send_signal(signal.SIGSTOP)
            try:
                for _ in range(BACKLOG):
                    held.enter_context(closing(connected(server.address)))
            finally:
                server.process.send_signal(signal.SIGCONT)
            assert asked(f"{server.address}/healthz") == 200
            assert server.files < MAX_CONNECTIONS + RESERVE + 2 * BACKLOG
