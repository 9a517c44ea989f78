"""Where all connections are taken: whose client does nothing makes way, and what is really being answered stays."""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from index.memory import MemoryIndex
from kring.model import Visibility
from kring.settings import Settings
from search_ui.app import create_app
from search_ui.recording.progress_events import Watchers
from search_ui.server import protocol
from search_ui.server.protocol import MOST_AHEAD, Connection
from search_ui.server.room import MAX_CONNECTIONS, RESERVE
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.raw_requests import connected, head, received, status_of
from tests.support.patience import PATIENCE
from tests.support.stack.running import eventually
from tests.support.web import sample_archive
from tests.support.web.browser import serving

FULL = MAX_CONNECTIONS + RESERVE // 2
NEAR_BY = [f"127.0.0.{number}" for number in range(2, 7)]
"""Addresses of which each may ask for a quarter of the places."""
PAGE = head("GET /api/circles HTTP/1.1")
LAST = head("GET /api/circles HTTP/1.1", "Connection: close")


async def thoughtful(request: Request) -> Response:
    """An answer that takes as long as its client is there."""
    request.app.state.thinking += 1
    while not await request.is_disconnected():
        await request.receive()
    return PlainTextResponse("")


async def patient(request: Request) -> Response:
    """Asks for the body only when it has time for it."""
    while not request.app.state.has_time.is_set():
        await asyncio.sleep(0.05)
    return PlainTextResponse(await request.body())


async def endless(_: Request) -> Response:
    async def film() -> AsyncIterator[bytes]:
        while True:
            yield bytes(100_000)
            await asyncio.sleep(0)  # where its client has gone, nothing else lets others have their turn

    return StreamingResponse(film(), media_type="video/mp4")


@dataclass(frozen=True)
class House:
    address: str
    app: FastAPI
    followed: str
    """Address of the events of a recording that is not published yet."""

    def status(self, path: str = "/") -> int:
        return httpx.get(f"{self.address}{path}", timeout=PATIENCE).status_code

    def connect(self, number: int, *, room: int | None = None) -> socket.socket:
        """From the next of the addresses; `room`: bytes that its client's side keeps unread."""
        connection = socket.socket()
        if room is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.settimeout(PATIENCE)
        connection.bind((NEAR_BY[number % len(NEAR_BY)], 0))
        url = httpx.URL(self.address)
        connection.connect((url.host, url.port))
        return connection


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    archive = Archive(MemoryStore())
    for circle in sample_archive.CIRCLES:
        archive.put_circle(circle.model_copy(update={"visibility": Visibility.PUBLIC}))
    going, _ = sample_archive.add_unfinished(archive)
    app = create_app(Settings(data_dir=tmp_path), archive, MemoryIndex())
    app.state.thinking = 0
    app.state.has_time = threading.Event()
    app.add_route("/thoughtful", thoughtful, methods=["GET", "POST"])
    app.add_route("/patient", patient, methods=["POST"])
    app.add_route("/endless", endless)
    with serving(app) as address:
        yield House(address, app, f"/r/{going.id}/events")


# Who makes way


@pytest.mark.parametrize(
    "request_",
    [head("GET /thoughtful HTTP/1.1"), head("POST /thoughtful HTTP/1.1", "Content-Length: 5") + b"whole"],
    ids=["without a body", "with a body"],
)
def test_where_all_are_answered_health_is_and_others_hear_when_to_come_again(house: House, request_: bytes) -> None:
    with ExitStack() as held:
        for number in range(MAX_CONNECTIONS):
            held.enter_context(closing(house.connect(number))).sendall(request_)
        eventually(lambda: house.app.state.thinking == MAX_CONNECTIONS, what="a full house")
        assert house.status() == 503
        assert house.status("/healthz") == 200
        refused = httpx.get(f"{house.address}/", headers={"Accept-Language": "nb"}, timeout=PATIENCE)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert "Prøv igjen" in refused.text
        assert house.status("/healthz") == 200
    eventually(lambda: house.status() == 200, what="room again")


def test_answers_that_nobody_reads_keep_nobody_out(house: House) -> None:
    with ExitStack() as held:
        for number in range(FULL):
            connection = held.enter_context(closing(house.connect(number, room=4096)))
            connection.sendall(head("GET /endless HTTP/1.1"))
            assert connection.recv(1) == b"H"
        assert [house.status() for _ in range(5)] == [200] * 5


def test_connections_that_were_answered_keep_nobody_out(house: House) -> None:
    with ExitStack() as held:
        for number in range(FULL):
            connection = held.enter_context(closing(house.connect(number)))
            connection.sendall(PAGE)
            assert connection.recv(9) == b"HTTP/1.1 "
        assert [house.status() for _ in range(5)] == [200] * 5


def test_a_body_that_nobody_has_asked_for_yet_is_not_waited_for(house: House) -> None:
    with ExitStack() as held:
        polite = held.enter_context(closing(house.connect(0)))
        polite.sendall(head("POST /patient HTTP/1.1", "Content-Length: 5", "Expect: 100-continue"))
        for _ in range(FULL):
            held.enter_context(closing(house.connect(0)))
        assert house.status() == 200
        house.app.state.has_time.set()
        assert polite.recv(65536).startswith(b"HTTP/1.1 100 ")
        polite.sendall(b"whole")
        assert status_of(polite.recv(65536)) == 200


# Requests that are sent ahead


def test_some_requests_may_be_sent_ahead(house: House) -> None:
    with closing(connected(house.address)) as connection:
        connection.sendall(PAGE * MOST_AHEAD + LAST)
        assert received(connection).count(b"HTTP/1.1 200 OK") == MOST_AHEAD + 1


@pytest.mark.parametrize(
    "ahead",
    [PAGE * 100_000, head("POST /api/me HTTP/1.1", "Content-Length: 900000") + bytes(900_000)],
    ids=["many", "a large one"],
)
def test_whoever_sends_much_ahead_is_hung_up_on(house: House, ahead: bytes) -> None:
    with closing(connected(house.address)) as connection:
        connection.sendall(head("GET /thoughtful HTTP/1.1"))
        with pytest.raises(ConnectionError):  # noqa: PT012  whenever that is heard
            connection.sendall(ahead)
            assert connection.recv(1), "hung up"
            raise AssertionError("answered")


def test_where_something_was_sent_ahead_the_answer_ends_too_when_its_client_leaves(house: House) -> None:
    watchers = house.app.state.site.get(Watchers)
    assert isinstance(watchers, Watchers)
    with closing(connected(house.address)) as connection:
        connection.sendall(head(f"GET {house.followed} HTTP/1.1") + PAGE)
        eventually(lambda: watchers.count == 1, what="somebody who follows")
    eventually(lambda: watchers.count == 0, what="nobody who follows")


def test_who_reads_no_answer_has_no_more_time_for_sending_something_ahead(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled, pause_writing = threading.Event(), Connection.pause_writing

    def pause_writing_and_tell(self: Connection) -> None:
        pause_writing(self)
        stalled.set()

    monkeypatch.setattr(protocol, "STALLED_SECONDS", 1.0)
    monkeypatch.setattr(Connection, "pause_writing", pause_writing_and_tell)
    with closing(house.connect(0, room=4096)) as connection:
        connection.sendall(head("GET /endless HTTP/1.1"))
        assert stalled.wait(PATIENCE)
        connection.sendall(PAGE)

        def gone() -> bool:
            try:
                connection.send(b"\r\n")
            except ConnectionError:
                return True
            return False

        eventually(gone, what="the server to hang up")
