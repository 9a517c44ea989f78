"""Transcripts as the meeting platforms write them, as hostile or careless people do; WebVTT as we write it."""

from __future__ import annotations

import contextlib
import time
import unicodedata

import pytest
from hypothesis import given, strategies as st

from kring.errors import BadTranscript
from kring.model import Segment
from transcribe.captions.line_breaking import fits
from transcribe.captions.parsing.cleaning import MAX_CUES, clean
from transcribe.captions.reader import MAX_BYTES, read_captions, transcript_from_file
from transcribe.captions.text_width import pieces_of
from transcribe.captions.webvtt import parse_vtt, write_vtt

TEAMS = """\ufeffWEBVTT\r
\r
2f9b2b1e-6c1d-4d30-a0a3-6d6a4ab6f3a1-0\r
00:00:03.200 --> 00:00:05.220 align:start position:0%\r
<v Hansen, Kari>God morgen og velkommen\r
til &quot;personvern&quot;&nbsp;&amp; innkjøp.</v>\r
\r
00:00:06.000 --> 00:00:08.000\r
<v Ole &amp; Co>Takk.</v>\r
"""


def cue(payload: str, times: str = "00:01.000 --> 00:03.000") -> str:
    return f"WEBVTT\n\n{times}\n{payload}\n"


def test_a_teams_transcript_keeps_its_speakers() -> None:
    assert parse_vtt(TEAMS) == [
        Segment(
            start=3.2,
            end=5.22,
            text='God morgen og velkommen til "personvern" & innkjøp.',
            speaker="Hansen, Kari",
        ),
        Segment(start=6.0, end=8.0, text="Takk.", speaker="Ole & Co"),
    ]


def test_everything_that_is_not_a_caption_is_passed_over() -> None:
    text = (
        "WEBVTT - made by hand\nKind: captions\n\nNOTE a note\nof two lines\n\nSTYLE\n::cue { color: red }\n\n"
        "REGION\nid:fred\n\n1\n01:00.000 --> 01:02.000\nfirst\n\nNOTE\n\nNOTES\n100:00:01.000-->100:00:02.000\nsecond"
    )
    found = [(segment.start, segment.end, segment.text) for segment in parse_vtt(text)]
    assert found == [(60.0, 62.0, "first"), (360001.0, 360002.0, "second")]


def test_a_cue_may_follow_another_without_an_empty_line() -> None:
    text = cue("one\n00:04.000 --> 00:05.000\ntwo")
    assert [segment.text for segment in parse_vtt(text)] == ["one", "two"]


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("<i>so</i> <b.loud>it</b> <00:00:02.000><c.x>is</c>", "so it is"),
        ("a < b and c > d", "a < b and c > d"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("bell\x07 and\u2028line \u202eesrever", "bell and line esrever"),
        ("e\u0301n", "én"),
        ("<lang nb>hei</lang>", "hei"),
        ("<ruby>漢<rt>kan</rt></ruby>", "漢kan"),
    ],
)
def test_markup_goes_and_text_stays(payload: str, text: str) -> None:
    assert [segment.text for segment in parse_vtt(cue(payload))] == [text]


def test_several_voices_in_a_cue_share_its_time() -> None:
    segments = parse_vtt(cue("<v.first Ann>abcd</v>\n<v Bo>ef"))
    assert segments == [
        Segment(start=1.0, end=2.333, text="abcd", speaker="Ann"),
        Segment(start=2.333, end=3.0, text="ef", speaker="Bo"),
    ]


def test_text_after_a_closed_voice_is_nobodys() -> None:
    assert [segment.speaker for segment in parse_vtt(cue("<v Ann>yes</v> no"))] == ["Ann", None]


def test_cues_come_out_in_order_each_as_long_as_it_was() -> None:
    text = "WEBVTT\n\n" + "\n\n".join(
        f"00:{start:06.3f} --> 00:{end:06.3f}\n{name}"
        for start, end, name in [(9, 10, "last"), (1, 4, "a"), (1, 4, "b"), (3, 6, "c"), (5, 5, "d")]
    )
    found = [(segment.start, segment.end, segment.text) for segment in parse_vtt(text)]
    assert found == [(1, 4, "a"), (1, 4, "b"), (3, 6, "c"), (5, 5, "d"), (9, 10, "last")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("Referat fra møtet\n", "Line 1: .*begins with the word WEBVTT"),
        ("\nWEBVTTX\n\n00:01.000 --> 00:02.000\nx", "Line 2"),
        ("WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nhei\n", "Line 3: .*with a point, not a comma"),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\nhei\n", "Line 3: “00:61.000” is not a WebVTT time"),
        ("WEBVTT\n\n1\n00:01.000 -->\nhei\n", "Line 4: “” is not"),
        ("WEBVTT\n\n00:05.000 --> 00:02.000\nhei\n", "Line 3: .*ends .00:02.000. before it starts"),
        ("WEBVTT\n\nNOTE nothing\n", "no captions"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n", "no captions"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadTranscript, match=message):
        parse_vtt(text)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    for tried in (text, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}", f"WEBVTT\n\n{text} --> {text}\nx"):
        try:
            segments = parse_vtt(tried)
        except BadTranscript:
            continue
        for segment in segments:
            assert segment.text == clean(segment.text) != ""
            assert segment.speaker == (clean(segment.speaker) if segment.speaker else None)


names = st.text(min_size=1, max_size=60).map(clean).filter(bool)


def breaks_at_spaces(text: str) -> bool:
    """Not so where scripts have no spaces: the second line of a caption is read with one before it."""
    return all(space for _, space in pieces_of(text))


lines = names.filter(lambda text: fits(text) and breaks_at_spaces(text) and ":" not in text and "]" not in text)


@st.composite
def segment_lists(draw: st.DrawFn) -> list[Segment]:
    clock = 0
    segments = []
    for text in draw(st.lists(lines, min_size=1, max_size=8)):
        start = clock + draw(st.integers(0, 4_000_000))
        clock = start + draw(st.integers(200, 7_000))
        speaker = draw(st.none() | names)
        segments.append(Segment(start=start / 1000, end=clock / 1000, text=text, speaker=speaker))
    return segments


@given(segment_lists())
def test_what_is_written_reads_the_same(segments: list[Segment]) -> None:
    written = write_vtt(segments)
    assert parse_vtt(written) == segments
    assert written.count("-->") == len(segments)
    assert "\r" not in written
    assert not any(unicodedata.category(c) == "Cc" for c in written if c != "\n")


def test_written_captions_escape_markup() -> None:
    written = write_vtt([Segment(start=3661.0015, end=3661.0015, text="<b> & --> x", speaker="A>B"), *parse_vtt(TEAMS)])
    assert written.startswith(
        'WEBVTT\n\n00:00:03.200 --> 00:00:05.220\n<v Hansen, Kari>God morgen og velkommen\ntil "personvern" &amp;'
    )
    assert written.endswith("\n01:01:01.002 --> 01:01:01.003\n<v A&gt;B>&lt;b&gt; &amp; --&gt; x\n")
    assert write_vtt([]) == "WEBVTT\n"


def test_a_platforms_transcript_ends_with_its_recording() -> None:
    text = cue("inside") + "\n00:09.000 --> 00:12.000\nacross\n\n00:20.000 --> 00:21.000\nafter\n"
    transcript = transcript_from_file(text.encode(), language="da", duration=10.0)
    assert [(segment.text, segment.end) for segment in transcript.segments] == [("inside", 3.0), ("across", 10.0)]
    assert [dropped.segment.text for dropped in transcript.dropped] == ["after"]
    assert (transcript.engine, transcript.language, transcript.duration) == ("platform", "da", 10.0)
    assert transcript.fingerprint.startswith("platform-")


def test_a_fingerprint_names_the_transcript() -> None:
    same = [transcript_from_file(cue("x").encode(), language="da", duration=10.0).fingerprint for _ in range(2)]
    other = [
        transcript_from_file(cue("y").encode(), language="da", duration=10.0).fingerprint,
        transcript_from_file(cue("x").encode(), language="nb", duration=10.0).fingerprint,
    ]
    assert len({*same}) == 1
    assert len({*same, *other}) == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nblåbær".encode("latin-1"), "Line 4 .*not UTF-8"),
        (b"\xff\xfe" + "WEBVTT".encode("utf-16-le") + b"x", "Line 1 .*not UTF-8"),
        ("1\n00:00:01,000 --> 00:00:02,000\nпривет\n".encode("cp1251"), "Line 3 .*not UTF-8"),
        ("1\n00:00:01,000 --> 00:00:02,000\nblåbær\n".encode("cp865"), "Line 3 .*not UTF-8"),
        (b"", "empty"),
        (b"\n \n", "empty"),
        ("Referat fra møtet".encode(), "Line 1: this is neither WebVTT"),
        (b"\n<!DOCTYPE html><html>", "Line 2: .*web page"),
        (b"x" * (MAX_BYTES + 1), "larger than 20 MB"),
        (cue("x", "01:00.000 --> 01:01.000").encode(), "belongs to another recording"),
    ],
)
def test_a_platforms_transcript_that_cannot_be_used_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BadTranscript, match=message):
        transcript_from_file(data, language="nb", duration=10.0)


@pytest.mark.parametrize(
    ("data", "model", "texts"),
    [
        (TEAMS.encode(), "vtt", ["Takk."]),
        (TEAMS.encode("utf-16"), "vtt", ["Takk."]),
        ("1\n00:00:06,000 --> 00:00:08,000\nblåbær – “så”…\n".encode("cp1252"), "srt", ["blåbær – “så”…"]),
        ("1\n00:00:06,000 --> 00:00:08,000\nнеделя\n".encode("utf-8-sig"), "srt", ["неделя"]),
        (b'{"version": "1.0.0", "segments": [{"startTime": 6, "body": "Ja da."}]}', "json", ["Ja da."]),
    ],
)
def test_what_a_file_is_its_content_says(data: bytes, model: str, texts: list[str]) -> None:
    transcript = transcript_from_file(data, language="nb", duration=10.0)
    assert transcript.model == model
    assert [segment.text for segment in transcript.segments][-1:] == texts
    assert transcript.segments[-1].end <= 10.0


@given(st.binary(), st.sampled_from([b"", b"WEBVTT\n\n00:01.000 --> 00:02.000\n", b"\xff\xfe", b'{"segments": [']))
def test_no_bytes_break_the_reader(data: bytes, begin: bytes) -> None:
    with contextlib.suppress(BadTranscript):
        assert all(segment.text for segment in read_captions(begin + data).segments)


@pytest.mark.parametrize("payload", ["<v " + " " * 200_000, "<v.a" * 100_000, "<" * 200_000, "</v" * 100_000])
def test_markup_made_to_stall_the_reader_does_not(payload: str) -> None:
    started = time.process_time()
    with contextlib.suppress(BadTranscript):
        parse_vtt(cue(payload))
    assert time.process_time() - started < 3


@pytest.mark.slow
def test_more_captions_than_anybody_says_are_refused() -> None:
    text = "WEBVTT\n\n" + "00:01.000 --> 00:02.000\nx\n" * (MAX_CUES + 1)
    with pytest.raises(BadTranscript, match=f"Line {3 + 2 * MAX_CUES}: .*more than 250000 captions"):
        parse_vtt(text)
