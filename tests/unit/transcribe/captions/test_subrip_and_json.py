"""SubRip and Podcasting 2.0 as they come, and speakers that are named in the text."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from kring.errors import BadTranscript
from kring.model import Segment
from transcribe.captions.line_breaking import LONGEST, fits
from transcribe.captions.parsing.speakers import with_speakers
from transcribe.captions.podcast_json import parse_json
from transcribe.captions.subrip import parse_srt
from transcribe.captions.webvtt import parse_vtt

SRT = """\ufeff1\r
00:00:01,000 --> 00:00:02,500\r
{\\an8}<i>God morgen</i> &amp; <font color="#fff">velkommen</font>.\r
\r
Dette er en linje til.\r
\r
2\r
00:00:03.000 --> 00:00:04.000 X1:10 X2:20\r
1984\r
\r
3\r
01:00:05,1 --> 01:00:06,25\r
Takk.\r
"""


def test_subrip_as_it_is_seen_in_the_wild() -> None:
    assert parse_srt(SRT) == [
        Segment(start=1.0, end=2.5, text="God morgen & velkommen. Dette er en linje til."),
        Segment(start=3.0, end=4.0, text="1984"),
        Segment(start=3605.1, end=3606.25, text="Takk."),
    ]


def test_subrip_without_counters_keeps_numbers_that_are_text() -> None:
    text = "00:00:01,000 --> 00:00:02,000\nI året\n1984\n\n00:00:03,000 --> 00:00:04,000\nskjedde det\n"
    assert [segment.text for segment in parse_srt(text)] == ["I året 1984", "skjedde det"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n00:00:01,000 --> 00:00:02\nhei\n", "Line 2: “00:00:01,000 --> 00:00:02” does not say when"),
        ("1\n00:00:01,000 -->\nhei\n", "Line 2"),
        ("1\n00:00:01,000 --> 00:00:02,000\nhei\n\n2\n00:00:05,000 --> 00:00:04,000\nja\n", "Line 6: .*ends"),
        ("1\n00:00:01,000 --> 00:00:02,000\n<i></i>\n", "no captions"),
        ("1\n99999:00:01,000 --> 99999:00:02,000\nhei\n", "Line 2"),
    ],
)
def test_what_is_wrong_with_subrip_is_said_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadTranscript, match=message):
        parse_srt(text)


@given(st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    for tried in (f"1\n00:00:01,000 --> 00:00:02,000\n{text}", f"1\n{text} --> {text}\n", text):
        for read in (parse_srt, parse_json):
            try:
                assert all(segment.text for segment in read(tried))
            except BadTranscript:
                continue


def said(*texts: str) -> list[Segment]:
    return [Segment(start=n, end=n + 1, text=text) for n, text in enumerate(texts)]


def spoken(*texts: str) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in with_speakers(said(*texts))]


def test_zooms_speakers_are_found() -> None:
    zoom = "WEBVTT\n\n" + "\n".join(
        f"{n}\n00:00:{n:02}.000 --> 00:00:{n + 1:02}.000\n{text}\n"
        for n, text in enumerate(["Kari Nordli: God morgen.", "Kari Nordli: Vi starter.", "Ola (Bodø): Ja: nå."], 1)
    )
    found = [(segment.speaker, segment.text) for segment in parse_vtt(zoom.replace("Ola (Bodø)", "Kari Nordli"))]
    assert found == [("Kari Nordli", "God morgen."), ("Kari Nordli", "Vi starter."), ("Kari Nordli", "Ja: nå.")]
    assert [segment.speaker for segment in parse_vtt(zoom)] == [None] * 3  # two names in three: no habit yet


def test_a_caption_without_a_name_goes_on_with_the_last_speaker() -> None:
    assert spoken("Ann: a", "b", "Bo: c", "Ann: d", "Bo: e") == [
        ("Ann", "a"), ("Ann", "b"), ("Bo", "c"), ("Ann", "d"), ("Bo", "e"),
    ]  # fmt: skip
    assert spoken("[Ann] a", "[Ann]: b", "[Bo] c", "[Bo] d") == [("Ann", "a"), ("Ann", "b"), ("Bo", "c"), ("Bo", "d")]


@pytest.mark.parametrize(
    "texts",
    [
        ("Note: a", "Note: b", "Note: c"),
        ("Spørsmål: a", "Svar: b", "Spørsmål: c", "Svar: d"),
        ("Ann: a", "Bo: b", "Cay: c", "Dee: d"),
        ("Ann: a", "b", "c", "Ann: d", "e"),
        ("12: a", "12: b"),
        ("Klokken er 10:30 nå", "Klokken er 10:30 nå"),
        ("Det vi skal snakke om i dag er dette: a", "Det vi skal snakke om i dag er dette: b"),
        ("[latter]", "[latter]"),
        ("Hva sa du? Jeg sa: nei", "Hva sa du? Jeg sa: nei"),
    ],
)
def test_a_colon_alone_makes_no_speaker(texts: tuple[str, ...]) -> None:
    assert with_speakers(said(*texts)) == said(*texts)


def podcast(*segments: object) -> str:
    return json.dumps({"version": "1.0.0", "segments": segments}, indent=1)


def test_podcasting_segments_keep_times_and_speakers() -> None:
    text = podcast(
        {"speaker": "Ann", "startTime": 0.5, "endTime": 2, "body": "Good morning,\neverybody."},
        {"startTime": 2.25, "body": "Thank you all."},
        {"speaker": "Ann", "startTime": 60, "body": "At last."},
        {"speaker": "Ann", "startTime": 61, "body": " \n"},
    )
    assert parse_json(text) == [
        Segment(start=0.5, end=2, text="Good morning, everybody.", speaker="Ann"),
        Segment(start=2.25, end=9.25, text="Thank you all."),
        Segment(start=60, end=67, text="At last.", speaker="Ann"),
    ]


def test_whispers_own_json_is_read_too() -> None:
    text = json.dumps(
        {
            "text": " And so, my fellow Americans, ask not.",
            "segments": [
                {"id": 0, "seek": 0, "start": 0.0, "end": 3.5, "text": " And so, my fellow Americans,", "tokens": [1]},
                {"id": 1, "seek": 0, "start": 3.5, "end": 5.0, "text": " ask not.", "tokens": [2]},
            ],
            "language": "en",
        }
    )
    assert parse_json(text) == [
        Segment(start=0, end=3.5, text="And so, my fellow Americans,"),
        Segment(start=3.5, end=5, text="ask not."),
    ]


def test_podcasting_segments_that_overlap_keep_their_lengths() -> None:
    text = podcast(
        {"speaker": "Ann", "startTime": 1, "endTime": 10, "body": "A long turn of Ann's."},
        {"speaker": "Bo", "startTime": 2, "endTime": 3, "body": "Yes, yes."},
    )
    assert [(segment.start, segment.end) for segment in parse_json(text)] == [(1, 10), (2, 3)]


def test_podcasting_words_are_put_together_to_lines() -> None:
    sentence = "Good morning to you all . We begin with the first question, which is a long one about the law."
    words = sentence.split()
    text = podcast(
        *({"speaker": "Ann", "startTime": n / 2, "endTime": n / 2 + 0.4, "body": word} for n, word in enumerate(words)),
        {"speaker": "Bo", "startTime": 20, "endTime": 20.5, "body": "Yes.\n"},
    )
    segments = parse_json(text)
    assert [(segment.speaker, segment.text) for segment in segments][-1] == ("Bo", "Yes.")
    assert " ".join(segment.text for segment in segments[:-1]).split() == words
    assert all(fits(segment.text) and segment.end - segment.start <= LONGEST for segment in segments)
    assert [word.start for segment in segments for word in segment.words][:3] == [0.0, 0.5, 1.0]


def test_podcasting_words_of_a_language_without_spaces() -> None:
    words = ["今天", "我们", "讨论", "隐私", "。"]
    text = podcast(*({"startTime": n / 2, "endTime": n / 2 + 0.5, "body": word} for n, word in enumerate(words)))
    assert [segment.text for segment in parse_json(text)] == ["今天我们讨论隐私。"]
    lines = podcast({"startTime": 0, "body": "今天我们讨论隐私。"}, {"startTime": 1, "body": "请大家踊跃提问。"})
    assert [segment.text for segment in parse_json(lines)] == ["今天我们讨论隐私。", "请大家踊跃提问。"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n"version": "1.0.0",\n"segments": [{]}', "Line 3: .*broken JSON"),
        ('{"segments": [\n{"startTime": 1, "body": "x"}', "Line 2: .*broken JSON: “,” is missing"),
        ('{"segments": []} x', "Line 1: .*after its end"),
        ('{"segments": []}', "no segments"),
        ('{"version": "1"}', "no list of segments"),
        ('{"segments": {}}', "“\\[” is missing"),
        ('{"segments": [\n1]}', "Line 2: .*segment 1"),
        ('{"segments": [{"startTime": 1, "body": "x"},\n{"startTime": 1}]}', "Line 2: .*body of segment 2"),
        ('{"segments": [{"startTime": 1, "body": "x", "speaker": 3}]}', "speaker of segment 1"),
        ('{"segments": [{"startTime": "1", "body": "x"}]}', "startTime of segment 1"),
        ('{"segments": [{"startTime": true, "body": "x"}]}', "startTime"),
        ('{"segments": [{"startTime": -1, "body": "x"}]}', "startTime"),
        ('{"segments": [{"startTime": 1e999, "body": "x"}]}', "startTime"),
        ('{"segments": [{"startTime": NaN, "body": "x"}]}', "Line 1: .*number that is none"),
        ('{"segments": [{"startTime": 1, "endTime": Infinity, "body": "x"}]}', "number that is none"),
        ('{"segments": [{"startTime": 1' + "0" * 5000 + ', "body": "x"}]}', "number that is none"),
        ('{"segments": [{"startTime": 2, "endTime": 1, "body": "x"}]}', "ends .1. before it starts .2."),
        ('{"a": ' + "[" * 100_000, "nested too deeply|broken JSON"),
        ('{"a": ' + "[" * 600_000, "more than 250000 parts"),
    ],
)
def test_what_is_wrong_with_json_is_said_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadTranscript, match=message):
        parse_json(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["segments", "startTime", "endTime", "body", "speaker"]), inner)
        ),
        max_leaves=30,
    )
)
def test_no_json_breaks_the_reader(value: object) -> None:
    for tried in (json.dumps(value), json.dumps({"segments": [value]}), json.dumps({"segments": value})):
        try:
            segments = parse_json(tried)
        except BadTranscript:
            continue
        assert all(one.start <= other.start for one, other in pairwise(segments))


@pytest.mark.slow
def test_a_day_of_single_words_is_read_at_once() -> None:
    words = [
        {"speaker": f"S{n // 500}", "startTime": n / 3, "endTime": n / 3 + 0.3, "body": "ord"} for n in range(60_000)
    ]
    text = podcast(*words)
    started = time.process_time()
    assert sum(len(segment.words) for segment in parse_json(text)) == 60_000
    assert time.process_time() - started < 20
