"""The web application with a recording of its own for each test that corrects one, and ways to look at the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from index.memory import MemoryIndex
from kring.model import Hole, Manifest, Segment
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import Complaints, serving
from tests.support.web.sample_archive import TALKS, publish, transcript_of

_NUMBERS = count(1)


@dataclass
class Desk:
    origin: str
    archive: Archive
    index: MemoryIndex
    runs: MemoryRuns = field(default_factory=MemoryRuns)

    def recording(self, of: int = 0, *, holes: tuple[Hole, ...] = ()) -> Manifest:
        """A recording that nobody has corrected yet: that talk, under another name."""
        talk = replace(TALKS[of], name=f"{TALKS[of].name}-{next(_NUMBERS)}")
        manifest = publish(self.archive, self.index, talk)
        if not holes:
            return manifest
        heard = transcript_of(talk).model_copy(update={"fingerprint": "with-holes", "holes": holes})
        assert manifest.transcript is not None
        key = self.archive.put_transcript(manifest.original.sha256, heard)
        reference = manifest.transcript.model_copy(update={"key": key, "fingerprint": heard.fingerprint})
        return self.archive.update(manifest.id, lambda old: old.model_copy(update={"transcript": reference}))

    def lines(self, manifest: Manifest) -> tuple[Segment, ...]:
        """As they are now."""
        transcript = self.archive.transcript_of(self.archive.manifest(manifest.id))
        assert transcript is not None
        return transcript.segments

    def captions(self, manifest: Manifest) -> str:
        with facilitator.client(self.origin) as web:
            return web.get(f"/r/{manifest.id}/captions.vtt").text

    def found(self, words: str) -> str:
        """The page of results for these words."""
        with facilitator.client(self.origin) as web:
            return web.get("/", params={"q": words}).text


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("data"), WebSettings()) as one:
        yield one


@contextmanager
def opened(data: Path, web: WebSettings) -> Iterator[Desk]:
    index, archive, runs = MemoryIndex(), Archive(MemoryStore()), MemoryRuns()
    for circle in sample_archive.CIRCLES:
        archive.put_circle(circle)
    with serving(create_app(Settings(data_dir=data, web=web), archive, index, runs)) as origin:
        yield Desk(origin, archive, index, runs)


def edit(page: Page, manifest: Manifest) -> Page:
    """Open the editor and wait until it can be used."""
    page.goto(f"/r/{manifest.id}/edit")
    expect(page.locator("#desk")).to_be_visible()
    return page


def text_field(page: Page, number: int) -> Locator:
    """The field of a line, counted from 0."""
    return page.locator(".take textarea").nth(number)


def note(page: Page, number: int) -> Locator:
    return page.locator(".take .note").nth(number)


def write(page: Page, number: int, text: str) -> None:
    """Put a text into a line and leave it, as a person does it."""
    text_field(page, number).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def paused(page: Page) -> bool:
    return bool(page.evaluate("document.getElementById('player').paused"))


def focused(page: Page) -> str:
    """What stands in the field that has the focus."""
    return str(page.evaluate("document.activeElement.value ?? ''"))


def all_saved(page: Page) -> None:
    expect(page.locator("#state")).to_have_text("Everything is saved.")


def window_comes_back(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('focus'))")


def excuse(complaints: Complaints, part: str) -> None:
    """What the browser itself wrote about an answer that the test wanted; nothing else may be among it."""
    assert complaints
    assert all(part in one for one in complaints), complaints
    complaints.clear()
