"""Feeds, chapters and waveforms as text: well-formed whatever a title holds, and what the standards say they are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from kring.corrections.apply import Chapter
from search_ui.feeds import rss
from search_ui.recording.chapters import write_json, write_vtt
from search_ui.recording.waveform import LEAST_HEIGHT, heights, svg_path
from transcribe.captions.webvtt import parse_vtt

MOMENT = datetime(2026, 3, 12, 12, tzinfo=UTC)
HOSTILE = "</title>]]>&amp;<script>\x00\x0b\ud800\ufffe “ok” 𝄞"
ITEM = rss.FeedItem(
    guid="0123456789abcdef",
    title="Personvern",
    url="https://kring.example.org/r/0123456789abcdef",
    published=MOMENT,
    description="<p>Vi fant ut</p>",
    media=rss.MediaFile("https://kring.example.org/media/0123456789abcdef/playback.mp4", "video/mp4"),
    size=1234,
    seconds=59.6,
)
CHANNEL = rss.FeedChannel(
    title="Personvern Nord",
    url="https://kring.example.org/c/personvern-nord",
    address="https://kring.example.org/c/personvern-nord/feed.xml",
    description="Recordings",
    author="Personvern Nord",
    language="nb",
    image="https://kring.example.org/static/cover.png",
    changed=MOMENT,
    items=[ITEM],
)


def test_whatever_a_title_holds_the_feed_is_well_formed_and_says_the_same() -> None:
    item = replace(ITEM, title=HOSTILE, description=HOSTILE, people=(HOSTILE,), url=f"https://x/?q={HOSTILE}\"'")
    root = ET.fromstring(rss.write(replace(CHANNEL, title=HOSTILE, items=[item])))
    kept = "</title>]]>&amp;<script> “ok” 𝄞"
    assert root.findtext("channel/title") == kept
    assert root.findtext("channel/item/title") == kept
    assert root.findtext("channel/item/description") == kept
    assert root.findtext(f"channel/item/{{{rss.PODCAST}}}person") == kept
    assert root.findtext("channel/item/link") == f"https://x/?q={kept}\"'"


def test_the_guid_of_a_podcast_does_not_know_its_scheme_nor_a_slash_at_the_end() -> None:
    """The example of the podcast namespace's own document."""
    assert rss.guid_of("https://mp3s.nashownotes.com/pc20rss.xml") == "917393e3-1b1e-5cef-ace4-edaa54e1f810"
    assert rss.guid_of("http://mp3s.nashownotes.com/pc20rss.xml/") == "917393e3-1b1e-5cef-ace4-edaa54e1f810"


def test_dates_and_lengths_are_as_programs_read_them() -> None:
    root = ET.fromstring(rss.write(CHANNEL))
    assert root.findtext("channel/item/pubDate") == "Thu, 12 Mar 2026 12:00:00 +0000"
    assert root.findtext(f"channel/item/{{{rss.ITUNES}}}duration") == "60"
    assert root.find("channel/item/guid").attrib == {"isPermaLink": "false"}  # type: ignore[union-attr]


def test_chapters_last_until_the_next_and_the_last_until_the_end() -> None:
    made = write_vtt([Chapter(0, "First"), Chapter(12.5, "A --> B & <c>"), Chapter(99, "Behind the end")], 60)
    assert made.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:12.500\nFirst\n")
    assert [(line.start, line.end, line.text) for line in parse_vtt(made)] == [
        (0, 12.5, "First"), (12.5, 60, "A --> B & <c>"),
    ]  # fmt: skip


def test_chapters_of_a_recording_of_unknown_length_are_still_places() -> None:
    assert "00:00:07.000 --> 00:00:08.000" in write_vtt([Chapter(7, "Only")], 0)


def test_chapters_for_podcasts() -> None:
    assert json.loads(write_json([Chapter(12.5, "Én")], "Tittel")) == {
        "version": "1.2.0", "title": "Tittel", "chapters": [{"startTime": 12.5, "title": "Én"}],
    }  # fmt: skip


@pytest.mark.parametrize("count", [1, 3, 180])
def test_bars_are_as_high_as_their_stretch_is_loud(count: int) -> None:
    data = [value for at in range(1000) for value in (-at // 10, at // 10)]
    bars = heights(data, count)
    assert len(bars) == count
    assert bars == sorted(bars)
    assert bars[-1] == 1


def test_silence_is_a_line_and_fewer_points_are_fewer_bars() -> None:
    assert heights([0, 0] * 50, 10) == [LEAST_HEIGHT] * 10
    assert len(heights([-5, 5, -9, 9], 180)) == 2
    assert heights([], 180) == []


def test_the_outline_stays_inside_its_frame() -> None:
    assert svg_path([1]) == "M0 0h4v100h-4z"
    assert svg_path([1, 0.5]) == "M0 0h4v100h-4zM6 25h4v50h-4z"
