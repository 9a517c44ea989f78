"""Captions in a real browser: its own reader of WebVTT finds every cue, and the menu gives every file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from index.memory import MemoryIndex
from kring.model import Manifest, Segment, Transcript, TranscriptRef, Visibility
from search_ui.app import create_app
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.web_server import serve
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import DESKTOP, PHONE, browser, eventually, open_page, serving
from tests.support.web.sample_archive import HOSTILE, TALKS, transcript_of
from transcribe.captions.cues import cues

__all__ = ["browser"]

FILM, SOUND = TALKS[0], TALKS[3]
SPEECH = (
    "Vi har fått spørsmål fra elleve kommuner, og mange av dem ligner på hverandre, så i dag tar vi dem samlet & "
    "<b>uten</b> omveier. Først skal Ola fortelle om risikovurderingen, og deretter blir det tid til spørsmål."
)
READ_CUES = """number => [...document.getElementById("player").textTracks[number].cues].map(cue =>
    ({start: cue.startTime, end: cue.endTime, text: cue.getCueAsHTML().textContent, lang: cue.getCueAsHTML()
      .querySelector("[lang]")?.lang ?? "", voice: cue.text.startsWith("<v ")}))"""


@dataclass
class Served:
    origin: str
    own: dict[str, Transcript]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    index, archive = MemoryIndex(), Archive(MemoryStore())
    sample_archive.fill(archive, index)
    own = {talk.id: _lengthen(archive, talk) for talk in (FILM, SOUND)}
    archive.put_circle(archive.circle(SOUND.circle).model_copy(update={"visibility": Visibility.PUBLIC}))
    own[HOSTILE.id] = transcript_of(HOSTILE)
    with serving(create_app(facilitator.WITHOUT_FILES, archive, index)) as origin:
        yield Served(origin, own)


def _lengthen(archive: Archive, talk: sample_archive.Talk) -> Transcript:
    """The talk with a long turn and a line in another language at its end, and with an English track."""
    manifest, heard = archive.manifest(talk.id), transcript_of(talk)
    last = heard.segments[-1].end
    more = (
        Segment(start=last + 0.5, end=last + 16.5, text=SPEECH, speaker="Kari & Co"),
        Segment(start=last + 16.5, end=last + 18, text="Thank you.", speaker="Kari & Co", language="en"),
    )
    own = heard.model_copy(update={"fingerprint": "long", "segments": (*heard.segments, *more)})
    english = heard.model_copy(update={"fingerprint": "english", "language": "en"})

    def reference(transcript: Transcript, missing: float = 0.0) -> TranscriptRef:
        key = archive.put_transcript(manifest.original.sha256, transcript)
        said = {"engine": "faster-whisper", "model": "base", "language": transcript.language}
        return TranscriptRef(key=key, fingerprint=transcript.fingerprint, missing=missing, **said)

    update = {"transcript": reference(own, 41.0), "english": reference(english)}

    def change(old: Manifest) -> Manifest:
        return old.model_copy(update=update)

    archive.update(talk.id, change)
    return own


def read_cues(page: Page, number: int) -> list[dict[str, Any]]:
    page.evaluate("number => { document.getElementById('player').textTracks[number].mode = 'hidden' }", number)
    ready = "number => [...document.querySelectorAll('track')][number].readyState"
    eventually(page, lambda: page.evaluate(ready, number) == 2)
    found: list[dict[str, Any]] = page.evaluate(READ_CUES, number)
    return found


@pytest.mark.parametrize("talk", [FILM, SOUND, HOSTILE])
def test_chromium_reads_every_caption(browser: Browser, served: Served, talk: sample_archive.Talk) -> None:
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{talk.id}")
        read, written = read_cues(page, 0), list(cues(served.own[talk.id].segments))
    assert len(read) == len(written)
    for found, cue in zip(read, written, strict=True):
        assert (found["start"], found["end"]) == (cue.start / 1000, cue.end / 1000)
        assert found["start"] < found["end"]
        assert found["text"] == "\n".join(cue.lines)
        assert found["lang"] == (cue.language or "")
        assert found["voice"] == bool(cue.speaker)
    said = " ".join(segment.text for segment in served.own[talk.id].segments)
    assert " ".join(found["text"] for found in read).split() == said.split()


@pytest.mark.parametrize("talk", [FILM, SOUND])
def test_the_english_track_stands_beside_the_own_and_neither_is_on(
    browser: Browser, served: Served, talk: sample_archive.Talk
) -> None:
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{talk.id}")
        tracks = page.evaluate(
            "[...document.getElementById('player').textTracks].map(t => [t.kind, t.language, t.label, t.mode])"
        )
        assert [(kind, language, mode) for kind, language, _, mode in tracks] == [
            ("captions", talk.language, "disabled"),
            ("subtitles", "en", "disabled"),
        ]
        assert tracks[1][2] == "English (translated by a machine)"
        assert len(read_cues(page, 1)) == len(list(cues(transcript_of(talk).segments)))


@pytest.mark.parametrize(("viewport", "script"), [(DESKTOP, True), (PHONE, True), (PHONE, False)])
def test_the_menu_gives_every_file(browser: Browser, served: Served, viewport: dict[str, int], script: bool) -> None:
    with open_page(browser, served.origin, viewport=viewport, java_script_enabled=script) as (page, _):
        page.goto(f"/r/{FILM.id}")
        menu = page.locator("details.menu")
        expect(menu.get_by_role("link").first).not_to_be_visible()
        page.locator("summary", has_text="Transcript").focus()
        page.keyboard.press("Enter")
        expect(menu.get_by_role("link")).to_have_count(8)
        expect(menu.get_by_role("list", name="English, translated by a machine")).to_be_visible()
        for name, file in (("Text to read", "transcript.txt"), ("SubRip", "captions.srt")):
            with page.expect_download() as caught:
                menu.get_by_role("link", name=name).first.click()
            assert caught.value.url == f"{served.origin}/r/{FILM.id}/{file}?download=1"
            assert caught.value.suggested_filename.endswith(Path(file).suffix)
            if script:
                expect(menu.get_by_role("link").first).not_to_be_visible()
                page.locator("summary", has_text="Transcript").click()
        if script:
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
            page.keyboard.press("Escape")
            expect(menu.get_by_role("link").first).not_to_be_visible()
            expect(page.locator("summary", has_text="Transcript")).to_be_focused()


def test_a_reader_is_told_what_is_missing_and_what_is_in_another_language(browser: Browser, served: Served) -> None:
    with open_page(browser, served.origin) as (page, _):
        page.goto(f"/r/{FILM.id}")
        expect(page.get_by_text("About 40 seconds of speech are missing from this transcript.")).to_be_visible()
        expect(page.locator(".words[lang=en]")).to_have_text("Thank you.")


def test_pages_of_other_sites_read_public_captions_only(browser: Browser, served: Served) -> None:
    fetching = "address => fetch(address).then(answer => answer.text(), () => 'refused')"
    with serve() as other, open_page(browser, other.address) as (page, complaints):
        other.files["/page"] = b"a podcast player"
        page.context.unroute_all()
        page.goto("/page")
        assert page.evaluate(fetching, f"{served.origin}/r/{SOUND.id}/captions.vtt").startswith("WEBVTT")
        assert page.evaluate(fetching, f"{served.origin}/r/{FILM.id}/captions.vtt") == "refused"
        assert [complaint for complaint in complaints if "blocked by CORS policy" in complaint] != []
        complaints.clear()
