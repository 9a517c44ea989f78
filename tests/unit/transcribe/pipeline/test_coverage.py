"""Speech that was not written down is found, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from kring.model import Hole, Segment, Word
from tests.support.media.speech import JFK, VISIT, Spoken, of
from tests.support.media.synthetic_sounds import silence, write
from transcribe.pipeline.coverage import (
    NEAR,
    SMALLEST,
    TOGETHER,
    coverage,
    holes,
    speech_seconds,
    voiced,
    written_times,
)
from transcribe.pipeline.vad import FRAME, RATE, VoiceActivity, detect_voice, read_blocks

FRAMES = RATE / FRAME


def voice(*runs: tuple[float, float], less: int = 0) -> VoiceActivity:
    """So many seconds with a probability each; the last frame lacks `less` samples."""
    parts = [np.full(round(seconds * FRAMES), value, dtype=np.float32) for seconds, value in runs]
    probabilities = np.concatenate(parts)
    return VoiceActivity(len(probabilities) * FRAME - less, probabilities)


def test_speech_without_a_word_is_a_hole() -> None:
    said = voice((8, 0.0), (16, 0.9), (8, 0.0))
    assert holes(said, []) == (Hole(8.0, 24.0),)
    assert speech_seconds(said) == 16.0


@pytest.mark.parametrize("value", [0.0, 0.2, 0.49])
def test_what_is_not_surely_a_voice_leaves_no_hole(value: float) -> None:
    assert holes(voice((60, value)), []) == ()
    assert speech_seconds(voice((60, value))) == 0.0


def test_a_written_word_covers_half_a_second_around_it() -> None:
    said = voice((32, 0.9))
    assert holes(said, [(0.0, 32.0)]) == ()
    [one, other] = holes(said, [(16.0, 16.5)])
    assert one.start == 0.0
    assert one.end == pytest.approx(16.0 - NEAR, abs=0.05)
    assert other.start == pytest.approx(16.5 + NEAR, abs=0.05)
    assert other.end == 32.0
    assert holes(said, [(at, at + 0.3) for at in np.arange(0.0, 32.0, 1.2)]) == ()


def test_words_part_a_hole_even_where_nobody_surely_speaks() -> None:
    said = voice((8, 0.9), (1.6, 0.3), (8, 0.9))
    assert len(holes(said, [])) == 1
    assert len(holes(said, [(8.7, 8.9)])) == 2


@pytest.mark.parametrize(("pause", "count"), [(TOGETHER - 0.1, 1), (TOGETHER + 0.1, 2)])
def test_a_pause_parts_a_hole(pause: float, count: int) -> None:
    assert len(holes(voice((8, 0.9), (pause, 0.0), (8, 0.9)), [])) == count


@pytest.mark.parametrize(("seconds", "count"), [(SMALLEST - 0.1, 0), (SMALLEST + 0.1, 1)])
def test_a_hole_is_about_a_sentence(seconds: float, count: int) -> None:
    assert len(holes(voice((8, 0.0), (seconds, 0.9), (8, 0.0)), [])) == count


def test_short_words_with_pauses_make_a_hole_together() -> None:
    assert len(holes(voice(*[(1.5, 0.9), (1.5, 0.0)] * 3), [])) == 1
    assert len(holes(voice(*[(0.9, 0.9), (1.5, 0.0)] * 3), [])) == 0  # 2.7 s of speech


@pytest.mark.parametrize("less", range(0, FRAME, 37))
def test_a_hole_ends_with_the_recording(less: int) -> None:
    said = voice((16, 0.9), less=less)
    [hole] = holes(said, [])
    assert hole.end <= said.total / RATE
    assert hole.end == pytest.approx(said.total / RATE, abs=0.011)


def test_what_is_written_outside_the_recording_does_no_harm() -> None:
    said = voice((16, 0.9))
    assert holes(said, [(-5.0, -1.0), (20.0, 30.0)]) == (Hole(0.0, 16.0),)
    assert holes(VoiceActivity(0, np.zeros(0, dtype=np.float32)), [(0.0, 1.0)]) == ()


def test_the_share_of_voice_in_a_time() -> None:
    said = voice((16, 0.0), (16, 0.9))
    assert voiced(said, 0.0, 8.0) == 0.0
    assert voiced(said, 17.0, 30.0) == 1.0
    assert voiced(said, 8.0, 24.0) == pytest.approx(0.5, abs=0.01)
    assert voiced(said, 31.99, 32.5) == 1.0
    assert voiced(said, 40.0, 41.0) == 0.0


def test_words_cover_and_segments_without_words_do_too() -> None:
    with_words = Segment(start=0, end=10, text="a b", words=(Word(0.0, 1.0, "a"), Word(9.0, 10.0, "b")))
    assert written_times([with_words]) == [(0.0, 1.0), (9.0, 10.0)]
    assert written_times([Segment(start=0, end=10, text="a b")]) == [(0.0, 10.0)]


runs = st.lists(st.tuples(st.floats(0.1, 6.0), st.sampled_from([0.0, 0.3, 0.6, 0.9])), min_size=1, max_size=15)
written = st.lists(st.tuples(st.floats(0, 60), st.floats(0.05, 3)), max_size=10)


@given(runs, written)
def test_holes_are_speech_and_hold_no_word(runs: list[tuple[float, float]], written: list[tuple[float, float]]) -> None:
    said = voice(*runs)
    words = [(start, start + length) for start, length in written]
    found = holes(said, words)
    for hole in found:
        assert 0 <= hole.start < hole.end
        assert hole.end - hole.start >= SMALLEST - 0.02
        for start, end in words:
            assert end + NEAR <= hole.start + 0.02 or start - NEAR >= hole.end - 0.05
        frames = said.probabilities[round(hole.start * FRAMES) : round(hole.end * FRAMES)]
        assert (frames >= 0.5).sum() * FRAME / RATE >= SMALLEST - 0.04
    assert list(found) == sorted(found)
    assert holes(said, [*words, *[(hole.start, hole.end) for hole in found]]) == ()


@pytest.mark.parametrize(
    ("spoken", "begins", "ends", "speech"), of((JFK, 0.3, 10.5, (6, 10)), (VISIT, 0.5, 10.2, (8, 10)))
)
def test_a_transcript_that_lacks_a_part_has_a_hole_there(
    tmp_path: Path, spoken: Spoken, begins: float, ends: float, speech: tuple[float, float]
) -> None:
    said = np.concatenate(list(read_blocks(spoken.write(tmp_path / "said.flac"))))
    audio = write(tmp_path / "twice.wav", said, silence(5.0), said)
    again = len(said) / RATE + 5.0
    full = [Segment(start=at + begins, end=at + ends, text="x") for at in (0.0, again)]
    seconds, none = coverage(audio, full)
    assert none == ()
    assert 2 * speech[0] < seconds < 2 * speech[1]
    _, [hole] = coverage(audio, full[:1])
    assert again <= hole.start <= again + 0.8
    assert again + 10.0 <= hole.end <= again + 11.01
    _, both = coverage(audio, [])
    assert len(both) == 2
    assert detect_voice(read_blocks(audio)).total == len(said) * 2 + 5 * RATE
