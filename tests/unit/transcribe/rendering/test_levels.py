"""The loudness of speech, brought to what an engine hears well: in place, whatever stands beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from transcribe.rendering import levels
from transcribe.rendering.levels import LOUDNESS, MOST_GAIN, NEAR, RATE, gains, level, measured

Sound = NDArray[np.float64]


def tone(seconds: float, decibels: float) -> Sound:
    """At 1 kHz, where loudness (LUFS) is the power of a sine less 0.7 dB; `decibels` is its loudness."""
    clock = np.arange(round(seconds * RATE)) / RATE
    return np.sin(2 * np.pi * 1000 * clock) * np.sqrt(2) * 10 ** ((decibels + 0.0) / 20)


def speech(seconds: float, decibels: float) -> Sound:
    """A second of tone, half a second of nothing, over and over."""
    sound = tone(seconds, decibels)
    return np.where(np.arange(len(sound)) % (RATE * 3 // 2) < RATE, sound, 0.0)


def levelled(folder: Path, *sounds: Sound) -> Sound:
    path = folder / "sound.s16"
    np.rint(np.concatenate(sounds).clip(-1, 1) * 32767).astype("<i2").tofile(path)
    level(path)
    return np.fromfile(path, "<i2") / 32768


def loudness(sound: Sound, begin: float, end: float) -> float:
    """Of what is loud in those seconds, in decibels."""
    part = sound[round(begin * RATE) : round(end * RATE)]
    power = np.square(part[: len(part) // 1600 * 1600].reshape(-1, 1600)).mean(axis=1)
    return float(10 * np.log10(power[power > power.max() / 4].mean()))


@pytest.mark.parametrize("decibels", [-8, -20, -35, -55])
def test_one_loudness_for_every_recording(decibels: float, tmp_path: Path) -> None:
    assert loudness(levelled(tmp_path, speech(12, decibels)), 0, 12) == pytest.approx(LOUDNESS, abs=1)


@pytest.mark.parametrize("jingle", [5, 40])
@pytest.mark.parametrize("after", [-50, -58])
def test_quiet_speech_after_a_loud_jingle_comes_near(jingle: int, after: float, tmp_path: Path) -> None:
    sound = levelled(tmp_path, tone(jingle, -14), speech(20, after))
    assert loudness(sound, jingle + 3, jingle + 20) > LOUDNESS - NEAR - 3
    assert loudness(sound, 1, jingle - 1) < LOUDNESS + NEAR


def test_among_speakers_of_one_meeting_nothing_changes(tmp_path: Path) -> None:
    """Who sits further away stays so much softer: all of it has one gain."""
    before = np.concatenate([speech(9, -20 - number % 2 * (NEAR - 3)) for number in range(6)])
    factor = levelled(tmp_path, before)[before > 0.01] / before[before > 0.01]
    assert factor.max() / factor.min() < 1.02


def test_pauses_and_breaks_stay_quiet(tmp_path: Path) -> None:
    hiss = np.random.default_rng(1).standard_normal(60 * RATE) * 10 ** (-60 / 20)
    before = np.concatenate([speech(20, -25), np.zeros(60 * RATE), speech(20, -25)])
    before[20 * RATE : 80 * RATE] += hiss
    assert loudness(levelled(tmp_path, before), 30, 70) < LOUDNESS - NEAR + 1


def test_silence_stays_silent(tmp_path: Path) -> None:
    assert not levelled(tmp_path, np.zeros(5 * RATE)).any()
    quiet = np.random.default_rng(1).standard_normal(5 * RATE) * 2e-5
    assert np.abs(levelled(tmp_path, quiet)).max() < 2e-3


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=60),
    st.integers(0, 9),
)
def test_nothing_is_clipped_and_no_gain_is_without_bound(peaks: list[float], rest: int) -> None:
    """A hundredth of a second never gets louder than full scale, nor do those beside it, whose gain it shares."""
    fine = np.repeat(np.array(peaks), 10)[: max(len(peaks) * 10 - rest, 1)]
    power = np.square(np.array(peaks)) / 2
    factor = 10 ** (gains(power, fine) / 20)
    assert factor.max() <= 10 ** (MOST_GAIN / 20) * 1.001
    for shift in (-1, 0, 1):
        assert (np.roll(factor, shift)[1:-1] * fine[1:-1] <= 0.9001).all()


@pytest.mark.parametrize("samples", [0, 1, 159, 1600, 1601, 70_000])
def test_any_length_is_kept(samples: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.random.default_rng(2).uniform(-0.1, 0.1, samples)
    whole = levelled(tmp_path, sound)
    assert len(whole) == samples
    monkeypatch.setattr(levels, "_BLOCK", 4 * 1600)
    assert np.array_equal(levelled(tmp_path, sound), whole)


def test_low_rumble_is_not_taken_for_loudness() -> None:
    clock = np.arange(5 * RATE) / RATE
    power = [
        measured(np.rint(8000 * np.sin(2 * np.pi * hertz * clock)).astype("<i2"))[0].mean() for hertz in (15, 1000)
    ]
    assert 10 * np.log10(power[1] / power[0]) > 15
