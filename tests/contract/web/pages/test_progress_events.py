"""What is pushed to the page of a recording that is not published yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from index.memory import MemoryIndex
from kring.intake.uploads import Upload, UploadState, source_of
from kring.model import Activity, Details, Original, State, Step, now
from kring.settings import Settings
from search_ui.app import create_app
from search_ui.recording import progress_events
from search_ui.recording.progress import StepPace, time_left
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.keys import incoming_key
from storage.leases import Leases, owner_name
from storage.memory.multipart import MemoryParts
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.stack.running import eventually
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import serving
from tests.support.web.sample_archive import MOMENT


@dataclass
class Followed:
    web: httpx.Client
    archive: Archive
    app: FastAPI
    id: str

    @property
    def watchers(self) -> progress_events.Watchers:
        watchers = self.app.state.site.get(progress_events.Watchers)
        assert isinstance(watchers, progress_events.Watchers)
        return watchers


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Followed]:
    monkeypatch.setattr(progress_events, "POLL_SECONDS", 0.05)
    archive = Archive(MemoryStore())
    for circle in sample_archive.CIRCLES:
        archive.put_circle(circle)
    going, _ = sample_archive.add_unfinished(archive)
    app = create_app(Settings(data_dir=tmp_path), archive, MemoryIndex(), MemoryRuns())
    with serving(app) as origin, facilitator.client(origin) as web:
        yield Followed(web, archive, app, going.id)


def begun(archive: Archive, state: UploadState, parts: int = 1, problem: str | None = None) -> Upload:
    original = Original(sha256="ab" * 32, size=10_000_000, file_name="talk.mp4")
    upload_id = source_of(original.sha256).recording_id
    store = archive.store
    assert isinstance(store, MemoryStore)
    sent = MemoryParts(store, "")
    parts_id = sent.begin(incoming_key(upload_id), media_type="application/octet-stream")
    for number in range(1, parts + 1):
        sent.put_part(incoming_key(upload_id), parts_id, number, bytes(5_000_000))
    return archive.create_upload(
        Upload(
            id=upload_id,
            original=original,
            details=Details(title="En snakk", circle="drift-nord", date=MOMENT.date()),
            parts_id=parts_id,
            part_size=5_000_000,
            state=state,
            problem=problem,
            by="somebody",
            begun_at=now(),
            changed_at=now(),
        )
    )


def events(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """(event, data), comments as ("", text)."""
    name, data = "", []
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data.append(line.removeprefix("data: "))
        elif line.startswith(":"):
            yield "", line
        elif not line and name:
            yield name, "\n".join(data)
            name, data = "", []


def test_it_is_told_each_change_and_the_end(followed: Followed) -> None:
    leases, owner = Leases(followed.archive.store, lease_seconds=60), owner_name("run")
    with followed.web.stream("GET", f"/r/{followed.id}/events", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in answer.headers["cache-control"]
        assert "content-encoding" not in answer.headers
        told = events(answer)
        name, html = next(told)
        assert name == "state"
        assert "is waiting for its turn" in html
        assert leases.take(followed.id, owner)
        leases.beat(followed.id, owner, Step.TRANSCRIBE, 0.4)
        until = time.monotonic() + PATIENCE
        while "Transcribing what is said: 40 %" not in html:
            assert time.monotonic() < until
            name, html = next(told)
        renditions = {"recipe": "1", "playback": "p", "playback_type": "audio/mp4", "speech": "s"}
        manifest = followed.archive.manifest(followed.id)
        followed.archive.update(
            followed.id,
            lambda old: type(manifest).model_validate(
                old.model_dump() | {"state": State.PUBLISHED, "renditions": renditions}
            ),
        )
        assert ("done", followed.id) in told
    eventually(lambda: followed.watchers.count == 0, what="nobody to follow any more")


def test_a_quiet_connection_is_kept_open(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_events, "KEEP_ALIVE_SECONDS", 0.2)
    with followed.web.stream("GET", f"/r/{followed.id}/events") as answer:
        told = events(answer)
        assert next(told)[0] == "state"
        assert next(told) == ("", ": still here")


def test_who_goes_away_is_forgotten(followed: Followed) -> None:
    with followed.web.stream("GET", f"/r/{followed.id}/events") as answer:
        told = events(answer)  # held on to: dropped, it would close the connection
        next(told)
        assert followed.watchers.count == 1
    eventually(lambda: followed.watchers.count == 0, what="the watcher to be forgotten")


def test_there_is_room_for_so_many(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_events, "MOST_WATCHERS", 1)
    with followed.web.stream("GET", f"/r/{followed.id}/events") as answer:
        told = events(answer)  # held on to: dropped, it would close the connection
        next(told)
        refused = followed.web.get(f"/r/{followed.id}/events")
        assert refused.status_code == 503
        assert "asks again by itself" in refused.text


def test_they_are_sent_home_when_the_server_stops(followed: Followed) -> None:
    with followed.web.stream("GET", f"/r/{followed.id}/events") as answer:
        told = events(answer)
        next(told)
        threading.Timer(0.1, lambda: setattr(followed.watchers, "leaving", True)).start()
        assert list(told) == []


def test_what_is_not_there_cannot_be_followed(followed: Followed) -> None:
    assert followed.web.get("/r/0123456789abcdef/events").status_code == 404
    assert followed.web.get("/r/0123456789abcdef").status_code == 404


def test_a_recording_is_followed_before_it_has_arrived(followed: Followed) -> None:
    upload = begun(followed.archive, UploadState.ARRIVING)
    page = followed.web.get(f"/r/{upload.id}")
    assert page.status_code == 200
    assert "En snakk" in page.text
    assert "is on its way here" in page.text
    assert "On its way here: 50 %" in page.text
    followed.archive.update_upload(upload.id, lambda old: old.model_copy(update={"state": UploadState.ARRIVED}))
    assert "has arrived" in followed.web.get(f"/r/{upload.id}?part=state").text
    failed = {"state": UploadState.FAILED, "problem": "What arrived is not what was announced."}
    followed.archive.update_upload(upload.id, lambda old: old.model_copy(update=failed))
    state = followed.web.get(f"/r/{upload.id}?part=state").text
    assert "What arrived is not what was announced." in state
    assert 'href="/upload"' in state
    with followed.web.stream("GET", f"/r/{upload.id}/events") as answer:
        told = events(answer)
        assert "did not arrive completely" in next(told)[1]
        followed.archive.forget_upload(upload.id)
        assert next(told) == ("done", upload.id)


def test_who_may_not_edit_is_offered_no_button(followed: Followed) -> None:
    assert "data-retry" not in followed.web.get(f"/r/{followed.id}").text
    stopped = next(one for one in followed.archive.manifests() if one.problem)
    here = followed.web.get(f"/r/{stopped.id}").text
    assert f'data-retry="{stopped.id}"' in here
    assert "This file holds text" in here
    assert "data-retry" not in httpx.get(followed.web.base_url.join(f"/r/{stopped.id}"), timeout=PATIENCE).text


def test_the_time_left_comes_from_what_was_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("search_ui.recording.progress.time.monotonic", lambda: clock[0])
    pace = StepPace()

    def left(fraction: float, after: float, step: Step = Step.TRANSCRIBE) -> float | None:
        clock[0] += after
        beat = MOMENT + timedelta(seconds=clock[0])
        return pace.left(Activity(recording_id="0" * 16, owner="here", step=step, fraction=fraction, beat_at=beat))

    assert left(0.2, 0) is None
    assert left(0.21, 10) is None  # too little of it has been seen
    assert left(0.4, 10) == pytest.approx(60)  # a fifth in 20 seconds, three fifths to go
    assert left(0.0, 5, Step.PUBLISH) is None
    assert left(0.5, 5, Step.PUBLISH) == pytest.approx(5)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (20, "less than a minute left"),
        (62, "about 1 minute left"),
        (250, "about 4 minutes left"),
        (7300, "about 2 hours left"),
    ],
)
def test_time_left_in_words(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words
