"""Two people who correct one recording, and the archive behind the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.memory import MemoryIndex
from index.port import SearchIndex
from kring.errors import SearchDown
from kring.settings import Settings
from search_ui.app import create_app
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from storage.port import ObjectStore
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import serving

TALK, UNNAMED, LONG = sample_archive.TALKS[0], sample_archive.TALKS[1], sample_archive.LONG
LINES = sample_archive.transcript_of(TALK).segments


class LockedIndex(MemoryIndex):
    locked = False

    def replace(self, recording_id: str, passages: Any) -> None:
        if self.locked:
            raise SearchDown("The search index is being written to by somebody else; try again.")
        super().replace(recording_id, passages)


@dataclass
class Desk:
    """Two people and the archive behind the pages."""

    archive: Archive
    index: SearchIndex
    runs: MemoryRuns
    anna: httpx.Client
    bo: httpx.Client
    origin: str
    id: str = field(default=TALK.id)

    def post(self, change: dict[str, Any], *, by: httpx.Client | None = None) -> httpx.Response:
        return (by or self.anna).post(f"/api/recordings/{self.id}/corrections", json={"change": change})

    def line(self, number: int, text: str, *, before: str | None = None, by: httpx.Client | None = None) -> Any:
        return self.post(change_of(number, text, before), by=by)

    def seen(self, by: httpx.Client | None = None) -> Any:
        answer = (by or self.anna).get(f"/api/recordings/{self.id}/corrected")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def texts(self) -> list[str]:
        return [one["text"] for one in self.seen()["lines"]]

    def found(self, words: str) -> list[str]:
        answer = self.anna.get("/api/search", params={"q": words}).json()
        return [one["id"] for one in answer["recordings"]]

    @property
    def captions(self) -> str:
        return self.anna.get(f"/r/{self.id}/captions.vtt").text


def change_of(number: int, text: str, before: str | None = None) -> dict[str, Any]:
    line = LINES[number]
    said = line.text if before is None else before
    return {"kind": "line", "start": line.start, "end": line.end, "before": said, "text": text}


@contextmanager
def desk(store: ObjectStore, index: SearchIndex, folder: Path) -> Iterator[Desk]:
    archive, runs = Archive(store), MemoryRuns()
    for circle in sample_archive.CIRCLES:
        archive.put_circle(circle)
    for talk in (TALK, UNNAMED, LONG):
        sample_archive.publish(archive, index, talk)
    app = create_app(Settings(data_dir=folder), archive, index, runs)
    with (
        serving(app) as origin,
        facilitator.client(origin, timeout=30) as anna,
        facilitator.client(origin, timeout=30) as bo,
    ):
        anna.post("/api/me", json={"name": "Anna"})
        bo.post("/api/me", json={"name": "Bo"})
        yield Desk(archive, index, runs, anna, bo, origin)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Desk]:
    with desk(MemoryStore(), LockedIndex(), tmp_path) as made:
        yield made
