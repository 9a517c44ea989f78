"""VTT and SRT as tools and people really write them: nothing is dropped unread, and no time becomes text."""

from __future__ import annotations

import contextlib
import time

import pytest

from kring.errors import BadTranscript
from transcribe.captions.reader import AFTER, BEFORE, ParsedTranscript, read_captions, transcript_from_file
from transcribe.captions.subrip import parse_srt
from transcribe.captions.webvtt import parse_vtt

VTT, SRT = "WEBVTT\n\n", "1\n00:00:01,000 --> 00:00:02,000\nen\n\n"


def said(text: str | bytes) -> list[tuple[float, float, str]]:
    return [(segment.start, segment.end, segment.text) for segment in read(text).segments]


def read(text: str | bytes) -> ParsedTranscript:
    return read_captions(text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:01.000 --> 00:02.000\n\nen\n\n00:03.000 --> 00:04.000\nto", ["en", "to"]),
        ("00:01.000 --> 00:02.000\nen\n\nog mer\n\n00:03.000 --> 00:04.000\nto", ["en og mer", "to"]),
        ("00:01.000 --> 00:02.000\nen\n\nog mer\n00:03.000 --> 00:04.000\nto", ["en og mer", "to"]),
        ("00:01.000 --> 00:02.000\n\nen\n00:03.000 --> 00:04.000\n\nto\n00:05.000 --> 00:06.000\n\ntre",
         ["en", "to", "tre"]),
        ("1\n00:01.000 --> 00:02.000\nI året\n1984\n\n2\n00:03.000 --> 00:04.000\nto", ["I året 1984", "to"]),
        ("00:01.000 --> 00:02.000\nI året\n\n1984\n00:03.000 --> 00:04.000\nto", ["I året 1984", "to"]),
        ("1\n00:01.000 --> 00:02.000\nen\n2\n00:03.000 --> 00:04.000\nto", ["en", "to"]),
        ("Første del\n00:01.000 --> 00:02.000\nen\n\nAndre del\n00:03.000 --> 00:04.000\nto", ["en", "to"]),
        ("NOTE nei\n00:01.000 --> 00:02.000\nen\n\nNOTE\nnei\n00:03.000 --> 00:04.000\nto", ["en", "to"]),
        ("STYLE\n::cue { color: red }\n\nREGION\nid:a\n\n00:01.000 --> 00:02.000 region:a\nen", ["en"]),
        ("00:01.000 --> 00:02.000\nen\n\nto\n00:03.000 --> 00:04.000\ntre\n\nfire\n00:05.000 --> 00:06.000\nfem",
         ["en to", "tre fire", "fem"]),
        ("00:01.000 --> 00:02.000\nVi sier\n\nLanguage: tysk\n\n00:03.000 --> 00:04.000\nto",
         ["Vi sier Language: tysk", "to"]),
        ("Kind: captions\nLanguage: nb\n\n00:01.000 --> 00:02.000\nen", ["en"]),
        ("00:01.000 --> 00:02.000 align: start position:10%,line-left line:-1\nen", ["en"]),
        ("00:01.000 --> 00:02.000\nfra A --> B\n12 --> 13, 1 -> 2 → 3", ["fra A --> B 12 --> 13, 1 -> 2 → 3"]),
        ("00:01.000 --> 00:02.000\n[latter] ♪ <inaudible> hva<br>sa <i>du</i> <3 <5>",
         ["[latter] ♪ <inaudible> hva sa du <3 <5>"]),
        ("00:01.000 --> 00:01.000\nen", ["en"]),
        ("1000:00:01.000 --> 1000:00:02.000\nen", ["en"]),
    ],
)  # fmt: skip
def test_webvtt_of_every_kind(text: str, expected: list[str]) -> None:
    assert [words for _, _, words in said(VTT + text)] == expected


def test_a_cue_right_below_the_header_is_read() -> None:
    assert said("WEBVTT\nKind: captions\n00:01.000 --> 00:02.000\nen") == [(1, 2, "en")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\n\nen\n\nto\n\n2\n00:00:03,000 --> 00:00:04,000\ntre", ["en to", "tre"]),
        (SRT + "00:00:03,000 --> 00:00:04,000\nto\n\n3\n00:00:05,000 --> 00:00:06,000\ntre", ["en", "to", "tre"]),
        (SRT + "2\n00:00:03,000 --> 00:00:04,000\nI året\n1984\n00:00:05,000 --> 00:00:06,000\ntre",
         ["en", "I året 1984", "tre"]),
        (SRT + "1\n00:00:03,000 --> 00:00:04,000\nto\n\n1\n00:00:05,000 --> 00:00:06,000\ntre", ["en", "to", "tre"]),
        (SRT.strip() + "\n7\n00:00:03,000 --> 00:00:04,000\nto\n9\n00:00:05,000 --> 00:00:06,000\ntre",
         ["en", "to", "tre"]),
        (SRT + "\ufeff2\n00:00:03,000 --> 00:00:04,000\nto\n\n\ufeff00:00:05,000 --> 00:00:06,000\ntre",
         ["en", "to", "tre"]),
        (SRT + "\u200e2\n\u200e00:00:03,000\xa0-->\u200e 00:00:04,000\u200e\nto", ["en", "to"]),
        (SRT.replace("\n", "\r") + "2\r00:00:03,000 --> 00:00:04,000\rto", ["en", "to"]),
        (SRT.replace("\n", "\r\n") + "2\r\n00:00:03.000-->00:00:04.000\r\nto", ["en", "to"]),
        (SRT + "2\n00:00:03,000 → 00:00:04,000\nto\n\n3\n00:00:05,000 -> 00:00:06,000\ntre", ["en", "to", "tre"]),
        ("00:00:01,000 --> 00:00:02,000\n1\n00:00:03,000 --> 00:00:04,000\n2\n00:00:05,000 --> 00:00:06,000\n3",
         ["1", "2", "3"]),
        ("57\n00:00:01,000 --> 00:00:02,000\nen\n58\n00:00:03,000 --> 00:00:04,000\nto", ["en", "to"]),
        ("100:00:01,000 --> 100:00:02,000\nen", ["en"]),
        ("00:01.000 --> 00:02.000\nen", ["en"]),
        ("[00:00.000 --> 00:05.000]  And so\n[00:05.000 --> 00:08.000]  ask not", ["And so", "ask not"]),
    ],
)  # fmt: skip
def test_subrip_of_every_kind(text: str, expected: list[str]) -> None:
    assert [words for _, _, words in said(text)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (VTT + "Tittel\n\n00:01.000 --> 00:02.000\nen", "Line 3: “Tittel” belongs to no caption"),
        (VTT + "00:01.000 --> 00:02.000\nen\n\nNOTE a\n\nmer\n\n00:03.000 --> 00:04.000\nto", "Line 8: “mer” belongs"),
        ("Tittel\n" + SRT, "Line 1: “Tittel” belongs to no caption"),
        (SRT + "2\n00:00:03,000 --> 00:00:04,000 Hei du", "Line 6: “Hei du” stands behind the times"),
        (VTT + "00:01.000 --> 00:02.000 Kari: hei", "Line 3: “Kari: hei” stands behind"),
        (SRT + "2 00:00:03,000 --> 00:00:04,000\nto", "Line 5: “2 00:00:03,000 --> 00:00:04,000” does not say when"),
        (SRT + "2\n00: 00: 03, 000 --> 00: 00: 04, 000\nto", "Line 6: .* does not say when"),
        (SRT + "2\n00:00:03,000 -->\nto", "Line 6: “00:00:03,000 -->” does not say when"),
        (SRT + "2\n--> 00:00:04,000\nto", "Line 6: “--> 00:00:04,000” does not say when"),
        (SRT + "2\nsnart --> 00:00:04,000\nto", "Line 6: .* does not say when"),
        (SRT + "2\n00:00:03:12 - 00:00:04:00\nto", "Line 6: .* does not say when"),
        ("0:00:01.000,0:00:03.000\nhei", "Line 1: .* does not say when"),
        (SRT + "2\n00:00:03,000 --> -00:00:01,000\nto", "Line 6: the caption ends .-00:00:01,000. before it starts"),
        ("1\n-00:00:03,000 --> -00:00:01,000\nen", "Every caption ends before the recording begins"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadTranscript, match=message):
        read(text)


def test_a_caption_that_begins_before_the_recording_is_kept_one_that_ends_there_is_set_aside() -> None:
    negative = "1\n-00:00:00,500 --> 00:00:02,000\nover\n\n2\n00:00:02,500 --> 00:00:04,000\ninne\n"
    assert said(negative) == [(0, 2, "over"), (2.5, 4, "inne")]
    teams = (
        "WEBVTT\n\n-0:0:11.190 --> -0:0:6.450\n<v A>før</v>\n\n-0:0:1.5 --> 0:0:2.0\n<v A>over</v>\n"
        "0:0:9.0 --> 0:0:10.0\n<v B>etter</v>"
    )
    transcript = transcript_from_file(teams.encode(), language="nb", duration=5.0)
    assert [(one.start, one.end, one.text) for one in transcript.segments] == [(0, 2, "over")]
    kept_out = [(dropped.segment.text, dropped.segment.speaker, dropped.reason) for dropped in transcript.dropped]
    assert kept_out == [("før", "A", BEFORE), ("etter", "B", AFTER)]


def test_overlapping_cues_keep_their_lengths() -> None:
    text = (
        "WEBVTT\n\n00:00:05.000 --> 00:00:06.000\n<v C>enda et\n\n00:00:01.000 --> 00:00:10.000\n"
        "<v A>lang tale her fra A\n\n00:00:02.000 --> 00:00:03.000\n<v B>innskudd\n"
    )
    segments = [(one.start, one.end, one.speaker) for one in parse_vtt(text)]
    assert segments == [(1, 10, "A"), (2, 3, "B"), (5, 6, "C")]
    same = "1\n00:00:01,000 --> 00:00:09,000\nen\n\n2\n00:00:01,000 --> 00:00:02,000\nto\n"
    assert [(one.start, one.end, one.text) for one in parse_srt(same)] == [(1, 9, "en"), (1, 2, "to")]


def test_teams_leaves_out_zeros_of_milliseconds_too() -> None:
    graph = (
        "WEBVTT\n\n0:0:0.0 --> 0:0:5.320\n<v Kari>a</v>\n0:0:6.90 --> 0:0:6.500\n<v Ola>b</v>\n"
        "0:10:13.5 --> 0:10:14.50\nc"
    )
    assert said(graph) == [(0, 5.32, "a"), (6.09, 6.5, "b"), (613.005, 614.05, "c")]
    assert said("01:00:05,1 --> 01:00:06,25\nen") == [(3605.1, 3606.25, "en")]


def test_streams_notes_are_passed_over_and_the_language_is_known() -> None:
    stream = (
        'WEBVTT\n\nNOTE duration:"00:50:47.7780000"\n\nNOTE language:nb-no\n\nNOTE Confidence: 0.88\n\n'
        "2f9b2b1e-6c1d-4d30-a0a3-6d6a4ab6f3a1\n00:00:01.000 --> 00:00:02.000\nhei\n\nNOTE Confidence: 0.8\n\n"
        "2f9b2b1e-6c1d-4d30-a0a3-6d6a4ab6f3a2\n00:00:02.000 --> 00:00:03.000\ndu\n"
    )
    assert (said(stream), read(stream).language) == ([(1, 2, "hei"), (2, 3, "du")], "nb")
    assert transcript_from_file(stream.encode(), language=None, duration=9).language == "nb"
    assert transcript_from_file(stream.encode(), language="nn", duration=9).language == "nn"
    assert transcript_from_file(SRT.encode(), language=None, duration=9).language == "und"
    assert read(VTT + "00:01.000 --> 00:02.000\nLanguage: tysk").language is None


def test_voices_are_known_where_webvtt_lost_its_header() -> None:
    text = "00:01.000 --> 00:02.000\n<v Kari>Hei.</v>\n\n00:03.000 --> 00:04.000\n<v Ola>Ja.</v>\n"
    assert [(segment.speaker, segment.text) for segment in read(text).segments] == [("Kari", "Hei."), ("Ola", "Ja.")]


def test_webex_names_its_speakers_above_the_times() -> None:
    webex = (
        'WEBVTT\n\n1 "Kari Nordli" (3498720256)\n00:00:01.000 --> 00:00:02.000\nHei.\n\n'
        '2 "" (0)\n00:00:03.000 --> 00:00:04.000\nJa.\n\n3 "Ola"\n00:00:05.000 --> 00:00:06.000\nTakk.\n'
    )
    spoken = [(segment.speaker, segment.text) for segment in parse_vtt(webex)]
    assert spoken == [("Kari Nordli", "Hei."), (None, "Ja."), ("Ola", "Takk.")]


def test_segments_of_a_stream_are_put_on_one_clock() -> None:
    stream = (
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:01.000 --> 00:02.000\nen\n\n"
        "00:09.000 --> 00:11.000\nto\n\nWEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:1800000\n\n"
        "-00:01.000 --> 00:01.000\nto\n\n00:01.000 --> 00:02.000\ntre\n"
    )
    assert said(stream) == [(1, 2, "en"), (9, 11, "to"), (11, 12, "tre")]
    wrapped = stream.replace("MPEGTS:900000,", f"MPEGTS:{(1 << 33) - 450_000},").replace(
        "MPEGTS:1800000", "MPEGTS:450000"
    )
    assert said(wrapped) == said(stream)
    alone = stream.partition("WEBVTT\nX-TIMESTAMP-MAP=LOCAL")[0]
    assert said(alone) == [(1, 2, "en"), (9, 11, "to")]


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_usual_coding_is_read(coding: str) -> None:
    assert said((SRT + "2\n00:00:03,000 --> 00:00:04,000\nblåbær – “så”").encode(coding))[1][2] == "blåbær – “så”"


@pytest.mark.parametrize("begin", [b"\xd0\xcf\x11\xe0\xa1\xb1", b"%PDF-1.7\n", b"{\\rtf1\\ansi hei}"])
def test_a_document_is_told_apart_from_text(begin: bytes) -> None:
    with pytest.raises(
        BadTranscript, match=r"document of old Word, RTF or PDF, which is neither WebVTT.*save it as \.docx"
    ):
        read(begin)


TIMES = "00:00:01.000 --> 00:00:02.000"


@pytest.mark.parametrize(
    "line",
    [
        " " * 200_000 + "-->",
        "1" * 200_000 + "-->",
        "1:" * 100_000 + "-->x",
        "1 " * 100_000 + "-->",
        "->" * 100_000,
        "1:1," * 50_000 + "x",
        TIMES + " A:x" + "A:x" * 60_000 + " !",
        TIMES + "\n" + "x\n" * 20_000 + "\n" + TIMES + "\n" + "x\n" * 20_000,
        "a" + " " * 200_000 + "0:00x",
        "X-TIMESTAMP-MAP=" + "LOCAL:" * 50_000,
        "00:00:03" + " " * 200_000 + "x" * 100,
    ],
)
def test_lines_made_to_stall_the_reader_do_not(line: str) -> None:
    started = time.process_time()
    for text in (VTT + line, SRT + line, line, "Kari   0:03\n" + line):
        with contextlib.suppress(BadTranscript):
            read(text)
    assert time.process_time() - started < 3
