"""What an engine heard in a recording, with its times."""

from __future__ import annotations

from typing import NamedTuple, Self

from pydantic import model_validator

from kring.model.original import Content
from kring.model.values import SCHEMA_VERSION, Frozen, Seconds


class Word(NamedTuple):
    """In seconds. A plain tuple, and a list in JSON: of all that is stored there is most of these, by far."""

    start: float
    end: float
    text: str
    probability: float | None = None


class Segment(Frozen):
    """A stretch of a transcript. `speaker` is set if the meeting platform named one."""

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None
    language: str | None = None
    """Set if it is another than the transcript's: some recordings change it half-way."""
    words: tuple[Word, ...] = ()
    corrected: bool = False
    """Whether people have changed its text; false in every stored transcript, which is what a machine heard."""

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"segment ends ({self.end}) before it starts ({self.start})")
        return self


class Dropped(Frozen):
    """Something an engine said that was kept out of the transcript, and why."""

    segment: Segment
    reason: str


class Hole(NamedTuple):
    """A stretch of speech, in seconds, of which the transcript has no text."""

    start: float
    end: float


class Transcript(Frozen):
    """What one engine with one configuration heard in one original; immutable.

    Stored at `transcripts/<sha256 of the original>/<fingerprint>.json`.
    """

    schema_version: int = SCHEMA_VERSION
    fingerprint: str
    engine: str
    model: str
    language: str
    language_probability: float | None = None
    duration: Seconds
    segments: tuple[Segment, ...]
    dropped: tuple[Dropped, ...] = ()
    speech: Seconds | None = None
    """Seconds with speech, by a voice activity detector; None: not measured."""
    holes: tuple[Hole, ...] = ()


class TranscriptRef(Frozen):
    key: str
    fingerprint: str
    engine: str
    model: str
    language: str
    missing: Seconds = 0.0
    """Seconds of speech without text: the transcript's holes together."""
    content: Content | None = None
    """Of the object `key` names; None: it was published by a Kring that did not look."""
