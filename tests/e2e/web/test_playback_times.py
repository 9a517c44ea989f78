"""What the page's player lets people hear, in a real browser, comes at the time that the page shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from index.memory import MemoryIndex
from kring.settings import MediaLimits
from search_ui.app import create_app
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.media.timed_speech import appended, beginnings, part, retimed
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import browser, open_page, serving
from transcribe.media.probe import probe
from transcribe.rendering.render import render

__all__ = ["browser"]

LIMITS = MediaLimits(spare_disk_mb=0)
SOUND = next(talk for talk in sample_archive.TALKS if not talk.video)
LISTEN = """async ([from, to]) => {
  const player = document.getElementById("player"), context = new AudioContext();
  const ear = context.createAnalyser(), wave = new Float32Array(ear.fftSize = 1024), loud = [];
  context.createMediaElementSource(player).connect(ear).connect(context.destination);
  player.currentTime = from;
  await player.play();
  while (player.currentTime < to && !player.ended) {
    await new Promise((done) => setTimeout(done, 5));
    ear.getFloatTimeDomainData(wave);
    if (wave.some((level) => Math.abs(level) > 0.03)) loud.push(player.currentTime);
  }
  return loud;
}"""


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AAC with words at 0.5 s and, after two seconds without any packet, at 5.5 s."""
    to = tmp_path_factory.mktemp("paused")
    whole = appended(to / "whole.m4a", part(to / "1.m4a"), part(to / "2.m4a"))
    return retimed(whole, to / "paused.m4a", "TS+gte(TS*TB,3)*2/TB")


@pytest.fixture(scope="module")
def archive() -> Archive:
    return Archive(MemoryStore())


@pytest.fixture(scope="module")
def origin(archive: Archive) -> Iterator[str]:
    index = MemoryIndex()
    sample_archive.fill(archive, index)
    with serving(create_app(facilitator.WITHOUT_FILES, archive, index)) as origin:
        yield origin


def words_in(browser: Browser, origin: str, archive: Archive, file: Path, *, after: float, until: float) -> list[float]:
    """Where the player stands when words begin, played from `after` until `until`."""
    renditions = archive.manifest(SOUND.id).renditions
    assert renditions is not None
    archive.store.put_file(renditions.playback, file, media_type="audio/mp4")
    with open_page(browser, origin) as (page, _):
        page.goto(f"/r/{SOUND.id}")
        page.locator("h1").click()  # browsers let pages be heard by those who have touched them
        return beginnings(page.evaluate(LISTEN, [after, until]))


def test_words_after_a_gap_are_heard_at_their_time(
    browser: Browser, origin: str, archive: Archive, paused: Path, tmp_path: Path
) -> None:
    made = render(paused, probe(paused, LIMITS), tmp_path / "out", LIMITS)
    assert words_in(browser, origin, archive, made.playback, after=2.5, until=6.5) == pytest.approx([5.5], abs=0.3)


def test_the_browser_plays_the_original_early(browser: Browser, origin: str, archive: Archive, paused: Path) -> None:
    """Else the test above would prove nothing."""
    early = words_in(browser, origin, archive, paused, after=2.5, until=4.5)
    assert early == pytest.approx([3.5], abs=0.3)
