"""Captions as we write them, read back by readers that are not ours."""

from __future__ import annotations

import json
from itertools import pairwise

import srt
import webvtt
from hypothesis import given, strategies as st

from kring.model import Segment, Word
from transcribe.captions.cues import cues
from transcribe.captions.line_breaking import LINE, LONGEST, fits, width
from transcribe.captions.parsing.cleaning import clean
from transcribe.captions.plain_text import write_txt
from transcribe.captions.podcast_json import parse_json, write_json
from transcribe.captions.subrip import parse_srt, write_srt
from transcribe.captions.webvtt import write_vtt

LONG = (
    "Vi har fått spørsmål fra elleve kommuner, og mange av dem ligner på hverandre, så i dag tar vi dem samlet. "
    "Først skal Ola fortelle om risikovurderingen, og deretter blir det tid til spørsmål fra dere som er med."
)
TALK = [
    Segment(start=1, end=3, text="God morgen.", speaker="Kari & Co <Bodø>"),
    Segment(start=3, end=21, text=LONG, speaker="Kari & Co <Bodø>"),
    Segment(start=21, end=22, text="a < b --> c & <b>d</b>", speaker="Ola"),
    Segment(start=22, end=24, text="Thank you for that.", speaker="Ola", language="en"),
    Segment(start=24, end=25, text=" \u202e "),
    Segment(start=30, end=32, text="Da avslutter vi."),
]
EVERYTHING = " ".join(clean(segment.text) for segment in TALK).split()

texts = st.text(max_size=200) | st.lists(st.sampled_from(["og", "vurderingen", "3.", "<b>", "漢字", "ja,"])).map(
    " ".join
)


@st.composite
def segment_lists(draw: st.DrawFn) -> list[Segment]:
    """In any order and over each other, as no transcript should be."""
    segments = []
    for text in draw(st.lists(texts, max_size=8)):
        start = draw(st.floats(0, 100))
        segments.append(Segment(start=start, end=start + draw(st.floats(0, 40)), text=text))
    return segments


@given(segment_lists())
def test_captions_never_overlap_and_lose_nothing(segments: list[Segment]) -> None:
    shown = list(cues(segments))
    letters = sorted("".join("".join(line for line in cue.lines) for cue in shown).replace(" ", ""))
    assert letters == sorted("".join(clean(segment.text) for segment in segments).replace(" ", ""))
    assert all(cue.start < cue.end for cue in shown)
    assert all(one.end <= other.start for one, other in pairwise(shown))
    assert all(1 <= len(cue.lines) <= 2 for cue in shown)
    for cue in shown:
        if fits(" ".join(cue.lines)) and len(cue.lines) == 2:
            assert max(map(width, cue.lines)) <= LINE


def test_of_two_who_speak_at_once_both_are_shown() -> None:
    at_once = [
        Segment(start=1, end=7, text="Ann explains something.", speaker="Ann"),
        Segment(start=2, end=3, text="Yes, yes.", speaker="Bo"),
        Segment(start=5, end=9, text="And something more.", speaker="Ann"),
    ]
    shown = [(cue.start, cue.end, cue.speaker) for cue in cues(at_once)]
    assert shown == [(1000, 5000, "Ann"), (2000, 3000, "Bo"), (5000, 9000, "Ann")]
    read = webvtt.from_string(write_vtt(at_once), strict=True)
    assert [(cue.start_in_seconds, cue.end_in_seconds) for cue in read] == [(1, 5), (2, 3), (5, 9)]
    long = at_once[0].model_copy(update={"end": 13.0, "text": LONG})
    starts = [segment["startTime"] for segment in json.loads(write_json([long, at_once[1]]))["segments"]]
    assert len(starts) > 2
    assert starts == sorted(starts)


def test_a_long_segment_is_cut_by_its_words_times() -> None:
    words = [Word(3 + n, 3.8 + n, f" {word}") for n, word in enumerate(["Vi", "tar", "dem", "samlet."])]
    words += [Word(20, 20.5, " Først"), Word(20.5, 21, " Ola.")]
    (one, other) = cues([Segment(start=3, end=21, text="Vi tar dem samlet. Først Ola.", words=tuple(words))])
    assert (one.start, one.end, one.lines) == (3000, 6800, ("Vi tar dem samlet.",))
    assert (other.start, other.end, other.lines) == (20000, 21000, ("Først Ola.",))


def test_words_that_say_something_else_are_not_asked() -> None:
    words = (Word(3, 4, "noe"), Word(4, 5, "annet"))
    parts = list(cues([Segment(start=3, end=23, text=LONG, words=words)]))
    assert " ".join(" ".join(part.lines) for part in parts) == LONG
    assert all(part.end - part.start <= LONGEST * 1000 for part in parts)
    assert (parts[0].start, parts[-1].end) == (3000, 23000)


def test_webvtt_is_read_by_another_reader() -> None:
    written = write_vtt(TALK)
    read = webvtt.from_string(written, strict=True)
    shown = list(cues(TALK))
    assert len(read) == len(shown) == 8
    for caption, cue in zip(read, shown, strict=True):
        assert (round(caption.start_in_seconds), round(caption.end_in_seconds)) == (cue.start // 1000, cue.end // 1000)
        assert len(caption.lines) <= 2
    assert "<v Kari &amp; Co &lt;Bodø&gt;>God morgen." in written
    assert "<v Ola><lang en>Thank you for that.</lang>" in written
    assert "a &lt; b --&gt; c &amp; &lt;b&gt;d&lt;/b&gt;" in written


def test_subrip_is_read_by_another_reader() -> None:
    written = write_srt(TALK)
    read = list(srt.parse(written))
    assert [subtitle.index for subtitle in read] == list(range(1, len(read) + 1))
    assert read[0].content == "Kari & Co < Bodø>: God morgen."
    assert [subtitle.content for subtitle in read if ": " in subtitle.content][1:] == ["Ola: a < b → c & < b>d< /b>"]
    assert all(one.start < one.end <= other.start for one, other in pairwise(read))
    assert (read[0].start.total_seconds(), read[-1].end.total_seconds()) == (1.0, 32.0)
    assert srt.compose(read) == written + "\n"


@given(segment_lists())
def test_any_subrip_we_write_is_read_whole(segments: list[Segment]) -> None:
    written, shown = write_srt(segments), list(cues(segments))
    if shown:
        read = list(srt.parse(written))
        assert [round(one.start.total_seconds() * 1000) for one in read] == [cue.start for cue in shown]
        assert [round(one.end.total_seconds() * 1000) for one in read] == [cue.end for cue in shown]


def test_podcast_json_is_as_described() -> None:
    document = json.loads(write_json(TALK))
    assert document["version"] == "1.0.0"
    assert set(document) == {"version", "segments"}
    clock = 0.0
    for segment in document["segments"]:
        assert {"startTime", "endTime", "body"} <= set(segment) <= {"startTime", "endTime", "body", "speaker"}
        assert clock <= segment["startTime"] <= segment["endTime"]
        assert segment["body"] == clean(segment["body"]) != ""
        clock = segment["endTime"]
    assert " ".join(segment["body"] for segment in document["segments"]).split() == EVERYTHING
    assert parse_json(write_json(TALK))[0].speaker == "Kari & Co <Bodø>"


def test_our_own_subrip_comes_back() -> None:
    assert " ".join(segment.text for segment in parse_srt(write_srt(TALK[-1:]))) == "Da avslutter vi."


def test_text_to_read() -> None:
    segments = [
        *TALK,
        Segment(start=40, end=95, text="Et langt avsnitt uten punktum"),
        Segment(start=95, end=100, text="som går videre."),
        Segment(start=100, end=101, text="Nytt avsnitt."),
    ]
    assert write_txt(segments, title="Møte\nom personvern", note="Translated.") == (
        "Møte om personvern\n\nTranslated.\n\n"
        f"[00:00:01] Kari & Co <Bodø>\nGod morgen. {LONG}\n\n"
        "[00:00:21] Ola\na < b --> c & <b>d</b> Thank you for that.\n\n"
        "[00:00:30]\nDa avslutter vi.\n\n"
        "[00:00:40]\nEt langt avsnitt uten punktum som går videre.\n\n"
        "[00:01:40]\nNytt avsnitt.\n"
    )
    assert write_txt([], title="Stille") == "Stille\n"
