"""`python -m search_ui` as people run it: a process of its own over SeaweedFS and the embedded index."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from index import open_index
from kring.settings import Settings
from search_ui.recording.media import WINDOW
from storage import open_store
from storage.archive.archive import Archive
from storage.keys import rendition_key
from tests.support.patience import PATIENCE
from tests.support.stack.ports import free_port
from tests.support.stack.seaweed import Weed
from tests.support.web import facilitator, sample_archive
from tests.support.web.sample_archive import TALKS

START_SECONDS = 120.0
BIG = 64 * 1024 * 1024
"""Bytes of a film that would show in memory if it were ever held whole."""


@dataclass
class Live:
    web: httpx.Client
    process: subprocess.Popen[str]
    weed: Weed
    archive: Archive
    settings: Settings


def start(settings: Settings, port: int) -> subprocess.Popen[str]:
    assert settings.s3_access_key is not None
    assert settings.s3_secret_key is not None
    environment = os.environ | {
        "KRING_DATA_DIR": str(settings.data_dir),
        "KRING_BUCKET": settings.bucket,
        "KRING_WEB__PORT": str(port),
        "AWS_ENDPOINT_URL": settings.s3_endpoint or "",
        "AWS_ACCESS_KEY_ID": settings.s3_access_key,
        "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key.get_secret_value(),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "search_ui"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_healthy(web: httpx.Client, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, "the web application ended"
        assert time.monotonic() < until, "the web application did not answer"
        try:
            if web.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    weed = Weed(tmp_path_factory.mktemp("weed")).start()
    settings = weed.settings(tmp_path_factory.mktemp("data"))
    archive = Archive(open_store(settings))
    open_index(settings).rebuild([])
    port = free_port()
    process = start(settings, port)
    try:
        facilitator.know(f"http://127.0.0.1:{port}", settings)
        with facilitator.client(f"http://127.0.0.1:{port}") as web:
            wait_healthy(web, process)
            yield Live(web, process, weed, archive, settings)
    finally:
        process.kill()
        process.communicate()
        weed.stop()


def test_an_empty_archive_says_how_to_begin(live: Live) -> None:
    page = live.web.get("/")
    assert page.status_code == 200
    assert "kring add" in page.text
    assert "server" not in page.headers


def test_what_another_process_indexes_is_found(live: Live) -> None:
    index = open_index(live.settings)
    sample_archive.fill(live.archive, index)
    index.close()
    found = live.web.get("/api/search", params={"q": "personvernombudet"}).json()
    assert found["recordings"][0]["id"] == TALKS[0].id
    page = live.web.get("/", params={"q": "databeskyttelse"})
    assert "<mark>databeskyttelse</mark>" in page.text
    assert live.web.get(f"/api/recordings/{TALKS[0].id}").json()["searchable"] is True
    piece = live.web.get(f"/media/{TALKS[0].id}/playback", headers={"Range": "bytes=100-199"})
    assert piece.status_code == 206
    assert piece.content == sample_archive.media_bytes(True)[0][100:200]


def test_a_large_film_costs_a_window_of_memory(live: Live, tmp_path: Path) -> None:
    film = tmp_path / "big.mp4"
    with film.open("wb") as file:
        file.truncate(BIG)
    manifest = live.archive.manifest(TALKS[0].id)
    assert manifest.renditions is not None
    key = rendition_key(manifest.original.sha256, "big", "web.mp4")
    live.archive.store.put_file(key, film, media_type="video/mp4")
    big = manifest.renditions.model_copy(update={"playback": key})
    live.archive.update(manifest.id, lambda known: known.model_copy(update={"renditions": big}))
    process = psutil.Process(live.process.pid)
    before = process.memory_info().rss
    highest = got = 0
    with live.web.stream("GET", f"/media/{manifest.id}/playback") as answer:
        for piece in answer.iter_bytes(1024 * 1024):
            got += len(piece)
            highest = max(highest, process.memory_info().rss)
    assert got == BIG
    assert highest - before < 12 * WINDOW


def test_a_dead_store_is_said_and_a_living_one_is_found_again(live: Live) -> None:
    live.weed.kill()
    page = live.web.get(f"/r/{TALKS[0].id}")
    assert page.status_code == 503
    assert "storage does not answer" in page.text
    assert live.web.get("/healthz").status_code == 503
    live.weed.start()
    wait_healthy(live.web, live.process)
    assert live.web.get(f"/r/{TALKS[0].id}").status_code == 200


def test_who_follows_a_recording_is_sent_home_when_it_ends(live: Live) -> None:
    going, _ = sample_archive.add_unfinished(live.archive)
    port = free_port()
    process = start(live.settings, port)
    try:
        facilitator.know(f"http://127.0.0.1:{port}", live.settings)
        with facilitator.client(f"http://127.0.0.1:{port}") as web:
            wait_healthy(web, process)
            with web.stream("GET", f"/r/{going.id}/events") as answer:
                told = answer.iter_lines()
                assert next(told).startswith("retry:")
                process.send_signal(signal.SIGTERM)
                assert "event: done" not in list(told)  # to its end: a broken connection would raise
        assert process.wait(PATIENCE) in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.communicate()


def test_it_ends_when_asked_to(live: Live) -> None:
    with live.web.stream("GET", f"/media/{TALKS[0].id}/playback"):  # somebody is watching
        live.process.send_signal(signal.SIGTERM)
        assert live.process.wait(PATIENCE) in {0, -signal.SIGTERM}


def test_without_a_store_it_says_what_to_do(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KRING_"))}
    ended = subprocess.run(
        [sys.executable, "-m", "search_ui"],
        env=environment | {"KRING_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "kring up" in ended.stderr
    assert "Traceback" not in ended.stderr
