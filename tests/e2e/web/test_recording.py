"""The recording page in a real browser: opening at a time, following, seeking, copying a link, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from index.memory import MemoryIndex
from kring.model import Manifest, Segment, Step
from search_ui.app import create_app
from search_ui.http.formatting import time_parameter
from storage.archive.archive import Archive
from storage.leases import Leases, owner_name
from storage.memory.store import MemoryStore
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import PHONE, browser, eventually, open_page, player_time, serving
from tests.support.web.sample_archive import LONG, TALKS, transcript_of

__all__ = ["browser"]

FILM, SOUND, TOGETHER = TALKS[0], TALKS[3], TALKS[4]
AT_ONCE = (
    Segment(start=2, end=20, text="Kari forklarer lenge.", speaker="Kari"),
    Segment(start=6, end=7, text="Ja, ja.", speaker="Ola"),
    Segment(start=22, end=25, text="Takk.", speaker="Ola"),
)


@dataclass
class Served:
    origin: str
    archive: Archive
    index: MemoryIndex
    going: Manifest


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    index, archive = MemoryIndex(), Archive(MemoryStore())
    sample_archive.fill(archive, index)
    going, _ = sample_archive.add_unfinished(archive)
    _speak_at_once(archive)
    with serving(create_app(facilitator.WITHOUT_FILES, archive, index)) as origin:
        yield Served(origin, archive, index, going)


def _speak_at_once(archive: Archive) -> None:
    heard = transcript_of(TOGETHER).model_copy(update={"fingerprint": "at-once", "segments": AT_ONCE})
    key = archive.put_transcript(archive.manifest(TOGETHER.id).original.sha256, heard)

    def change(old: Manifest) -> Manifest:
        assert old.transcript is not None
        return old.model_copy(update={"transcript": old.transcript.model_copy(update={"key": key})})

    archive.update(TOGETHER.id, change)


@pytest.mark.parametrize(("t", "text"), [("6.2", "Ja, ja."), ("12", "lenge"), ("21", "Ja, ja."), ("23", "Takk.")])
def test_while_two_speak_the_one_who_goes_on_is_marked(browser: Browser, served: Served, t: str, text: str) -> None:
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{TOGETHER.id}?t={t}")
        eventually(page, lambda: abs(player_time(page) - float(t)) < 0.5)
        expect(page.locator(".line[aria-current]")).to_contain_text(text)
        expect(page.locator(".line[aria-current]")).to_have_count(1)


@pytest.mark.parametrize(("talk", "t"), [(FILM, "22"), (FILM, "0:22"), (SOUND, "22s")])
def test_it_opens_at_a_time(browser: Browser, served: Served, talk: sample_archive.Talk, t: str) -> None:
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{talk.id}?t={t}")
        eventually(page, lambda: abs(player_time(page) - 22) < 0.5)
        line = next(line for line in transcript_of(talk).segments if line.start <= 22 < line.end + 0.3)
        expect(page.locator(".line[aria-current]")).to_contain_text(line.text)
        assert page.evaluate("document.getElementById('player').paused")


def test_a_click_on_a_line_plays_it_and_the_current_line_follows(browser: Browser, served: Served) -> None:
    lines = transcript_of(FILM).segments
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{FILM.id}")
        page.get_by_text(lines[3].text).click()
        eventually(page, lambda: player_time(page) >= lines[3].start - 0.1)
        assert player_time(page) < lines[3].start + 3
        expect(page.locator(".line[aria-current]")).to_contain_text(lines[3].text)
        assert not page.evaluate("document.getElementById('player').paused")
        page.evaluate("document.getElementById('player').playbackRate = 4")
        expect(page.locator(".line[aria-current]")).to_contain_text(lines[4].text)
        expect(page.locator(".line[aria-current]")).to_contain_text(lines[5].text)
        expect(page.locator(".line[aria-current]")).to_have_count(1)


def test_it_follows_until_somebody_scrolls(browser: Browser, served: Served) -> None:
    with open_page(browser, served.origin, reduced_motion="reduce") as (page, _):
        page.goto(f"/r/{LONG.id}?t=50")
        follow = page.get_by_role("button", name="Follow")
        expect(follow).to_have_attribute("aria-pressed", "true")
        current = page.locator(".line[aria-current]")
        expect(current).to_be_in_viewport()
        page.locator("#lines").hover()
        page.mouse.wheel(0, 4000)
        expect(follow).to_have_attribute("aria-pressed", "false")
        expect(current).not_to_be_in_viewport()
        page.evaluate("document.getElementById('player').currentTime = 5")
        expect(current).to_contain_text("Punkt 1 ")
        expect(current).not_to_be_in_viewport()
        follow.click()
        expect(follow).to_have_attribute("aria-pressed", "true")
        expect(current).to_be_in_viewport()


def test_the_link_to_this_moment_is_copied(browser: Browser, served: Served) -> None:
    with open_page(browser, served.origin, permissions=["clipboard-read", "clipboard-write"]) as (page, _):
        page.goto(f"/r/{FILM.id}?t=14&q=personvern")
        eventually(page, lambda: player_time(page) > 13)
        page.get_by_role("button", name="Copy link to this moment").click()
        expect(page.get_by_role("status")).to_have_text("The link to 00:00:14 is copied.")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{served.origin}/r/{FILM.id}?t=14"


def test_where_the_clipboard_is_refused_the_link_is_shown(browser: Browser, served: Served) -> None:
    with open_page(browser, served.origin) as (page, _):
        page.add_init_script(
            "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
        )
        page.goto(f"/r/{FILM.id}?t=14")
        eventually(page, lambda: player_time(page) > 13)
        page.get_by_role("button", name="Copy link to this moment").click()
        field = page.get_by_label("Copy this link")
        expect(field).to_be_focused()
        expect(field).to_have_value(f"{served.origin}/r/{FILM.id}?t=14")


def test_captions_are_loaded(browser: Browser, served: Served) -> None:
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{FILM.id}")
        page.evaluate("document.getElementById('player').textTracks[0].mode = 'showing'")
        eventually(
            page,
            lambda: page.evaluate("document.getElementById('player').textTracks[0].cues?.length") == len(FILM.said),
        )


def test_searching_inside_a_recording(browser: Browser, served: Served) -> None:
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{FILM.id}")
        page.get_by_label("Words to find in this recording").fill("risikovurdering")
        page.get_by_label("Words to find in this recording").press("Enter")
        expect(page.locator(".lines mark").first).to_have_text(re.compile("risikovurdering", re.IGNORECASE))
        page.locator(".timeline a").first.click()
        eventually(page, lambda: player_time(page) > 1)
        page.get_by_role("link", name="All recordings about").click()
        expect(page.get_by_label("Words to find")).to_have_value("risikovurdering")


def test_passages_on_the_line_of_time_are_links(browser: Browser, served: Served) -> None:
    with open_page(browser, served.origin, reduced_motion="reduce") as (page, _):
        page.goto(f"/r/{LONG.id}?q=databaser")
        marks = page.get_by_role("navigation", name="Passages found").get_by_role("link")
        assert marks.count() > 1
        first, second = (float(marks.nth(number).get_attribute("data-at") or "") for number in (0, 1))
        expect(marks.first).to_have_accessible_name(re.compile(r"^00:00:\d\d .*databaser"))
        marks.nth(1).focus()
        expect(marks.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        eventually(page, lambda: abs(player_time(page) - second) < 1)
        page.evaluate("document.getElementById('player').pause()")
        page.get_by_role("button", name="Previous passage").click()
        eventually(page, lambda: abs(player_time(page) - first) < 0.3)
        page.get_by_role("button", name="Next passage").click()
        eventually(page, lambda: abs(player_time(page) - second) < 0.3)
        assert page.evaluate("document.getElementById('player').paused")
        place = float((page.locator("#here").get_attribute("cx") or "").removesuffix("%"))
        assert abs(place - 100 * second / sample_archive.SECONDS) < 2
        expect(page.locator(".line[aria-current]")).to_be_in_viewport()


def test_passages_on_the_line_of_time_open_without_javascript(browser: Browser, served: Served) -> None:
    with open_page(browser, served.origin, java_script_enabled=False) as (page, _):
        page.goto(f"/r/{LONG.id}?q=databaser")
        mark = page.locator(".timeline a").nth(1)
        at = float(mark.get_attribute("data-at") or "")
        expect(page.get_by_role("button", name="Next passage")).to_have_count(0)
        mark.click()
        expect(page).to_have_url(re.compile(rf"\?t={time_parameter(at)}&q=databaser$"))


def test_reading_works_without_javascript(browser: Browser, served: Served) -> None:
    lines = transcript_of(FILM).segments
    with open_page(browser, served.origin, java_script_enabled=False) as (page, _):
        page.goto(f"/r/{FILM.id}")
        expect(page.get_by_text(lines[-1].text)).to_be_visible()
        expect(page.get_by_role("button", name="Copy link")).to_have_count(0)
        page.locator(".line a.time").nth(4).click()
        expect(page).to_have_url(re.compile(rf"\?t={time_parameter(lines[4].start)}#l5$"))
        expect(page.locator("source")).to_have_attribute(
            "src", f"/media/{FILM.id}/playback#t={time_parameter(lines[4].start)}"
        )


def test_lines_are_reached_and_played_from_the_keyboard(browser: Browser, served: Served) -> None:
    lines = transcript_of(SOUND).segments
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{SOUND.id}")
        page.locator("#lines").focus()
        for _ in range(3):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        eventually(page, lambda: player_time(page) >= lines[2].start - 0.1)
        expect(page.locator(".line[aria-current]")).to_contain_text(lines[2].text)


@pytest.mark.parametrize("talk", [FILM, SOUND])
def test_on_a_phone_the_player_stays_and_nothing_is_cut_off(
    browser: Browser, served: Served, talk: sample_archive.Talk
) -> None:
    with open_page(browser, served.origin, viewport=PHONE, reduced_motion="reduce") as (page, _):
        page.goto(f"/r/{talk.id}?t=22&q={talk.title.split()[0]}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        eventually(page, lambda: player_time(page) > 21)
        page.locator(".line").last.scroll_into_view_if_needed()
        expect(page.locator("#player")).to_be_in_viewport(ratio=0.9)


def test_a_recording_being_worked_on_follows_and_opens_when_it_is_there(browser: Browser, served: Served) -> None:
    leases = Leases(served.archive.store, lease_seconds=60)
    owner = owner_name("run")
    going = served.going.id
    assert leases.take(going, owner)
    leases.beat(going, owner, Step.RENDER, 0.1)
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{going}")
        expect(page.locator(".now")).to_have_text("Preparing sound and picture: 10 %")
        leases.beat(going, owner, Step.TRANSCRIBE, 0.42)
        expect(page.locator(".now")).to_have_text("Transcribing what is said: 42 %")
        expect(page.get_by_role("status")).to_have_text("This recording is being worked on: Transcribing what is said")
        leases.release(going, owner)
        expect(page.get_by_role("heading", name="is waiting for its turn")).to_be_visible()
        done = served.archive.manifest(FILM.id)
        fields = {name: getattr(done, name) for name in ("state", "media", "renditions", "transcript")}
        served.archive.update(going, lambda manifest: manifest.model_copy(update=fields))
        expect(page.locator("video")).to_be_visible()
