"""From seconds in a window to words at their places in the recording."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from kring.model import Word
from transcribe.captions.line_breaking import fits
from transcribe.pipeline.decoder import RawWord
from transcribe.pipeline.vad import FRAME, RATE, SpeechChunk, VoiceActivity
from transcribe.pipeline.word_timing import (
    LONGEST,
    SHORTEST,
    in_order,
    lines,
    placed_words,
    segment,
    sentences,
    whole_words,
)

FRAMES = RATE / FRAME


def voice(seconds: float, *loud: tuple[float, float]) -> VoiceActivity:
    probabilities = np.zeros(round(seconds * FRAMES), dtype=np.float32)
    for start, end in loud:
        probabilities[round(start * FRAMES) : round(end * FRAMES)] = 0.9
    return VoiceActivity(len(probabilities) * FRAME, probabilities)


def stretch(*spans: tuple[float, float]) -> SpeechChunk:
    found = tuple((round(start * RATE), round(end * RATE)) for start, end in spans)
    return SpeechChunk(found, np.zeros(sum(end - start for start, end in found), dtype=np.float32))


def words(*texts: str, start: float = 0.0, step: float = 0.5) -> list[Word]:
    return [Word(start + number * step, start + (number + 1) * step, text, 0.9) for number, text in enumerate(texts)]


def test_pieces_of_a_word_are_one_word() -> None:
    raw = [RawWord(0, 1, " e", 1), RawWord(1, 2, "-post", 0.5), RawWord(2, 3, " ", 1), RawWord(3, 4, " nå", 1)]
    assert whole_words(raw, "nb") == [RawWord(0, 2, "e-post", 0.5), RawWord(3, 4, "nå", 1)]
    assert [word.text for word in whole_words([RawWord(0, 1, "你", 1), RawWord(1, 2, "好", 1)], "zh")] == ["你", "好"]


def test_words_are_placed_in_the_recording() -> None:
    heard = [RawWord(0.5, 1.0, " Hei.", 0.9), RawWord(2.5, 3.0, " Takk", 1.2), RawWord(3.0, 3.2, "en.", 0.5)]
    everywhere = voice(20, (0, 20))
    assert placed_words(heard, stretch((0, 2), (10, 12)), everywhere, "nb") == [
        Word(0.5, 0.992, "Hei.", 0.9),  # the last voiced frame that is wholly its own
        Word(10.5, 11.2, "Takken.", 0.5),
    ]


def test_a_word_begins_where_the_voice_does() -> None:
    """The alignment gives the pause before a word to the word."""
    [word] = placed_words([RawWord(2.0, 3.4, " ask", 1)], stretch((0, 10)), voice(10, (0, 2.0), (3.104, 5)), "en")
    assert (word.start, word.end) == pytest.approx((3.104, 3.4), abs=0.04)


def test_a_word_ends_where_the_voice_does() -> None:
    [word] = placed_words([RawWord(2.0, 3.4, " ask", 1)], stretch((0, 10)), voice(10, (1, 2.4)), "en")
    assert (word.start, word.end) == pytest.approx((2.0, 2.4), abs=0.04)


def test_the_last_voice_within_a_word_is_the_word() -> None:
    [word] = placed_words([RawWord(1.0, 3.0, " ask", 1)], stretch((0, 10)), voice(10, (1.0, 1.3), (2.56, 3.0)), "en")
    assert (word.start, word.end) == pytest.approx((2.56, 3.0), abs=0.04)


def test_a_short_gap_within_a_word_is_the_word() -> None:
    [word] = placed_words([RawWord(1.0, 2.0, " opp", 1)], stretch((0, 10)), voice(10, (1.0, 1.4), (1.5, 2.0)), "nb")
    assert (word.start, word.end) == pytest.approx((1.0, 2.0), abs=0.04)


@pytest.mark.parametrize("end", [1.28, 1.29])
def test_the_voice_of_the_next_word_is_not_this_word(end: float) -> None:
    """“so” from 0.3 to 0.8, and a pause up to the next word, whose first frame begins at 1.28."""
    [word] = placed_words([RawWord(0.32, end, " so", 1)], stretch((0, 10)), voice(10, (0.32, 0.8), (1.28, 2)), "en")
    assert word.start == pytest.approx(0.32, abs=0.04)
    assert word.end == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("start", [0.5, 3.3])
def test_a_word_over_a_pause_left_out_is_where_it_ends(start: float) -> None:
    """The alignment gives the pause to the word after it, so a word belongs to the span it ends in."""
    heard = [RawWord(start, 4.6, " what", 1)]
    [word] = placed_words(heard, stretch((0, 4), (10, 14)), voice(20, (0, 3.5), (10.2, 14)), "en")
    assert (word.start, word.end) == pytest.approx((10.2, 10.6), abs=0.04)


def test_a_word_without_any_voice_stays_but_is_not_long() -> None:
    [word] = placed_words([RawWord(1.0, 6.0, " mm", 1)], stretch((0, 10)), voice(10), "en")
    assert (word.start, word.end) == (6.0 - LONGEST, 6.0)


def test_a_word_after_the_end_is_at_the_end() -> None:
    [word] = placed_words([RawWord(9.0, 30.0, " mm", 1)], stretch((0, 10)), voice(10), "en")
    assert word.end == 10.0


voiced = st.lists(st.tuples(st.floats(0, 18), st.floats(0.05, 4)), max_size=6)
raw = st.lists(st.tuples(st.floats(-1, 22), st.floats(-1, 5), st.sampled_from([" a", "b", " c."])), max_size=8)


@given(voiced, raw)
def test_placed_words_stay_within_what_the_engine_said(
    loud: list[tuple[float, float]], said: list[tuple[float, float, str]]
) -> None:
    audio = voice(20, *((start, start + length) for start, length in loud))
    heard = [RawWord(start, start + length, text, 0.5) for start, length, text in said]
    whole = whole_words(heard, "nb")
    found = placed_words(heard, stretch((0, 20)), audio, "nb")
    assert [word.text for word in found] == [word.text for word in whole]
    for word, before in zip(found, whole, strict=True):
        assert 0 <= word.start <= word.end <= 20
        assert word.end - word.start <= LONGEST + 1e-9
        if 0 <= before.start < before.end <= 20:
            assert before.start - 1e-9 <= word.start
            assert word.end <= before.end + 1e-9


times = st.floats(0, 20, allow_nan=False)


@given(st.lists(st.tuples(times, times), max_size=30))
def test_whatever_an_engine_says_comes_out_in_order(said: list[tuple[float, float]]) -> None:
    ordered = list(in_order((Word(start, end, str(number)) for number, (start, end) in enumerate(said)), 15.0))
    assert [word.text for word in ordered] == [str(number) for number in range(len(said))]
    for before, after in pairwise(ordered):
        assert before.end <= after.start
    for word in ordered:
        assert 0 <= word.start <= word.end <= 15.0
        assert word.end - word.start >= SHORTEST - 0.001 or word.end == 15.0


def test_words_in_order_are_left_alone() -> None:
    said = words("a", "b", "c")
    assert list(in_order(said, 10.0)) == said


def test_a_sentence_ends_with_its_sign() -> None:
    said = words("Hei.", "Kl.", "9", "starter", "vi.", "Er", "du", "der?", "Ja")
    assert [" ".join(word.text for word in part) for part in sentences(said)] == [
        "Hei.",
        "Kl. 9 starter vi.",
        "Er du der?",
        "Ja",
    ]
    assert sentences([]) == []


def test_a_segment_names_its_language_where_it_is_another() -> None:
    said = words("Hej", "med", "dig.")
    assert segment(said, "da", "da").language is None
    one = segment(said, "da", "en")
    assert (one.language, one.text, one.start, one.end) == ("da", "Hej med dig.", 0.0, 1.5)
    assert segment(words("你", "好"), "zh", "zh").text == "你好"


@given(st.lists(st.text(st.sampled_from("abc.,å"), min_size=1, max_size=14), min_size=1, max_size=80))
def test_lines_hold_all_words_once_and_fit(texts: list[str]) -> None:
    said = words(*texts, step=0.31)
    found = lines(said, "nb", "nb")
    assert [word for one in found for word in one.words] == said
    for one in found:
        assert one.end - one.start <= 7.0
        assert fits(one.text)


def test_a_long_pause_ends_a_segment() -> None:
    said = [*words("Vi", "tar"), *words("pause.", start=9.0)]
    assert [one.text for one in lines(said, "nb", "nb")] == ["Vi tar", "pause."]
