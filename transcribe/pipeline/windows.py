"""A window on its way through an engine, and how good what came out of it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kring.model import Hole, Word
from transcribe.pipeline.decoder import DecodedWindow
from transcribe.pipeline.hallucinations import UNSURE, is_repetitive
from transcribe.pipeline.vad import RATE, SampleSpan, SpeechChunk, pack

SPARSE = 4.0
"""Characters a second: in speech there are 10 to 17, and below this Whisper stopped early."""


@dataclass(frozen=True, slots=True)
class EncodedWindow:
    """A chunk of speech before it is decoded."""

    chunk: SpeechChunk
    encoded: Any
    """The encoder's output; None: not encoded yet."""
    language: str


@dataclass(frozen=True, slots=True)
class DecodedChunk:
    """What was decoded in one chunk, whose samples are not kept."""

    chunk: SpeechChunk
    language: str
    decoded: DecodedWindow
    words: list[Word]
    """With their times in the recording."""


def within(spans: Iterable[SampleSpan], missed: Iterable[Hole]) -> list[tuple[SampleSpan, ...]]:
    """Windows of the speech that lies in holes, each of up to `WINDOW` seconds."""
    windows: list[tuple[SampleSpan, ...]] = []
    for hole in missed:
        first, last = round(hole.start * RATE), round(hole.end * RATE)
        inside = [(max(start, first), min(end, last)) for start, end in spans if start < last and end > first]
        windows += pack(inside)
    return windows


def is_poor(chunk: DecodedChunk) -> bool:
    """Whether the window came out badly: in a loop, unsure, or with too little text for its length."""
    return (
        is_repetitive(chunk.decoded.text)
        or chunk.decoded.log_probability < UNSURE
        or len(chunk.decoded.text) < SPARSE * chunk.chunk.seconds
    )


def worth(chunks: Sequence[DecodedChunk]) -> int:
    """Characters of text that an engine is sure of and that does not repeat itself."""
    return sum(
        len(chunk.decoded.text)
        for chunk in chunks
        if chunk.decoded.log_probability >= UNSURE and not is_repetitive(chunk.decoded.text)
    )


def times_of(words: Iterable[Word]) -> Iterator[tuple[float, float]]:
    """Start and end of each word, in seconds."""
    return ((word.start, word.end) for word in words)
