"""A window on its way through an engine, and how good what came out of it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kring.model import Hole, Word
from transcribe.pipeline.decoder import Take
from transcribe.pipeline.hallucinations import UNSURE, is_repetitive
from transcribe.pipeline.vad import RATE, Span, Stretch, pack

SPARSE = 4.0
"""Characters a second: in speech there are 10 to 17, and below this Whisper stopped early."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch on its way: what the engine took in of it, and the language it is in."""

    stretch: Stretch
    taken: Any
    language: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was heard in one stretch, of which only the place is kept."""

    stretch: Stretch
    language: str
    take: Take
    words: list[Word]
    """At their places in the recording."""


def within(spans: Iterable[Span], missed: Iterable[Hole]) -> list[tuple[Span, ...]]:
    """Windows of the speech that lies in holes."""
    windows: list[tuple[Span, ...]] = []
    for hole in missed:
        first, last = round(hole.start * RATE), round(hole.end * RATE)
        inside = [(max(start, first), min(end, last)) for start, end in spans if start < last and end > first]
        windows += pack(inside)
    return windows


def is_poor(one: Spoken) -> bool:
    """Whether the window came out badly: in a loop, unsure, or with too little text for its length."""
    return (
        is_repetitive(one.take.text)
        or one.take.log_probability < UNSURE
        or len(one.take.text) < SPARSE * one.stretch.seconds
    )


def worth(spoken: Sequence[Spoken]) -> int:
    """Characters of what may be believed."""
    return sum(
        len(one.take.text) for one in spoken if one.take.log_probability >= UNSURE and not is_repetitive(one.take.text)
    )


def times_of(words: Iterable[Word]) -> Iterator[tuple[float, float]]:
    """Start and end of each word, in seconds."""
    return ((word.start, word.end) for word in words)
