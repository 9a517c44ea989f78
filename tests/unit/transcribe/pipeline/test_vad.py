"""Where people speak, and that speech in windows."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from kring.errors import NotFound, NotMedia
from tests.support.media.speech import MEETING, RULES, of
from transcribe.pipeline.vad import (
    BLOCK,
    FRAME,
    RATE,
    VAD,
    WINDOW,
    SampleSpan,
    SpeechChunk,
    VoiceActivity,
    cut,
    detect_voice,
    pack,
    read_blocks,
    spans_of,
)

PAD = round(VAD["pad"] * RATE / FRAME)


def write_wav(path: Path, samples: int, *, rate: int = RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.arange(samples * channels, dtype="<i2").tobytes())
    return path


def voice(*runs: tuple[int, float], less: int = 0) -> VoiceActivity:
    """So many frames with a probability each, one run after another; the last frame lacks `less` samples."""
    probabilities = np.concatenate([np.full(count, value, dtype=np.float32) for count, value in runs])
    return VoiceActivity(len(probabilities) * FRAME - less, probabilities)


def frames(spans: Sequence[SampleSpan]) -> list[tuple[float, float]]:
    return [(start / FRAME, end / FRAME) for start, end in spans]


def test_audio_is_read_in_blocks_without_loss(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", 10_000)
    blocks = list(read_blocks(path, size=3000))
    assert [len(block) for block in blocks] == [3000, 3000, 3000, 1000]
    assert np.array_equal(np.concatenate(blocks) * 32768, np.arange(10_000, dtype=np.float32))


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (16_000, 2)])
def test_audio_of_another_kind_is_refused(tmp_path: Path, rate: int, channels: int) -> None:
    with pytest.raises(NotMedia):
        list(read_blocks(write_wav(tmp_path / "a.wav", 100, rate=rate, channels=channels)))


@pytest.mark.parametrize(
    "data", [b"", b"fLaC", b"fLaC" + bytes(100), b"RIFF" + bytes(100), b"#EXTM3U\nfile:///etc/passwd"]
)
def test_what_only_pretends_to_be_audio_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(data)
    with pytest.raises(NotMedia):
        list(read_blocks(path))


def test_audio_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.flac"):
        list(read_blocks(tmp_path / "gone.flac"))


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([(100, 0.1)], []),
        ([(50, 0.0), (50, 0.4), (50, 0.0)], []),  # never sure
        ([(50, 0.0), (10, 0.3), (1, 0.5), (10, 0.3), (50, 0.0)], [(50 - PAD, 71 + PAD)]),  # sure once: all of it
        ([(50, 0.0), (10, 0.19), (1, 0.9), (10, 0.19), (50, 0.0)], [(60 - PAD, 61 + PAD)]),
        ([(50, 0.9), (5, 0.0), (50, 0.9)], [(0, 105)]),
        ([(50, 0.9), (6, 0.0), (50, 0.9)], [(0, 53), (53, 106)]),  # a breath: parted, and nothing left out
        ([(50, 0.9), (15, 0.0), (50, 0.9)], [(0, 57), (57, 115)]),  # 0.48 s is not yet a silence
        ([(50, 0.9), (16, 0.0), (50, 0.9)], [(0, 58), (58, 116)]),  # 0.51 s is a silence, shared
        ([(50, 0.9), (17, 0.0), (50, 0.9)], [(0, 59), (59, 117)]),
        ([(50, 0.9), (100, 0.0), (50, 0.9)], [(0, 50 + PAD), (150 - PAD, 200)]),
        ([(5, 0.0), (50, 0.9), (5, 0.0)], [(0, 60)]),
        ([(50, 0.9), (20, 0.0), (5, 0.3), (20, 0.0), (50, 0.9)], [(0, 50 + PAD), (95 - PAD, 145)]),
    ],
)
def test_speech_begins_quietly_and_ends_in_silence(runs: list[tuple[int, float]], found: list[SampleSpan]) -> None:
    assert frames(spans_of(voice(*runs))) == found


def test_speech_ends_with_the_recording() -> None:
    said = voice((50, 0.9), less=300)
    assert spans_of(said) == [(0, said.total)]


def test_an_empty_recording_has_no_speech() -> None:
    assert detect_voice([]).total == 0
    assert spans_of(detect_voice([])) == []


def test_long_speech_is_parted_where_it_is_least_likely() -> None:
    longest = int(WINDOW * RATE / FRAME)
    said = voice((600, 0.9), (1, 0.4), (600, 0.9))
    assert frames(spans_of(said)) == [(0, 600), (600, 1201)]
    assert longest / 2 < 600 < longest


probabilities = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.49, 0.5, 0.9])), min_size=1, max_size=25
)


@given(probabilities, st.integers(0, FRAME - 1), st.floats(1.0, WINDOW))
def test_spans_hold_all_speech_once(runs: list[tuple[int, float]], less: int, longest: float) -> None:
    said = voice(*runs, less=less)
    spans = spans_of(said, longest)
    for start, end in spans:
        assert 0 <= start < end <= said.total
        assert end - start <= longest * RATE
    for before, after in pairwise(spans):
        assert before[1] <= after[0]
    inside = np.zeros(len(said.probabilities), dtype=bool)
    for start, end in spans:
        inside[start // FRAME : -(-end // FRAME)] = True
    assert inside[said.probabilities >= VAD["high"]].all()
    far = np.convolve(said.probabilities >= VAD["low"], np.ones(2 * PAD + 1), mode="full")[PAD : PAD + len(inside)] == 0
    quiet = far & (said.probabilities == 0)
    silent = np.zeros(len(inside), dtype=bool)
    run = 0
    for number, value in enumerate(quiet):
        run = run + 1 if value else 0
        silent[number] = run > VAD["silence"] * RATE / FRAME
    assert not (inside & silent).any()


@st.composite
def span_lists(draw: st.DrawFn) -> list[SampleSpan]:
    clock = 0
    spans = []
    for _ in range(draw(st.integers(0, 20))):
        start = clock + draw(st.integers(0, 30) | st.just(0))
        clock = start + draw(st.integers(1, 30))
        spans.append((start, clock))
    return spans


@given(span_lists(), st.integers(1, 100), st.integers(1, 50))
def test_stretches_hold_all_speech_once_and_in_order(spans: list[SampleSpan], size: int, block: int) -> None:
    audio = np.arange(spans[-1][1] + 5 if spans else 5, dtype=np.float32)
    blocks = [audio[at : at + block] for at in range(0, len(audio), block)]
    stretches = list(cut(blocks, pack(spans, size / RATE)))
    heard = np.concatenate([stretch.samples for stretch in stretches]) if stretches else np.zeros(0)
    assert heard.tolist() == [sample for start, end in spans for sample in range(start, end)]
    longest = max((end - start for start, end in spans), default=0)
    assert all(len(stretch.samples) <= max(size, longest) for stretch in stretches)
    for one, other in pairwise(stretches):
        first = next(span for span in spans if span[0] == other.spans[0][0])
        assert len(one.samples) + first[1] - first[0] > size  # nothing more went into the window before


@given(span_lists().filter(bool), st.integers(1, 60))
def test_the_parts_of_a_stretch_are_the_stretch(spans: list[SampleSpan], size: int) -> None:
    [whole] = cut([np.arange(spans[-1][1], dtype=np.float32)], [tuple(spans)])
    parts = whole.parts(size / RATE)
    assert np.array_equal(np.concatenate([part.samples for part in parts]), whole.samples)
    assert sum(part.seconds for part in parts) == pytest.approx(whole.seconds)
    for part in parts:
        assert len(part.samples) == sum(end - start for start, end in part.spans)
        assert part.samples[0] == part.spans[0][0]
        assert part.samples[-1] == part.spans[-1][1] - 1


def test_windows_are_filled_in_order() -> None:
    assert pack([(0, 10), (15, 20), (25, 30)], 15 / RATE) == [((0, 10), (15, 20)), ((25, 30),)]
    assert pack([(0, 10), (10, 20)], 10 / RATE) == [((0, 10),), ((10, 20),)]
    assert pack([]) == []


def test_a_stretch_with_touching_spans_can_be_parted_where_they_touched() -> None:
    """Spans of 9 s that touch, as a speaker with pauses of half a second gives them: three parts of 9 s, not one."""
    [stretch] = cut([np.zeros(27 * RATE, dtype=np.float32)], pack([(at * RATE, (at + 9) * RATE) for at in (0, 9, 18)]))
    assert [part.seconds for part in stretch.parts(10.0)] == [9.0, 9.0, 9.0]


def test_splitting_by_counts() -> None:
    stretch = SpeechChunk(((0, 2), (5, 6), (9, 12)), np.array([0, 1, 5, 9, 10, 11], dtype=np.float32))
    one, other = stretch.split([2, 1])
    assert (one.spans, one.samples.tolist()) == (((0, 2), (5, 6)), [0, 1, 5])
    assert (other.spans, other.samples.tolist()) == (((9, 12),), [9, 10, 11])


def test_times_in_a_stretch_are_found_again_in_the_recording() -> None:
    stretch = SpeechChunk(((RATE, 3 * RATE), (10 * RATE, 12 * RATE)), np.zeros(4 * RATE, dtype=np.float32))
    assert stretch.original(0.5, 1.5) == (1.5, 2.5)
    assert stretch.original(2.5, 3.0) == (10.5, 11.0)
    assert stretch.original(1.5, 2.05) == (2.5, 3.0)  # not into the silence after its span
    assert stretch.original(1.5, 2.4) == (10.0, 10.4)  # the pause before a word is not part of it
    assert stretch.original(5.0, 6.0) == (12.0, 12.0)


@given(span_lists().filter(bool), st.lists(st.integers(0, 700), min_size=2, max_size=8))
def test_later_in_a_stretch_is_later_in_the_recording(spans: list[SampleSpan], times: list[int]) -> None:
    stretch = SpeechChunk(tuple(spans), np.zeros(sum(end - start for start, end in spans), dtype=np.float32))
    found = [stretch.original(one / RATE, other / RATE) for one, other in pairwise(sorted(times))]
    for start, end in found:
        assert spans[0][0] / RATE <= start <= end <= spans[-1][1] / RATE
    for before, after in pairwise(found):
        assert before[0] <= after[0]
        assert before[1] <= after[1]


@pytest.fixture(scope="module", params=of(MEETING, RULES))
def speech(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    return np.concatenate(list(read_blocks(request.param.write(tmp_path_factory.mktemp("speech") / "speech.flac"))))


@settings(max_examples=3, deadline=None)
@given(size=st.integers(FRAME // 3, 4 * RATE))
def test_voice_is_heard_alike_in_blocks_of_any_size(speech: NDArray[np.float32], size: int) -> None:
    samples = speech
    whole = detect_voice([samples])
    parts = detect_voice(samples[at : at + size] for at in range(0, len(samples), size))
    assert parts.total == whole.total == len(samples)
    assert np.array_equal(parts.probabilities, whole.probabilities)
    assert len(whole.probabilities) == -(-len(samples) // FRAME)


def test_the_seam_between_blocks_is_not_heard(speech: NDArray[np.float32]) -> None:
    """The detector begins each block anew: what it hears just before, `WARM_UP`, has to be enough."""
    samples = speech
    late = BLOCK - 480 * FRAME
    shifted = detect_voice([np.zeros(late, dtype=np.float32), samples]).probabilities
    alone = detect_voice([samples]).probabilities
    difference = np.abs(shifted[late // FRAME :] - alone)
    assert difference.mean() < 0.08
    assert ((shifted[late // FRAME :] >= 0.5) != (alone >= 0.5)).mean() < 0.05
