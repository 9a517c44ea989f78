"""Sounds nobody speaks in, synthesised: what a microphone hears before a meeting, in breaks and under slides."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcribe.pipeline.vad import RATE

Sound = NDArray[np.float64]
CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))
"""A minor, F, C and G major, as MIDI notes."""
SEED = 1


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE))


def white_noise(seconds: float) -> Sound:
    return 0.3 * np.random.default_rng(SEED).standard_normal(round(seconds * RATE)).clip(-3, 3) / 3


def pink_noise(seconds: float) -> Sound:
    """As loud in every octave, like ventilation."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(SEED).standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    return _loud(np.fft.irfft(spectrum, count), 0.3)


def tone(seconds: float) -> Sound:
    return 0.3 * np.sin(2 * np.pi * 440 * _clock(seconds))


def hum(seconds: float) -> Sound:
    """Mains at 50 Hz with its overtones."""
    clock = _clock(seconds)
    return _loud(np.sum([np.sin(2 * np.pi * 50 * part * clock) / part for part in (1, 2, 3, 5)], axis=0), 0.2)


def keyboard(seconds: float) -> Sound:
    """Somebody types: short clicks, several a second, unevenly."""
    dice = np.random.default_rng(SEED)
    sound = 0.002 * dice.standard_normal(round(seconds * RATE))
    click = dice.standard_normal(RATE // 50) * np.exp(-np.arange(RATE // 50) / 60)
    for at in np.cumsum(dice.exponential(0.2, round(seconds * 5)) * RATE + RATE // 40).astype(int):
        if at + len(click) < len(sound):
            sound[at : at + len(click)] += dice.uniform(0.05, 0.2) * click
    return sound


def plucked(seconds: float) -> Sound:
    """Chords on a plucked instrument (Karplus and Strong's string) over a drum."""
    sound = np.zeros(round(seconds * RATE) + 3 * RATE)
    dice = np.random.default_rng(SEED)
    drum = np.sin(2 * np.pi * 60 * _clock(0.2)) * np.exp(-_clock(0.2) * 20)
    strings = {note: _string(_hertz(note), 2.0, dice) for chord in CHORDS for note in chord}
    for beat in range(int(seconds * 2)):
        at = beat * RATE // 2
        sound[at : at + len(drum)] += 0.6 * drum
        for number, note in enumerate(CHORDS[beat // 4 % len(CHORDS)]):
            late = at + number * RATE // 50
            sound[late : late + len(strings[note])] += 0.3 * strings[note]
    return _loud(sound[: round(seconds * RATE)], 0.5)


def organ(seconds: float) -> Sound:
    """Held chords with overtones."""
    parts = []
    for number in range(int(np.ceil(seconds / 2))):
        clock = _clock(2.0)
        chord = sum(
            np.sin(2 * np.pi * _hertz(note) * part * clock) / part
            for note in CHORDS[number % len(CHORDS)]
            for part in (1, 2, 3, 4)
        )
        parts.append(chord * np.minimum(1, np.minimum(clock, 2.0 - clock) * 20))
    return _loud(np.concatenate(parts)[: round(seconds * RATE)], 0.4)


def singing(seconds: float) -> Sound:
    """A melody on “ah” with vibrato: a voice's overtones under two formants, and not a word."""
    melody = (57, 60, 64, 62, 60, 59, 57, 57)
    parts = []
    for number in range(int(np.ceil(seconds))):
        clock = _clock(1.0)
        pitch = _hertz(melody[number % len(melody)])
        phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.015 * np.sin(2 * np.pi * 5.5 * clock))) / RATE
        note = sum(_formants(pitch * part) * np.sin(part * phase) for part in range(1, int(7000 / pitch)))
        parts.append(note * np.minimum(1, np.minimum(clock, 1.0 - clock) * 15))
    return _loud(np.concatenate(parts)[: round(seconds * RATE)], 0.4)


def jingle(seconds: float) -> Sound:
    """A few bells and a rising sweep every ten seconds, silence between."""
    sound = np.zeros(round(seconds * RATE) + 5 * RATE)
    for begin in range(0, int(seconds), 10):
        for number, note in enumerate((72, 76, 79, 84)):
            clock = _clock(1.5)
            at = begin * RATE + number * RATE // 4
            sound[at : at + len(clock)] += np.sin(2 * np.pi * _hertz(note) * clock) * np.exp(-3 * clock)
        clock = _clock(1.0)
        at = (begin + 2) * RATE
        sound[at : at + len(clock)] += 0.4 * np.sin(2 * np.pi * (300 * clock + 600 * clock**2)) * (1 - clock)
    return _loud(sound[: round(seconds * RATE)], 0.5)


SOUNDS: dict[str, Callable[[float], Sound]] = {
    made.__name__: made
    for made in (silence, white_noise, pink_noise, tone, hum, keyboard, plucked, organ, singing, jingle)
}


def write(path: Path, *sounds: NDArray[np.floating]) -> Path:
    """Sounds one after another as a 16 kHz mono WAV file."""
    samples = np.concatenate([np.asarray(sound, dtype=np.float64) for sound in sounds])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return path


def _clock(seconds: float) -> Sound:
    return np.arange(round(seconds * RATE)) / RATE


def _hertz(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _loud(sound: Sound, peak: float) -> Sound:
    return sound * (peak / max(float(np.abs(sound).max()), 1e-9))


def _formants(hertz: float) -> float:
    return float(sum(np.exp(-(((hertz - centre) / 120) ** 2)) for centre in (750, 1150)) + 0.05)


def _string(hertz: float, seconds: float, dice: np.random.Generator) -> Sound:
    """Noise that goes round, each time a little duller."""
    ring = dice.uniform(-1, 1, round(RATE / hertz))
    rounds = []
    for _ in range(int(seconds * hertz) + 1):
        rounds.append(ring)
        ring = 0.498 * (ring + np.roll(ring, 1))
    return np.concatenate(rounds)[: round(seconds * RATE)]
