"""What every engine's findings go through, with an engine that hears what is written into the sound."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kring.errors import UnknownLanguage
from kring.model import Hole, Transcript
from tests.support.reading_decoder import MOST, Line, ReadingDecoder, by_loudness, name, second_of, sound
from transcribe.pipeline.decoder import DecodedWindow, RawWord
from transcribe.pipeline.pipeline import ROUND, run_pipeline


@pytest.fixture
def hearing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Transcript]:
    monkeypatch.setattr("transcribe.pipeline.pipeline.detect_voice", by_loudness)

    def of(decoder: ReadingDecoder, seconds: float, **how: object) -> Transcript:
        path = sound(tmp_path / "a.wav", decoder.lines, seconds)
        given = {"language": None, "glossary": (), "english": False, "progress": None, "fingerprint": "f"} | how
        return run_pipeline(decoder, path, **given)  # type: ignore[arg-type]

    return of


def words_of(transcript: Transcript) -> list[str]:
    return [word.text.rstrip(".") for segment in transcript.segments for word in segment.words]


def talk(start: float, end: float, language: str = "en", *, phrase: float = 8.0, pause: float = 2.0) -> list[Line]:
    """Phrases with pauses between them."""
    lines = []
    while start < end:
        lines.append(Line(start, min(start + phrase, end), language))
        start += phrase + pause
    return lines


def numbers(lines: Iterable[Line]) -> list[str]:
    return [name(line.language, number) for line in lines for number in range(int(line.start), math.ceil(line.end))]


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("language", [None, "en"])
def test_all_that_is_said_comes_out_in_order(
    hearing: Callable[..., Transcript], workers: int, language: str | None
) -> None:
    decoder = ReadingDecoder(talk(3, 200), workers=workers, delay=0.02)
    heard = hearing(decoder, 205.0, language=language)
    assert words_of(heard) == numbers(decoder.lines)
    assert (heard.language, heard.holes, heard.dropped) == ("en", (), ())
    assert heard.duration == pytest.approx(205, abs=0.05)
    assert heard.speech == pytest.approx(sum(line.end - line.start for line in decoder.lines), abs=3)
    for before, after in pairwise(heard.segments):
        assert before.end <= after.start
    for segment in heard.segments:
        for word in segment.words:
            assert word.start == pytest.approx(second_of(word.text), abs=0.1)
    assert all(length <= 28.0 for _, length, _ in decoder.heard)
    assert len(decoder.heard) <= 1 + len(decoder.lines) / 3


def test_the_same_recording_gives_the_same_transcript(hearing: Callable[..., Transcript]) -> None:
    lines = [*talk(3, 100), *talk(103, 200, "da")]
    first = hearing(ReadingDecoder(lines, workers=8, delay=0.02), 205.0)
    assert hearing(ReadingDecoder(lines, workers=1), 205.0) == first


@pytest.mark.parametrize("language", [None, "en"])
@pytest.mark.parametrize("where", ["encode", "decode", "languages"])
def test_an_error_in_one_window_surfaces_and_stops_the_rest(
    hearing: Callable[..., Transcript], monkeypatch: pytest.MonkeyPatch, where: str, language: str | None
) -> None:
    decoder = ReadingDecoder(talk(3, 1200, phrase=16, pause=3), workers=2)
    honest = getattr(ReadingDecoder, where)
    calls: list[int] = []

    def fail(self: ReadingDecoder, *given: object, **how: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the card is gone")
        time.sleep(0.01)
        return honest(self, *given, **how)

    if where == "languages" and language is not None:
        return
    monkeypatch.setattr(ReadingDecoder, where, fail)
    with pytest.raises(RuntimeError, match="the card is gone"):
        hearing(decoder, 1205.0, language=language)
    count = len(calls), len(decoder.begun)
    time.sleep(0.2)
    assert (len(calls), len(decoder.begun)) == count, "it goes on in the background"
    assert len(calls) <= 2 + 6 * decoder.workers + (0 if language else ROUND), "what was waiting was done all the same"


def test_windows_are_taken_from_the_recording_as_they_are_needed(hearing: Callable[..., Transcript]) -> None:
    """Else a meeting of four hours is 900 MB of samples."""
    decoder = ReadingDecoder(talk(3, 600), workers=2)
    hearing(decoder, 605.0, language="en")
    assert len(decoder.heard) > 18
    assert decoder.most_alive <= 4 * decoder.workers + 2


def test_a_round_and_little_more_is_held_while_the_language_is_unknown(hearing: Callable[..., Transcript]) -> None:
    decoder = ReadingDecoder(talk(3, 1040, phrase=18, pause=0.6), workers=1)
    hearing(decoder, 1045.0)
    assert len(decoder.heard) > 2 * ROUND + 10
    assert decoder.most_alive <= 2 * ROUND + 8


def test_progress_never_falls_and_ends_at_one(hearing: Callable[..., Transcript]) -> None:
    told: list[float] = []
    hearing(ReadingDecoder(talk(3, 300), workers=8, delay=0.02), 305.0, progress=told.append)
    assert told == sorted(set(told))
    assert told[-1] == 1.0
    assert len(told) > 5


@pytest.mark.parametrize(
    ("language", "english", "written"), [(None, False, "und"), ("nb", False, "nb"), ("nb", True, "en")]
)
def test_where_nobody_speaks_nobody_is_asked(
    hearing: Callable[..., Transcript], language: str | None, english: bool, written: str
) -> None:
    told: list[float] = []
    decoder = ReadingDecoder([])
    heard = hearing(decoder, 60.0, language=language, english=english, progress=told.append)
    assert (heard.segments, heard.holes, heard.dropped, heard.speech) == ((), (), (), 0.0)
    assert (heard.language, heard.language_probability) == (written, None)
    assert (decoder.heard, told) == ([], [1.0])


def test_what_was_all_invented_is_in_no_language(hearing: Callable[..., Transcript]) -> None:
    """Music in which a voice was suspected for a moment: what Whisper made of it says nothing about the recording."""
    decoder = ReadingDecoder(
        [Line(3, 5, "ja")], hears=lambda decoded, seconds: DecodedWindow(decoded.text, decoded.words, -2.7, 0.9)
    )
    heard = hearing(decoder, 30.0)
    assert heard.segments == ()
    assert heard.dropped
    assert (heard.language, heard.language_probability) == ("und", None)


def test_a_language_that_is_set_is_asked_of_the_engine(hearing: Callable[..., Transcript]) -> None:
    decoder = ReadingDecoder([*talk(3, 60), *talk(63, 120, "da")])
    heard = hearing(decoder, 125.0, language="no-NO")
    assert {language for _, _, language in decoder.heard} == {"nb"}
    assert (heard.language, heard.language_probability) == ("nb", None)
    assert all(segment.language is None for segment in heard.segments)


def test_a_language_the_weights_do_not_know_is_refused(hearing: Callable[..., Transcript]) -> None:
    with pytest.raises(UnknownLanguage, match=r"memory model does not know the language “yue”"):
        hearing(ReadingDecoder(talk(3, 60)), 65.0, language="yue")


def test_a_window_in_which_the_language_changes_is_parted(hearing: Callable[..., Transcript]) -> None:
    decoder = ReadingDecoder([*talk(3, 93), *talk(95, 200, "da")])
    heard = hearing(decoder, 205.0)
    assert words_of(heard) == numbers(decoder.lines)
    assert heard.language == "da"
    assert heard.language_probability == 1.0
    for segment in heard.segments:
        assert segment.language == ("en" if segment.start < 94 else None)
        assert {word.text[:2] for word in segment.words} == {segment.language or "da"}


def test_english_is_one_language_whatever_is_said(hearing: Callable[..., Transcript]) -> None:
    heard = hearing(ReadingDecoder([*talk(3, 93), *talk(95, 200, "da")]), 205.0, english=True)
    assert heard.language == "en"
    assert all(segment.language is None for segment in heard.segments)


def test_one_odd_window_keeps_the_language(hearing: Callable[..., Transcript]) -> None:
    decoder = ReadingDecoder([*talk(3, 93), Line(95, 99, "de"), *talk(101, 200)])
    assert {language for _, _, language in decoder.heard} <= {"en"}
    heard = hearing(decoder, 205.0)
    assert {segment.language for segment in heard.segments} == {None}
    assert heard.language == "en"


def stops_early(decoded: DecodedWindow, seconds: float) -> DecodedWindow:
    """As Whisper does in long windows: two words, and then nothing."""
    return DecodedWindow(" ".join(decoded.text.split()[:2]), decoded.words[:2], -0.2, 0.0) if seconds > 12 else decoded


def hopeless(decoded: DecodedWindow, seconds: float) -> DecodedWindow:
    return DecodedWindow(decoded.text, decoded.words, -1.5, 0.0) if seconds > 12 else decoded


def loops(decoded: DecodedWindow, seconds: float) -> DecodedWindow:
    words = tuple(RawWord(word.start, word.end, " ja.", 0.5) for word in decoded.words)
    return DecodedWindow("ja. " * 80, words, -0.2, 0.0) if seconds > 12 else decoded


@pytest.mark.parametrize("badly", [stops_early, hopeless, loops])
@pytest.mark.parametrize("pause", [0.55, 2.0])
def test_a_window_that_came_out_badly_is_heard_again_in_parts(
    hearing: Callable[..., Transcript], badly: Callable[[DecodedWindow, float], DecodedWindow], pause: float
) -> None:
    decoder = ReadingDecoder(talk(3, 100, phrase=8, pause=pause), hears=badly)
    heard = hearing(decoder, 105.0)
    assert [one for one in words_of(heard) if one == "ja"] == []
    assert {second_of(word) for word in words_of(heard)} == {int(second) for second in np.arange(3, 100, 0.032)} - {
        number
        for number in range(3, 100)
        if not any(line.start < number + 1 and number < line.end - 0.05 for line in decoder.lines)
    }
    assert heard.holes == ()
    assert any(length > 12 for _, length, _ in decoder.heard)


def test_the_whole_is_kept_where_its_parts_are_worse(hearing: Callable[..., Transcript]) -> None:
    def worse(decoded: DecodedWindow, seconds: float) -> DecodedWindow:
        if seconds > 12:
            return DecodedWindow(decoded.text[:60], decoded.words, -0.2, 0.0)
        return DecodedWindow("ja", (RawWord(0.5, 0.9, " ja", 0.5),), -0.2, 0.0)

    decoder = ReadingDecoder(talk(3, 29), hears=worse)
    heard = hearing(decoder, 35.0, language="en")
    assert words_of(heard) == numbers(decoder.lines)


def test_a_window_without_times_loses_no_word(hearing: Callable[..., Transcript]) -> None:
    decoder = ReadingDecoder(talk(3, 29), hears=lambda decoded, seconds: DecodedWindow(decoded.text, (), -0.2, 0.0))
    heard = hearing(decoder, 35.0)
    assert words_of(heard) == numbers(decoder.lines)
    for before, after in pairwise(heard.segments):
        assert before.end <= after.start


def misses(first: float, last: float, whole: float) -> Callable[[DecodedWindow, float], DecodedWindow]:
    """Leaves out what is said between two seconds in every window longer than `whole`."""

    def hears(decoded: DecodedWindow, seconds: float) -> DecodedWindow:
        if seconds <= whole:
            return decoded
        words = tuple(word for word in decoded.words if not first <= second_of(word.text) < last)
        # What is left out in the middle does not show in the text's length: the rest is long enough.
        return DecodedWindow(decoded.text if words else "", words, -0.2, 0.0)

    return hears


def test_a_hole_is_heard_again_and_its_words_come_in_their_place(hearing: Callable[..., Transcript]) -> None:
    decoder = ReadingDecoder(talk(3, 100), hears=misses(43, 51, 12.0))
    heard = hearing(decoder, 105.0)
    assert words_of(heard) == numbers(decoder.lines)
    assert heard.holes == ()


def test_a_hole_at_the_end_of_the_recording_is_heard_again(hearing: Callable[..., Transcript]) -> None:
    """Its end is written with two digits: that must not put it after the last sample."""
    decoder = ReadingDecoder(talk(13, 99.81), hears=misses(93, 101, 12.0))
    heard = hearing(decoder, 99.81)
    assert heard.duration == 99.808
    assert words_of(heard) == numbers(decoder.lines)
    assert heard.holes == ()


def test_a_hole_that_stays_is_marked(hearing: Callable[..., Transcript]) -> None:
    decoder = ReadingDecoder(talk(3, 100), hears=misses(43, 51, 0.0))
    heard = hearing(decoder, 105.0)
    assert heard.holes == (Hole(pytest.approx(43, abs=0.05), pytest.approx(51, abs=0.05)),)  # type: ignore[arg-type]
    assert words_of(heard) == numbers(line for line in decoder.lines if line.start != 43)


def test_a_long_hole_is_heard_again_in_windows(hearing: Callable[..., Transcript]) -> None:
    """An engine hears 30 s and no more: what is beyond is not to be given to it."""
    deaf = True

    def late(decoded: DecodedWindow, seconds: float) -> DecodedWindow:
        return DecodedWindow("", (), -0.2, 0.0) if deaf and len(decoder.heard) <= 12 else decoded

    decoder = ReadingDecoder(talk(3, 103, phrase=8, pause=1.0), hears=late, workers=1)
    heard = hearing(decoder, 105.0, language="en")
    assert max(length for _, length, _ in decoder.heard) <= MOST
    assert heard.holes == ()


def test_words_left_out_leave_a_hole(hearing: Callable[..., Transcript]) -> None:
    """Where a credit stood, somebody was speaking."""

    def credit(decoded: DecodedWindow, seconds: float) -> DecodedWindow:
        word = decoded.words[0]
        words = [RawWord(word.start + at, word.start + at + 0.9, text, 0.9) for at, text in enumerate(TEKSTING)]
        return DecodedWindow("".join(TEKSTING), tuple(words), -0.2, 0.0)

    heard = hearing(ReadingDecoder([Line(3, 8)], hears=credit), 12.0)
    assert heard.segments == ()
    assert [one.reason for one in heard.dropped] == ["subtitle credit"]
    assert len(heard.holes) == 1


TEKSTING = (" Teksting", " av", " Nicolai", " Winther")


def test_an_echo_of_the_glossary_is_kept_out(hearing: Callable[..., Transcript]) -> None:
    glossary = ("personvern", "risikovurdering", "innkjøp", "digital post", "KS")

    def echo(decoded: DecodedWindow, seconds: float) -> DecodedWindow:
        texts = ["personvern,", "risikovurdering,", "innkjøp,", "digital", "post,", "KS."]
        words = [RawWord(0.5 + at * 0.5, 0.9 + at * 0.5, f" {text}", 0.9) for at, text in enumerate(texts)]
        return DecodedWindow(" ".join(texts), tuple(words), -0.2, 0.0)

    heard = hearing(ReadingDecoder([Line(3, 8)], hears=echo), 12.0, glossary=glossary)
    assert heard.segments == ()
    assert [one.reason for one in heard.dropped] == ["echo of the glossary"]
