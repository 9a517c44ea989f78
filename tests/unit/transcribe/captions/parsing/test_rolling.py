"""Rolling captions come once; what people say twice stays."""

from __future__ import annotations

import pytest

from transcribe.captions.reader import read_captions

YOUTUBE = """WEBVTT
Kind: captions
Language: en

00:00:00.080 --> 00:00:02.000 align:start position:0%
~
hello<00:00:00.500><c> everyone</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
hello everyone
~

00:00:02.010 --> 00:00:04.000 align:start position:0%
hello everyone
welcome<00:00:02.500><c> back</c>

00:00:04.000 --> 00:00:04.010 align:start position:0%
welcome back
~
""".replace("~", " ")  # it holds the place of the line above
AFTERWARDS = """
00:00:04.010 --> 00:00:06.000 align:start position:0%
welcome back
yes

00:00:06.000 --> 00:00:06.010 align:start position:0%
yes
~

00:00:06.010 --> 00:00:08.000 align:start position:0%
yes
yes

00:00:12.000 --> 00:00:13.000 align:start position:0%
~
yes
""".replace("~", " ")


def said(text: str) -> list[tuple[float, float, str]]:
    return [(segment.start, segment.end, segment.text) for segment in read_captions(text.encode()).segments]


def srt(*captions: tuple[float, float, str]) -> str:
    return "\n".join(
        f"{number}\n00:00:{start:06.3f} --> 00:00:{end:06.3f}\n{text}\n"
        for number, (start, end, text) in enumerate(captions, start=1)
    )


def test_youtubes_lines_come_once_at_their_own_time() -> None:
    read = read_captions(YOUTUBE.encode())
    assert said(YOUTUBE) == [(0.08, 2.0, "hello everyone"), (2.01, 4.0, "welcome back")]
    assert read.language == "en"


def test_what_is_said_twice_while_they_roll_stays_twice() -> None:
    assert said(YOUTUBE + AFTERWARDS)[2:] == [(4.01, 6.0, "yes"), (6.01, 8.0, "yes"), (12.0, 13.0, "yes")]


@pytest.mark.parametrize("blank", ["", "\n"])
def test_without_the_empty_lines_too(blank: str) -> None:
    text = YOUTUBE.replace(" \n", blank)
    assert [words for _, _, words in said(text)] == ["hello everyone", "welcome back"]


def test_as_subrip_too() -> None:
    text = srt((0, 2, "hello everyone"), (2, 2.01, "hello everyone"), (2.01, 4, "hello everyone\nwelcome back"))
    assert said(text) == [(0, 2, "hello everyone"), (2.01, 4, "welcome back")]


def test_three_lines_that_roll_as_in_live_television() -> None:
    lines = [f"Linje {n}" for n in range(8)]
    text = srt(*((n, n + 1, "\n".join(lines[max(0, n - 2) : n + 1])) for n in range(8)))
    assert said(text) == [(n, n + 1, line) for n, line in enumerate(lines)]


def test_a_caption_that_grows_is_one() -> None:
    assert said(srt((1, 2, "we are"), (2, 3, "we are here"), (3, 4, "we are here today"), (6, 7, "next"))) == [
        (1, 4, "we are here today"),
        (6, 7, "next"),
    ]
    assert said(srt((1, 2, "a"), (2, 3, "a\nb one"), (3, 4, "a\nb one two"), (4, 5, "b one two\nc"))) == [
        (1, 2, "a"),
        (2, 4, "b one two"),
        (4, 5, "c"),
    ]


@pytest.mark.parametrize(
    "captions",
    [
        [(1, 2, "Ja."), (2, 3, "Ja."), (3, 4, "Ja.")],
        [(1, 2, "[Musikk]"), (2, 3, "[Musikk]"), (3, 4, "[Musikk]"), (4, 5, "Velkommen.")],
        [(1, 2, "Ja."), (2, 3, "Ja.\nDa begynner vi."), (3, 4, "Først"), (4, 5, "saken."), (5, 6, "Så den neste.")],
    ],
)
def test_a_repetition_that_is_no_habit_stays(captions: list[tuple[float, float, str]]) -> None:
    assert said(srt(*captions)) == [(start, end, text.replace("\n", " ")) for start, end, text in captions]
