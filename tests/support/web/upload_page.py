"""A browser on the upload page, and the archive behind it; what becomes of each part is counted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from index.memory import MemoryIndex
from kring.intake.uploads import Upload
from kring.model import Circle, Visibility
from kring.settings import MediaLimits, Settings
from search_ui.app import create_app
from search_ui.upload import validation as arriving
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.keys import incoming_key
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.web import facilitator
from tests.support.web.browser import serving

MIB = 1024 * 1024
PART = 5 * MIB
AXE = REPOSITORY / "search_ui" / "js" / "node_modules" / "axe-core" / "axe.min.js"
EXPECTED = re.compile(r"Failed to load resource")
"""What Chromium itself writes to the console where a server says no or is not reached."""


@dataclass
class Site:
    origin: str
    archive: Archive
    store: MemoryStore
    runs: MemoryRuns

    def uploads(self) -> list[Upload]:
        return list(self.archive.uploads())

    def content(self, upload: Upload) -> bytes:
        return self.store.get_bytes(incoming_key(upload.id)).data


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(arriving, "PART_BYTES", PART)
    archive, runs = Archive(store := MemoryStore()), MemoryRuns()
    for slug, name, language in (("privacy", "Privacy", "nl"), ("drift", "Drift og utvikling", None)):
        archive.put_circle(
            Circle(
                slug=slug,
                name=name,
                network="nord",
                network_name="Nettverk Nord",
                language=language,
                visibility=Visibility.CIRCLE,
            )
        )
    settings = Settings(data_dir=tmp_path, media=MediaLimits(max_gb=0.05))
    with serving(create_app(settings, archive, MemoryIndex(), runs)) as origin:
        yield Site(origin, archive, store, runs)


@dataclass
class Visit:
    """A browser's context on the upload page, and the parts that have gone out of it (number: how often)."""

    context: BrowserContext
    page: Page
    sent: dict[int, int] = field(default_factory=dict)
    held: list[Route] = field(default_factory=list)
    hold_after: int | None = None
    """Once so many parts were let through, the others get no answer; where it is `refusing`, the connection breaks."""
    refusing: bool = False

    def open(self) -> None:
        self.page = self.context.new_page()
        self.page.goto("/upload")

    def choose(self, *files: Path) -> None:
        self.page.locator(".uppy-DragDrop-input").set_input_files([str(file) for file in files])

    def card(self, number: int = 0) -> Locator:
        return self.page.locator(".upload-card").nth(number)

    def fill(self, card: Locator, circle: str = "privacy") -> None:
        card.get_by_label("Circle").select_option(circle)
        card.get_by_label("Public meeting").check()

    def state(self, card: Locator, state: str) -> None:
        expect(card).to_have_attribute("data-state", state, timeout=20_000)

    def on_part(self, route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()
            return
        if self.hold_after is not None and len(self.sent) >= self.hold_after:
            if self.refusing:
                route.abort()
            else:
                self.held.append(route)
            return
        number = int(route.request.url.rpartition("/")[2])
        self.sent[number] = self.sent.get(number, 0) + 1
        route.continue_()


@contextmanager
def visiting(browser: Browser, site: Site, **options: object) -> Iterator[Visit]:
    context = browser.new_context(base_url=site.origin, **options)  # type: ignore[arg-type]
    facilitator.let_in(context, site.origin)
    context.set_default_timeout(PATIENCE * 1000)
    complaints: list[str] = []
    context.on("console", lambda said: said.type in {"error", "warning"} and complaints.append(said.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.route(
        lambda url: not url.startswith((site.origin, "data:", "blob:", "about:")), lambda route: route.abort()
    )
    visit = Visit(context, context.new_page())
    context.route(re.compile(r"/api/uploads/[0-9a-f]+/parts/\d+$"), visit.on_part)
    try:
        visit.page.goto("/upload")
        yield visit
        assert [said for said in complaints if not EXPECTED.search(said)] == []
    finally:
        for route in visit.held:
            route.abort()
        context.close()


def recording(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path
