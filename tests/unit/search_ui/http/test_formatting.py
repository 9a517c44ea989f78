"""Times, dates, lines and ranges as the web shows and understands them."""

from __future__ import annotations

import pytest

from index.port import Fragment
from kring.model import Segment
from search_ui.http import formatting
from search_ui.recording.media import ByteRange, UnsatisfiableRange, parse_range


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("872", 872), ("872.5", 872.5), ("14:32", 872), ("00:14:32", 872), ("1:02:03", 3723), ("1h2m3s", 3723),
        ("2m", 120), ("90s", 90), ("1h", 3600), (" 5 ", 5), ("0", 0), ("100:00", 6000),
    ],
)  # fmt: skip
def test_times_people_write(text: str, seconds: float) -> None:
    assert formatting.parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "abc", "-5", "1:2:3:4", "1e9", "nan", "inf", "12:", ":", "h", "9" * 30, "٣"])
def test_what_is_no_time(text: str) -> None:
    assert formatting.parse_time(text) is None


def test_times_people_read() -> None:
    assert [formatting.clock(seconds) for seconds in (0, 59.9, 872.4, 36000)] == [
        "00:00:00",
        "00:00:59",
        "00:14:32",
        "10:00:00",
    ]
    assert [formatting.duration(seconds) for seconds in (0.2, 58, 59.6, 2580, 4320, 7200)] == [
        "1 s",
        "58 s",
        "1 min",
        "43 min",
        "1 h 12 min",
        "2 h",
    ]
    assert [formatting.time_parameter(seconds) for seconds in (0.0, 14.0, 872.49, 43210.98)] == [
        "0",
        "14",
        "872.4",
        "43210.9",
    ]


def test_lines_are_grouped_by_speaker() -> None:
    said = [("A", 0.0), ("A", 2.0), ("B", 4.0), (None, 6.0), (None, 8.0), (None, 20.0)]
    grouped = formatting.turns([Segment(start=at, end=at + 2, text=f"line {at}", speaker=who) for who, at in said])
    assert [(turn.speaker, len(turn.lines)) for turn in grouped] == [("A", 2), ("B", 1), (None, 2), (None, 1)]
    assert [line.number for turn in grouped for line in turn.lines] == [1, 2, 3, 4, 5, 6]


def test_words_are_marked_whole() -> None:
    words = formatting.hit_words([Fragment("Personvern", hit=True), Fragment("og")])
    assert words == {"personvern"}
    marked = formatting.mark("personvern, personvernet og PERSONVERN", words)
    assert [piece.text for piece in marked if piece.hit] == ["personvern", "PERSONVERN"]
    assert formatting.plain(marked) == "personvern, personvernet og PERSONVERN"


def test_names_of_downloads() -> None:
    assert formatting.file_name("Ærlig: øl & å", ".vtt") == "aerlig-ol-a.vtt"
    assert formatting.file_name('…/../"', ".vtt") == "recording.vtt"


def test_ranges() -> None:
    assert parse_range("bytes=0-9", 100) == ByteRange(0, 10)
    assert parse_range("bytes=-10", 100) == ByteRange(90, 100)
    assert parse_range(None, 100) is None
    with pytest.raises(UnsatisfiableRange):
        parse_range("bytes=0-", 0)
