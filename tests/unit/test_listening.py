"""What every engine's findings go through: stretches, words, order, languages."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from kring.errors import NotMedia, SetupError, UnknownLanguage
from kring.model import Segment, Word
from kring.settings import Settings, Transcribe
from transcribe.ctranslate import openai_checkpoint, read_variables
from transcribe.engine import fair_threads
from transcribe.engines import open_transcriber
from transcribe.hallucinations import Heard
from transcribe.languages import CODES, check_language, from_whisper, to_whisper
from transcribe.listening import RawSegment, RawWord, _segments, in_order, whole_words
from transcribe.speech import RATE, Stretch, cut, group, places, read_blocks


def write_wav(path: Path, samples: int, *, rate: int = RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.arange(samples * channels, dtype="<i2").tobytes())
    return path


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


@st.composite
def span_lists(draw: st.DrawFn) -> list[tuple[int, int]]:
    clock = 0
    spans = []
    for _ in range(draw(st.integers(0, 20))):
        start = clock + draw(st.integers(0, 30) | st.just(0))
        clock = start + draw(st.integers(1, 30))
        spans.append((start, clock))
    return spans


@given(span_lists(), st.integers(1, 100), st.integers(1, 50))
def test_stretches_hold_all_speech_once_and_in_order(spans: list[tuple[int, int]], seconds: int, block: int) -> None:
    audio = np.arange(spans[-1][1] + 5 if spans else 5, dtype=np.float32)
    blocks = [audio[at : at + block] for at in range(0, len(audio), block)]
    stretches = list(cut(blocks, group(spans, seconds / RATE)))
    heard = np.concatenate([stretch.samples for stretch in stretches]) if stretches else np.zeros(0)
    assert heard.tolist() == [sample for start, end in spans for sample in range(start, end)]
    longest = max((end - start for start, end in spans), default=0)
    assert all(len(stretch.samples) <= max(seconds, longest) for stretch in stretches)


def test_places_are_spread_over_the_recording() -> None:
    spans = [(number * 40 * RATE, (number * 40 + 30) * RATE) for number in range(50)]
    chosen = [place[0][0] // (40 * RATE) for place in places(spans)]
    assert chosen == [5, 15, 25, 35, 45]
    assert places(spans[:2]) == [(spans[0],), (spans[1],)]


def test_times_in_a_stretch_are_found_again_in_the_recording() -> None:
    stretch = Stretch(((RATE, 3 * RATE), (10 * RATE, 12 * RATE)), np.zeros(4 * RATE, dtype=np.float32))
    assert stretch.original(0.5, 1.5) == (1.5, 2.5)
    assert stretch.original(2.5, 3.0) == (10.5, 11.0)
    assert stretch.original(1.5, 2.2) == (2.5, 3.0)  # not into the silence after its span
    assert stretch.original(5.0, 6.0) == (12.0, 12.0)


def test_a_segment_is_parted_at_a_long_pause() -> None:
    stretch = Stretch(((0, 2 * RATE), (10 * RATE, 12 * RATE)), np.zeros(4 * RATE, dtype=np.float32))
    words = (RawWord(0.5, 1.0, " Hei.", 0.9), RawWord(2.5, 3.0, " Takk", 1.2), RawWord(3.0, 3.2, "en.", 0.5))
    found = list(_segments(RawSegment(0.5, 3.2, " Hei. Takken.", words, -0.1, 0.1), stretch, "nb"))
    assert [(segment.start, segment.end, segment.text) for segment in found] == [
        (0.5, 1.0, "Hei."),
        (10.5, 11.2, "Takken."),
    ]
    assert found[1].words == (Word(start=10.5, end=11.2, text="Takken.", probability=0.5),)


def test_pieces_of_a_word_are_one_word() -> None:
    raw = [RawWord(0, 1, " e", 1), RawWord(1, 2, "-post", 0.5), RawWord(2, 3, " ", 1), RawWord(3, 4, " nå", 1)]
    assert whole_words(raw, "nb") == [RawWord(0, 2, "e-post", 0.5), RawWord(3, 4, "nå", 1)]
    assert [word.text for word in whole_words([RawWord(0, 1, "你", 1), RawWord(1, 2, "好", 1)], "zh")] == ["你", "好"]


times = st.floats(0, 20, allow_nan=False)


@given(st.lists(st.lists(st.tuples(times, times), max_size=4), max_size=6))
def test_whatever_an_engine_says_comes_out_in_order(said: list[list[tuple[float, float]]]) -> None:
    heard = [
        Heard(
            Segment(
                start=0,
                end=20,
                text="x",
                words=tuple(Word(start=start, end=end, text="x") for start, end in words),
            ),
            0.0,
            0.0,
        )
        for words in said
    ]
    segments = [one.segment for one in in_order(heard, 15.0)]
    assert len(segments) == len(said)
    words = [word for segment in segments for word in segment.words]
    rows: tuple[Sequence[Segment | Word], ...] = (segments, words)
    for row in rows:
        for before, after in pairwise(row):
            assert before.end <= after.start
        for one in row:
            assert 0 <= one.start <= one.end <= 15.0


@pytest.mark.parametrize(
    ("said", "code"),
    [("nb", "nb"), ("NO", "nb"), ("nb_NO", "nb"), ("no", "nb"), ("nn-NO", "nn"), (" da ", "da"), ("en-GB", "en")],
)
def test_language_codes_come_out_in_one_spelling(said: str, code: str) -> None:
    assert check_language(said) == code


def test_an_unknown_language_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownLanguage, match=r"“norsk”.*nb or no.*All: af, am,.*zh"):
        check_language("norsk")


def test_codes_are_whispers() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert {from_whisper(code) for code in _LANGUAGE_CODES} == CODES
    assert {to_whisper(code) for code in CODES} == set(_LANGUAGE_CODES)


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SetupError, match=r"“vosk”.*faster-whisper, openai-whisper"):
        open_transcriber(Settings(transcribe=Transcribe(engine="vosk")))


def test_threads_are_shared_among_the_workers_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert fair_threads(Settings()) == 4
    assert fair_threads(Settings(transcribe=Transcribe(threads=3))) == 3
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    assert fair_threads(Settings()) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\x06\x00\x00\x00\xff\xff", b"\x05\x00\x00\x00\x0c\x00WhisperSpec\x00\x03\x00\x00\x00"]
)
def test_weights_that_are_none_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(SetupError, match=r"model\.bin"):
        read_variables(path)


def test_quantised_weights_cannot_become_a_checkpoint() -> None:
    with pytest.raises(SetupError, match="quantised"):
        openai_checkpoint({"encoder/conv1/weight": np.zeros((2, 2), dtype=np.int8)})
