"""The web application over an object store of one's choice, with a client who may upload."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from index.memory import MemoryIndex
from kring.model import Circle
from kring.settings import MediaLimits, Settings, WebSettings
from search_ui.app import create_app
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.port import ObjectStore
from tests.support.patience import PATIENCE
from tests.support.web import facilitator
from tests.support.web.browser import serving

CIRCLE = Circle(slug="privacy", name="Personvern", network="north", network_name="Nord")
DETAILS = {"title": "Møte om personvern", "circle": "privacy", "date": "2026-03-12"}
MIB = 1024 * 1024


@dataclass
class Uploading:
    web: httpx.Client
    archive: Archive
    runs: MemoryRuns
    settings: Settings

    def begin(self, data: bytes, *, name: str = "meeting.mp4", expect: int = 201, **details: Any) -> dict[str, Any]:
        answer = self.web.post("/api/uploads", json=announced(data, name) | {"details": DETAILS | details})
        assert answer.status_code == expect, answer.text
        return dict(answer.json())

    def send(self, upload_id: str, data: bytes, part: int = 16 * MIB, numbers: range | None = None) -> None:
        for number in numbers or range(1, -(-len(data) // part) + 1):
            address = self.web.post(f"/api/uploads/{upload_id}/parts/{number}").json()
            piece = data[(number - 1) * part : number * part]
            answer = httpx.put(
                self.web.base_url.join(address["url"]), content=piece, cookies=self.web.cookies, timeout=PATIENCE
            )
            assert answer.status_code == 200, answer.text

    def complete(self, upload_id: str) -> httpx.Response:
        parts = self.web.get(f"/api/uploads/{upload_id}/parts").json()
        sent = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
        return self.web.post(f"/api/uploads/{upload_id}/complete", json={"parts": sent})

    def other(self) -> httpx.Client:
        """A browser that is somebody else's."""
        return facilitator.client(str(self.web.base_url).rstrip("/"), timeout=20)


def announced(data: bytes, name: str = "meeting.mp4") -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"name": name, "size": len(data), "type": "video/mp4", "sha256": digest}


@contextmanager
def uploading(
    store: ObjectStore, data_dir: Path, *, media: MediaLimits | None = None, **web: Any
) -> Iterator[Uploading]:
    archive, runs = Archive(store), MemoryRuns()
    archive.put_circle(CIRCLE)
    settings = Settings(data_dir=data_dir, web=WebSettings(**web), media=media or MediaLimits())
    with (
        serving(create_app(settings, archive, MemoryIndex(), runs)) as origin,
        facilitator.client(origin, timeout=20) as client,
    ):
        yield Uploading(client, archive, runs, settings)
