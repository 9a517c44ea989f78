"""One person or address takes no more of the server than a share: places for what arrives, the disk, its attention."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import pytest

from index.memory import MemoryIndex
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from search_ui.http import body_spool as spool, rates
from search_ui.server import bodies, places
from search_ui.server.places import Share
from search_ui.upload import parts, promised
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.raw_requests import connected, received, status_of
from tests.support.patience import PATIENCE
from tests.support.stack.running import eventually
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import serving
from tests.support.web.upload_site import DETAILS, MIB, Uploading, announced, uploading

MB = 1_000_000
ONE = Share(1, 100 * MIB)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Uploading]:
    with uploading(MemoryStore(), tmp_path, facilitators="all") as made:
        made.web.post("/api/me", json={"name": "Kari"})
        yield made


@contextmanager
def somebody_else(site: Uploading) -> Iterator[Uploading]:
    with site.other() as web:
        yield Uploading(web, site.archive, site.runs, site.settings)


@contextmanager
def half_sent(site: Uploading, method: str, path: str, data: bytes) -> Iterator[socket]:
    """A request whose body stops half way; who holds the connection may send the rest."""
    cookies = "; ".join(f"{name}={value}" for name, value in site.web.cookies.items())
    url = site.web.base_url
    lines = (
        f"{method} {path} HTTP/1.1",
        f"Host: {url.host}:{url.port}",
        f"Cookie: {cookies}",
        f"Content-Length: {len(data)}",
        "Connection: close",
    )
    with closing(connected(str(url))) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + data[: len(data) // 2])
        yield connection


# Places


def test_who_sends_slowly_holds_no_place(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "START_SECONDS", 1.0)
    monkeypatch.setattr(parts.PartPlaces, "EACH", ONE)
    data = os.urandom(60_000)
    path = f"/api/uploads/{site.begin(data)['id']}/parts/1"
    with half_sent(site, "PUT", path, data) as connection:
        answer = received(connection)
        assert status_of(answer) == 408
        assert b"too slowly" in answer
        assert site.web.put(path, content=data).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/uploads/{id}/parts/1"),
        ("POST", "/api/uploads/{id}/files?kind=attachment&name=a.pdf"),
        ("POST", "/sign-in"),
    ],
)
def test_who_leaves_in_the_middle_leaves_nothing_behind(
    site: Uploading, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    """Neither a place that is taken, nor a file, nor an error in the log: lines break every day."""
    monkeypatch.setattr(parts.PartPlaces, "EACH", ONE)
    monkeypatch.setattr(spool.SpoolPlaces, "EACH", ONE)
    data = b"%PDF-1.7 and some more"
    address = path.format(id=site.begin(data)["id"])
    with half_sent(site, method, address, data):
        pass
    assert site.web.request(method, address, content=data).status_code < 400
    assert site.web.get("/").status_code == 200
    eventually(lambda: not list(site.settings.work_dir.glob("*")), what="no file")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_body_that_comes_fast_enough_may_take_its_time(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    """Averaged: the more has come, the longer the rest may take."""
    monkeypatch.setattr(bodies, "START_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "LEAST_SPEED", MIB / 600)
    data = os.urandom(MIB)
    path = f"/api/uploads/{site.begin(data)['id']}/parts/1"
    with half_sent(site, "PUT", path, data) as connection:
        connection.settimeout(1.0)
        with pytest.raises(TimeoutError):
            connection.recv(65536)
        connection.settimeout(PATIENCE)
        connection.sendall(data[len(data) // 2 :])
        assert status_of(connection.recv(65536)) == 200


def test_one_person_s_parts_leave_places_for_others(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PATIENCE", 1.0)
    monkeypatch.setattr(parts.PartPlaces, "EACH", ONE)
    monkeypatch.setattr(parts.PartPlaces, "TOGETHER", Share(2, 100 * MIB))
    data, other_data = os.urandom(MIB), os.urandom(MIB)
    path = f"/api/uploads/{site.begin(data)['id']}/parts/1"
    with half_sent(site, "PUT", path, data) as connection, somebody_else(site) as other:
        eventually(lambda: site.web.put(path, content=data).status_code == 429, what="no place")
        refused = site.web.put(path, content=data, headers={"Accept-Language": "nl"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        assert "bestanden" in refused.json()["error"]
        other.send(other.begin(other_data)["id"], other_data)
        connection.sendall(data[len(data) // 2 :])
        assert status_of(connection.recv(65536)) == 200
    assert site.web.put(path, content=data).status_code == 200


def test_all_parts_together_have_so_many_places(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PATIENCE", 1.0)
    monkeypatch.setattr(parts.PartPlaces, "TOGETHER", Share(2, MIB + MIB // 2))
    data = os.urandom(MIB)
    path = f"/api/uploads/{site.begin(data)['id']}/parts/1"
    with somebody_else(site) as other, half_sent(site, "PUT", path, data):
        other_data = os.urandom(MIB)
        other_path = f"/api/uploads/{other.begin(other_data)['id']}/parts/1"

        def refused() -> bool:
            return other.web.put(other_path, content=other_data).status_code == 429

        eventually(refused, what="no place for so many bytes")
    eventually(lambda: site.web.put(path, content=data).status_code == 200, what="a place, left by who left")


@pytest.mark.parametrize("each", [Share(1, 1000), Share(9, 30)], ids=["number", "bytes"])
def test_one_person_s_documents_leave_room_for_others(
    site: Uploading, monkeypatch: pytest.MonkeyPatch, each: Share
) -> None:
    monkeypatch.setattr(places, "PATIENCE", 1.0)
    monkeypatch.setattr(spool.SpoolPlaces, "EACH", each)
    pdf = b"%PDF-1.7 and some more"
    path = f"/api/uploads/{site.begin(os.urandom(100))['id']}/files?kind=attachment&name=a.pdf"
    with half_sent(site, "POST", path, pdf) as connection, somebody_else(site) as other:
        eventually(lambda: site.web.post(path, content=pdf).status_code == 429, what="no place")
        other_path = f"/api/uploads/{other.begin(os.urandom(100))['id']}/files?kind=attachment&name=a.pdf"
        assert other.web.post(other_path, content=pdf).status_code == 201
        connection.sendall(pdf[len(pdf) // 2 :])
        assert status_of(connection.recv(65536)) == 201
    assert site.web.post(path, content=pdf).status_code == 201
    assert list(site.settings.work_dir.iterdir()) == []


def test_a_document_waits_for_no_disk_that_is_full(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/api/uploads/{site.begin(os.urandom(100))['id']}/files?kind=attachment&name=a.pdf"
    free_bytes(monkeypatch, site, 10)
    answer = site.web.post(path, content=b"%PDF-1.7 and some more")
    assert answer.status_code == 503
    assert "disk" in answer.json()["error"]


# The disk


def free_bytes(monkeypatch: pytest.MonkeyPatch, site: Uploading, free: int) -> None:
    """Have the disk look as if so much of it were free, beside what stays free."""
    spare = site.settings.media.spare_disk_mb * MB
    usage = shutil.disk_usage("/")._replace(free=spare + free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)


def announce(site: Uploading, size: int, name: str) -> httpx.Response:
    file: dict[str, Any] = announced(name.encode()) | {"size": size, "details": DETAILS}
    return site.web.post("/api/uploads", json=file)


def test_what_is_announced_counts_against_the_disk(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    free_bytes(monkeypatch, site, 100 * MB)
    first = announce(site, 60 * MB, "first")
    assert first.status_code == 201
    with somebody_else(site) as other:
        refused = announce(other, 60 * MB, "second")
        assert refused.status_code == 400
        assert "other files that are on their way" in refused.json()["error"]
        check = announced(b"second") | {"size": 60 * MB}
        assert other.web.post("/api/uploads/check", json=check).status_code == 400
        assert announce(site, 60 * MB, "first").status_code == 200, "going on with it needs no more room"
        assert announce(other, 30 * MB, "small").status_code == 201
        site.web.delete(f"/api/uploads/{first.json()['id']}")
        assert announce(other, 60 * MB, "second").status_code == 201


def test_two_that_are_announced_at_once_do_not_both_get_the_last_room(
    site: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_bytes(monkeypatch, site, 100 * MB)
    announce(site, 1, "so that the server knows this person")
    start = threading.Barrier(8)

    def at_once(number: int) -> int:
        with somebody_else(site) as one:
            start.wait()
            return announce(one, 60 * MB, f"file {number}").status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(at_once, range(8))) == [201] + [400] * 7


def test_what_has_arrived_counts_no_more(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is smaller by then."""
    data = os.urandom(20 * MIB)
    upload_id = site.begin(data)["id"]
    free_bytes(monkeypatch, site, 30 * MIB)
    assert announce(site, 15 * MIB, "another").status_code == 400
    site.send(upload_id, data, numbers=range(1, 2))
    assert announce(site, 15 * MIB, "another").status_code == 201


def test_what_was_forgotten_holds_no_room(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    free_bytes(monkeypatch, site, 100 * MB)
    assert announce(site, 60 * MB, "first").status_code == 201
    monkeypatch.setattr(promised, "LAPSES", timedelta(0))
    assert announce(site, 90 * MB, "second").status_code == 201
    monkeypatch.setattr(promised, "LAPSES", timedelta(days=1))
    upload_id = next(one.id for one in site.archive.uploads() if one.original.size == 60 * MB)
    assert site.archive.upload(upload_id)
    monkeypatch.setattr(promised, "has_lapsed", lambda upload: upload.id == upload_id)
    monkeypatch.setattr("search_ui.upload.api.has_lapsed", lambda upload: upload.id == upload_id)
    assert announce(site, 60 * MB, "first").status_code == 400, "who comes back is asked whether there is room"


# One address


@contextmanager
def pages(tmp_path: Path, *proxies: str) -> Iterator[tuple[httpx.Client, Archive]]:
    archive, index = Archive(MemoryStore()), MemoryIndex()
    sample_archive.fill(archive, index)
    settings = Settings(data_dir=tmp_path, web=WebSettings(proxies=proxies))
    with (
        serving(create_app(settings, archive, index)) as origin,
        facilitator.client(origin) as web,
    ):
        yield web, archive


def from_address(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address, "Accept-Language": "da"}


def test_an_address_asks_for_so_much_and_then_hears_when_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "A_MINUTE", 20)
    with pages(tmp_path, "127.0.0.1") as (web, _):
        answers = [web.get("/api/circles", headers=from_address("9.9.9.9")) for _ in range(40)]
        refused = answers[-1]
        assert [answer.status_code for answer in answers[:20]] == [200] * 20
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 3
        assert "Prøv igen" in refused.json()["error"]
        page = web.get("/", headers=from_address("9.9.9.9"))
        assert page.status_code == 429
        assert "For meget på én gang" in page.text
        assert web.get("/healthz", headers=from_address("9.9.9.9")).status_code == 200
        assert web.get("/api/circles", headers=from_address("9.9.9.10")).status_code == 200
        assert web.get("/api/circles").status_code == 200


def test_only_a_proxy_that_is_trusted_says_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "A_MINUTE", 3)
    with pages(tmp_path) as (web, _):
        answers = [web.get("/api/circles", headers=from_address(f"9.9.9.{number}")) for number in range(60)]
        assert [answer.status_code for answer in answers[: 3 * rates.NEAR]] == [200] * 3 * rates.NEAR
        assert answers[-1].status_code == 429


def test_an_address_follows_so_many_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "EVENTS", 2)
    with pages(tmp_path, "127.0.0.1") as (web, archive):
        going, _ = sample_archive.add_unfinished(archive)
        events, mine = f"/r/{going.id}/events", from_address("9.9.9.9")
        with web.stream("GET", events, headers=mine) as first, web.stream("GET", events, headers=mine) as second:
            assert (first.status_code, second.status_code) == (200, 200)
            assert web.get(events, headers=mine).status_code == 429
            assert web.get("/", headers=mine).status_code == 200
            with web.stream("GET", events, headers=from_address("9.9.9.10")) as other:
                assert other.status_code == 200

        def again() -> bool:
            with web.stream("GET", events, headers=mine) as third:
                return third.status_code == 200

        eventually(again, what="a place among those who follow")
