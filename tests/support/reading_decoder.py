"""An engine that hears what is written into the sound: every frame of speech holds its own number."""

from __future__ import annotations

import hashlib
import math
import random
import threading
import time
import wave
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcribe.pipeline.decoder import DecodedWindow, RawWord
from transcribe.pipeline.vad import FRAME, RATE, VoiceActivity

Samples = NDArray[np.float32]


MOST = 30.0
"""Seconds an engine hears at a time; what is beyond them is lost."""


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody speaks from one second to another, a word a second."""

    start: float
    end: float
    language: str = "en"


@dataclass(slots=True)
class ReadingDecoder:
    """Hears by reading: every frame of speech holds its own number, so it knows which seconds it was given."""

    lines: Sequence[Line]
    workers: int = 4
    engine: str = "reading"
    model: str = "memory"
    hears: Callable[[DecodedWindow, float], DecodedWindow] = lambda decoded, seconds: decoded
    """What becomes of what was heard in so many seconds."""
    delay: float = 0.0
    begun: list[float] = field(default_factory=list)
    """The second each window taken in begins at."""
    heard: list[tuple[float, float, str]] = field(default_factory=list)
    """First second, length and language of each window heard."""
    alive: list[weakref.ref[Samples]] = field(default_factory=list)
    most_alive: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def supports(self, language: str) -> bool:
        return language != "yue"

    def encode(self, samples: Samples) -> Samples:
        with self.lock:
            self.begun.append(seconds_in(samples)[0])
            self.alive = [*(one for one in self.alive if one() is not None), weakref.ref(samples)]
            self.most_alive = max(self.most_alive, len(self.alive))
        return samples

    def languages(self, encoded: Samples, pieces: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
        guesses = []
        for start, end in pieces:
            inside = seconds_in(encoded[round(start * RATE) : round(end * RATE)])
            said = [self.language_at(second) for second in inside if second > 0]
            guesses.append({code: said.count(code) / len(said) for code in set(said)})
        return guesses

    def decode(self, encoded: Samples, language: str, glossary: Sequence[str], *, english: bool) -> DecodedWindow:
        time.sleep(random.random() * self.delay)
        seconds = seconds_in(encoded)
        length = len(encoded) / RATE
        with self.lock:
            self.heard.append((next(second for second in seconds if second > 0), length, language))
        words: list[RawWord] = []
        for frame, second in enumerate(seconds[: int(MOST * RATE / FRAME)]):
            text = f" {name(language, int(second))}."
            if second > 0 and (not words or words[-1].text != text):
                words.append(RawWord(frame * FRAME / RATE, frame * FRAME / RATE + 0.4, text, 0.9))
        decoded = DecodedWindow(" ".join(word.text.strip() for word in words), tuple(words), -0.2, 0.0)
        return self.hears(decoded, length)

    def language_at(self, second: float) -> str:
        return next(line.language for line in self.lines if line.start <= second < line.end)


def name(language: str, second: int) -> str:
    """The word said in a second; the letters keep a window's text from being taken for a loop."""
    return f"{language}{second}{hashlib.sha256(str(second).encode()).hexdigest()[:8].translate(LETTERS)}"


LETTERS = str.maketrans("0123456789", "ghijklmnop")


def second_of(text: str) -> int:
    return int("".join(char for char in text if char.isdigit()))


def sound(path: Path, lines: Iterable[Line], seconds: float) -> Path:
    """16-bit samples that hold the number of their frame where somebody speaks, and 0 elsewhere."""
    frames = np.zeros(int(seconds * RATE / FRAME), dtype="<i2")
    for line in lines:
        first, last = math.ceil(line.start * RATE / FRAME), math.floor(line.end * RATE / FRAME)
        frames[first:last] = np.arange(first, last) + 1
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.repeat(frames, FRAME).tobytes())
    return path


def seconds_in(samples: Samples) -> list[float]:
    """The second of the recording each frame is from; 0 for silence."""
    numbers = np.rint(samples[FRAME // 2 :: FRAME] * 32768).astype(int)
    return [(number - 1) * FRAME / RATE + 0.001 if number else 0.0 for number in numbers.tolist()]


def by_loudness(blocks: Iterable[Samples]) -> VoiceActivity:
    """A detector for such sounds."""
    samples = np.concatenate(list(blocks))
    return VoiceActivity(len(samples), (samples[FRAME // 2 :: FRAME] != 0).astype(np.float32) * 0.9)
